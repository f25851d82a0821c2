/** The service worker of the kitchen's pages: begun when a kitchen is here, told to forget when it leaves. */
/** Returns true when it has just begun: then what was asked before should be asked again, through it. */
export async function keepForAway(): Promise<boolean> {
  // Only https and localhost have service workers; without one the pages work, but only with a network.
  const workers = navigator.serviceWorker as ServiceWorkerContainer | undefined;
  if (!workers) return false;
  const known = Boolean(workers.controller);
  const begun = new Promise<void>((done) => workers.addEventListener('controllerchange', () => done(), { once: true }));
  const registered = await workers.register('/sw.js').catch(() => undefined);
  if (!registered || known) return false;
  if (workers.controller === null) await begun;
  // What this page loaded before there was a service worker is what it needs when it opens without a network.
  const { active } = await workers.ready;
  active?.postMessage({ keep: ['/my', ...performance.getEntriesByType('resource').map((each) => each.name)] });
  return true;
}

export async function forgetAway(): Promise<void> {
  const registration = await navigator.serviceWorker?.getRegistration().catch(() => undefined);
  registration?.active?.postMessage('forget');
}

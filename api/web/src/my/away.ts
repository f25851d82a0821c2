/** The service worker of the kitchen's pages: begun when a kitchen is here, told to forget when it leaves. */
/** Returns true when it has just begun: then what was asked before should be asked again, through it. */
export async function keepForAway(): Promise<boolean> {
  // Only https and localhost have service workers; without one the pages work, but only with a network.
  const workers = navigator.serviceWorker as ServiceWorkerContainer | undefined;
  if (!workers) return false;
  const known = Boolean(workers.controller);
  const begun = new Promise<void>((done) => workers.addEventListener('controllerchange', () => done(), { once: true }));
  const registered = await workers.register('/sw.js').catch(() => undefined);
  if (!registered) return false;
  if (!known && workers.controller === null) await begun;
  const { active } = await workers.ready;
  const loaded = performance.getEntriesByType('resource').map((each) => each.name);
  if (known) active?.postMessage({ tidy: loaded.map((each) => new URL(each).pathname).filter((path) => path.startsWith('/assets/')) });
  // What this page loaded before there was a service worker is what it needs when it opens without a network.
  else active?.postMessage({ keep: ['/my', ...loaded] });
  return !known;
}

export async function forgetAway(): Promise<void> {
  const registration = await navigator.serviceWorker?.getRegistration().catch(() => undefined);
  registration?.active?.postMessage('forget');
}

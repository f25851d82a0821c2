/** The service worker of the kitchen's pages: begun when a kitchen is here, told to forget when it leaves. */
export async function keepForAway(): Promise<void> {
  // Only https and localhost have service workers; without one the pages work, but only with a network.
  await navigator.serviceWorker?.register('/sw.js').catch(() => undefined);
}

export async function forgetAway(): Promise<void> {
  const registration = await navigator.serviceWorker?.getRegistration().catch(() => undefined);
  registration?.active?.postMessage('forget');
}

/* What a kitchen's phone keeps for a bad connection: the page itself, and the duties as they were last seen.
 * The network always comes first; nothing is kept of other people's pages. Signing out empties it all. */
const SHELL = 'mingchu-shell-1';
const SEEN = 'mingchu-seen-1';
const KEPT = [/^\/v1\/session$/, /^\/v1\/catalogue$/, /^\/v1\/my\//, /^\/v1\/cases\/[0-9a-f-]{36}$/, /^\/v1\/notices/, /^\/v1\/sites(\/[^/]+\/score)?$/, /^\/v1\/selfchecks/, /\/media\/(snapshot|annotated)_blurred$/];
const PATIENCE_MS = 8000;

self.addEventListener('install', (event) => event.waitUntil(self.skipWaiting()));
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
self.addEventListener('message', (event) => {
  if (event.data === 'forget') event.waitUntil(caches.delete(SEEN));
  else if (event.data.tidy) event.waitUntil(tidy(event.source, event.data.tidy));
  else if (event.data.keep) event.waitUntil(Promise.allSettled(event.data.keep.map((address) => keep(new Request(address)))));
});

async function fresh(request, cache, key) {
  const kept = await caches.open(cache);
  try {
    // A navigation cannot be fetched again with options, its address can.
    const answer = await fetch(request.url, { credentials: 'same-origin', headers: request.headers, signal: AbortSignal.timeout(PATIENCE_MS) });
    if (answer.status === 200) await kept.put(key, await whole(answer.clone()));
    return answer;
  } catch (error) {
    const known = await kept.match(key);
    if (known) return known;
    throw error;
  }
}

/** An answer that breaks off in the middle must not take the place of the one that is kept: it is read to its end first. */
async function whole(answer) {
  const { status, statusText, headers } = answer;
  return new Response(await answer.blob(), { status, statusText, headers });
}

async function lasting(request) {
  const kept = await caches.open(SHELL);
  const known = await kept.match(request);
  if (known) return known;
  const answer = await fetch(request);
  if (answer.status === 200) await kept.put(request, await whole(answer.clone()));
  return answer;
}

/** Drops what the build of today does not know; never while a page of another build may be open, which may need it yet. */
async function tidy(page, own) {
  const open = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  if (open.some((client) => client.id !== page.id)) return;
  const answer = await fetch('/assets.json', { cache: 'no-store' });
  if (!answer.ok) return;
  const known = new Set(await answer.json());
  if (own.some((path) => !known.has(path))) return;
  const kept = await caches.open(SHELL);
  const old = (await kept.keys()).filter((each) => new URL(each.url).pathname.startsWith('/assets/') && !known.has(new URL(each.url).pathname));
  await Promise.all(old.map((each) => kept.delete(each)));
}

/** The answer to a request whose answers are kept; undefined for all others. */
function keep(request, isPage = new URL(request.url).pathname === '/my') {
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== self.location.origin) return undefined;
  if (isPage && !url.pathname.startsWith('/v1/') && !url.pathname.startsWith('/p/')) return fresh(request, SHELL, '/my');
  if (url.pathname.startsWith('/assets/') || url.pathname === '/icon.svg') return lasting(request);
  if (KEPT.some((path) => path.test(url.pathname))) return fresh(request, SEEN, request.url);
  return undefined;
}

self.addEventListener('fetch', (event) => {
  const answer = keep(event.request, event.request.mode === 'navigate');
  if (answer) event.respondWith(answer);
});

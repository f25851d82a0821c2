/** The address bar is the state: which room, which filters, which event. */
import { useSyncExternalStore } from 'react';

import { parse, type Route } from './rooms';
export { format, ROOMS, roomsOf, type Room, type Route } from './rooms';

const listeners = new Set<() => void>();
const announce = (): void => listeners.forEach((listener) => listener());

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener('popstate', listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener('popstate', listener);
  };
}

const address = (): string => window.location.pathname + window.location.search;

export function go(to: string, { replace = false } = {}): void {
  if (to === address()) return;
  window.history[replace ? 'replaceState' : 'pushState'](null, '', to);
  announce();
}

export function useRoute(): Route {
  const now = useSyncExternalStore(subscribe, address);
  const [pathname = '/', search = ''] = now.split('?');
  return parse(pathname, search);
}

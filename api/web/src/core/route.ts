/** The address bar is the state: which room, which filters, which event. */
import { useSyncExternalStore } from 'react';

export type Room = 'review' | 'wall' | 'cases' | 'insight' | 'cameras' | 'register' | 'admin' | 'my';
/** In the order in which they stand in the header. */
export const ROOMS: readonly Room[] = ['review', 'wall', 'cases', 'insight', 'cameras', 'register', 'admin', 'my'];

/** Who has use for which room; what a person may do there says the API. */
const OF_ROLE: Record<string, readonly Room[]> = {
  admin: ['review', 'wall', 'cases', 'insight', 'cameras', 'register', 'admin'],
  supervisor: ['review', 'wall', 'cases', 'insight', 'cameras', 'register'],
  analyst: ['review', 'wall', 'cases', 'insight', 'cameras'],
  kitchen: ['my'],
};
export const roomsOf = (role: string): readonly Room[] => OF_ROLE[role] ?? ['review'];

export interface Route {
  room: Room;
  params: URLSearchParams;
}

export function parse(pathname: string, search: string): Route {
  const first = pathname.split('/').filter(Boolean)[0] ?? '';
  const room = ROOMS.find((r) => r === first) ?? 'review';
  return { room, params: new URLSearchParams(search) };
}

export function format(room: Room, params: Record<string, string | undefined>): string {
  const pairs = Object.entries(params).filter((p): p is [string, string] => Boolean(p[1]));
  const text = new URLSearchParams(pairs).toString();
  return text ? `/${room}?${text}` : `/${room}`;
}

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

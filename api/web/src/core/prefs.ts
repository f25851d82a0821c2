/** Small choices that stay in this browser: language, theme. */
import { useSyncExternalStore } from 'react';

export type Theme = 'system' | 'light' | 'dark';
type Name = 'language' | 'theme';

const listeners = new Set<() => void>();

export function read(name: Name): string | null {
  try {
    return window.localStorage.getItem(`mingchu.${name}`);
  } catch {
    return null; // storage may be forbidden; the choice then lasts as long as the page
  }
}

export function keep(name: Name, value: string): void {
  try {
    window.localStorage.setItem(`mingchu.${name}`, value);
  } catch {
    session.set(name, value);
  }
  listeners.forEach((listener) => listener());
}

const session = new Map<Name, string>();
const current = (name: Name): string | null => read(name) ?? session.get(name) ?? null;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener('storage', listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener('storage', listener);
  };
}

export function usePref(name: Name): string | null {
  return useSyncExternalStore(subscribe, () => current(name));
}

export function paintTheme(theme: string | null): void {
  const root = document.documentElement;
  if (theme === 'light' || theme === 'dark') root.dataset.theme = theme;
  else delete root.dataset.theme;
}

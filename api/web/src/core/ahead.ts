/** What the first screen shows, asked for before the scripts that draw it are read: who is here, the names of kinds, the queue. */
import { pageOf } from '../review/asking';
import { filtersOf, type Filters } from '../review/grouping';
import { get } from './http';
import { parse, roomsOf } from './rooms';
import type { EventPage, Session } from './types';

export interface Ahead {
  session: Promise<Session | null>;
  catalogue: Promise<unknown>;
  filters: Filters;
  /** Fails where the first room is another one. */
  events: Promise<EventPage>;
}

function ask(): Ahead {
  const { room, params } = parse(window.location.pathname, window.location.search);
  const filters = filtersOf(params);
  const session = get<Session | null>('/v1/session');
  const role = session.then((found) => found?.user?.role ?? Promise.reject(new Error('nobody is here')));
  const events = role.then((known) => (room === 'review' && roomsOf(known).includes(room) ? pageOf(filters, null) : Promise.reject(new Error('another room'))));
  return { session, catalogue: role.then(() => get<unknown>('/v1/catalogue')), filters, events };
}

let asked: Ahead | null = null;

/** Resolves when all questions are on their way. */
export function askAhead(): Promise<unknown> {
  asked = ask();
  // Whoever takes an answer sees that it failed; until then nobody needs to.
  for (const each of [asked.session, asked.catalogue, asked.events]) each.catch(() => undefined);
  return asked.session.then(
    () => undefined,
    () => undefined,
  );
}

/** The answers, once: who asks again wants newer ones. */
export function takeAhead(): Ahead | null {
  const taken = asked;
  asked = null;
  return taken;
}

/** What the stream brings goes into the lists without moving what the reviewer looks at. */
import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useRef, useState } from 'react';
import { get } from '../core/http';
import type { CloudEvent, KitchenEvent } from '../core/types';
import { place } from './data';
import { matches, type Filters } from './grouping';

const GATHER_MS = 250;
const COUNT_MS = 1000;
/** More at once than this, and one new page is cheaper than single questions. */
const SINGLE_MAX = 12;
const NEW_MS = 30_000;

export interface Arrivals {
  take: (event: CloudEvent) => void;
  /** Ids that arrived less than 30 s ago. */
  fresh: ReadonlySet<string>;
}

export function useArrivals(filters: Filters, announce: (events: KitchenEvent[]) => void): Arrivals {
  const queries = useQueryClient();
  const [fresh, setFresh] = useState<ReadonlySet<string>>(new Set());
  const since = useRef(Date.now());
  const waiting = useRef(new Map<string, boolean>());
  const timers = useRef<{ gather: number; count: number }>({ gather: 0, count: 0 });
  const latest = useRef({ filters, announce });
  latest.current = { filters, announce };

  const glow = useCallback((ids: string[]) => {
    setFresh((now) => new Set([...now, ...ids]));
    window.setTimeout(() => setFresh((now) => new Set([...now].filter((id) => !ids.includes(id)))), NEW_MS);
  }, []);

  const gather = useCallback(async () => {
    timers.current.gather = 0;
    const batch = new Map(waiting.current);
    waiting.current.clear();
    if (batch.size > SINGLE_MAX) return void queries.invalidateQueries({ queryKey: ['events'] });
    const answers = await Promise.allSettled([...batch.keys()].map((id) => get<KitchenEvent>(`/v1/events/${id}`)));
    const found = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
    for (const event of found) place(queries, event);
    const opened = found.filter((event) => batch.get(event.id) && matches(event, latest.current.filters));
    if (opened.length === 0) return;
    glow(opened.map((event) => event.id));
    latest.current.announce(opened);
  }, [queries, glow]);

  const take = useCallback(
    (event: CloudEvent) => {
      const id = event.data.id;
      if (!id) return;
      const isNew = event.type.endsWith('.opened') && new Date(event.data.opened_at ?? event.time).getTime() > since.current - 60_000;
      waiting.current.set(id, (waiting.current.get(id) ?? false) || isNew);
      timers.current.gather ||= window.setTimeout(() => void gather(), GATHER_MS);
      timers.current.count ||= window.setTimeout(() => {
        timers.current.count = 0;
        void queries.invalidateQueries({ queryKey: ['counts'] });
      }, COUNT_MS);
    },
    [gather, queries],
  );

  useEffect(() => {
    const set = timers.current;
    return () => {
      window.clearTimeout(set.gather);
      window.clearTimeout(set.count);
      set.gather = 0;
      set.count = 0;
    };
  }, []);
  return { take, fresh };
}

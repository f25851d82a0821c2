/** The queue's data: pages from the API, kept right by the stream and by our own verdicts. */
import { useInfiniteQuery, useQuery, useQueryClient, type InfiniteData, type QueryClient } from '@tanstack/react-query';
import { useCallback, useMemo } from 'react';
import { get, newKey, send, withQuery } from '../core/http';
import type { AccessRow, Camera, Counts, EventPage, KitchenEvent, Reason, Site, Verdict } from '../core/types';
import { pageOf } from './asking';
import { distinct, matches, queryOf, type Filters } from './grouping';

type Pages = InfiniteData<EventPage, string | null>;

export function useQueue(filters: Filters) {
  const query = useInfiniteQuery<EventPage, Error, Pages, readonly ['events', Filters], string | null>({
    queryKey: ['events', filters],
    queryFn: ({ pageParam, signal }) => pageOf(filters, pageParam, signal),
    initialPageParam: null,
    getNextPageParam: (last) => last.next,
  });
  const events = useMemo(() => distinct(query.data?.pages.flatMap((page) => page.items) ?? []), [query.data]);
  return { query, events };
}

/** Counts for every tab: the facet itself is left out of its own filter. */
export function useCounts(filters: Filters, without: 'status' | 'kind' | 'tier') {
  const query = { ...queryOf(filters), [without]: undefined, sort: undefined };
  return useQuery({
    // Two facets that leave out nothing that is chosen are one question.
    queryKey: ['counts', withQuery('', query)],
    queryFn: ({ signal }) => get<Counts>('/v1/events/counts', query, signal),
    placeholderData: (before) => before,
  }).data?.[without];
}

export function useEvent(id: string | undefined, known: KitchenEvent | undefined) {
  return useQuery({
    queryKey: ['event', id],
    queryFn: ({ signal }) => get<KitchenEvent>(`/v1/events/${id}`, {}, signal),
    enabled: id !== undefined,
    placeholderData: () => known,
  });
}

export async function camerasOf(signal?: AbortSignal): Promise<Camera[]> {
  const found = await get<{ items?: Camera[] } | Camera[]>('/v1/cameras', {}, signal);
  return Array.isArray(found) ? found : (found.items ?? []);
}

export const useCameras = (wanted = true) => useQuery({ queryKey: ['cameras'], queryFn: ({ signal }) => camerasOf(signal), enabled: wanted });

export const useSites = () =>
  useQuery({
    queryKey: ['sites'],
    queryFn: async ({ signal }) => {
      const found = await get<{ items?: Site[] } | Site[]>('/v1/sites', {}, signal);
      return Array.isArray(found) ? found : (found.items ?? []);
    },
    staleTime: 300_000,
  });

export async function registerOf(query: Record<string, string | number | null>, signal?: AbortSignal) {
  return get<{ items: AccessRow[]; next?: string | null }>('/v1/access-log', query, signal);
}

/** Put one event into every list that wants it, and out of those that no longer do. */
export function place(queries: QueryClient, event: KitchenEvent): void {
  queries.setQueryData(['event', event.id], event);
  for (const [key] of queries.getQueriesData<Pages>({ queryKey: ['events'] })) {
    const filters = key[1] as Filters;
    queries.setQueryData<Pages>(key, (data) => data && placed(data, event, matches(event, filters)));
  }
}

function placed(data: Pages, event: KitchenEvent, wanted: boolean): Pages {
  const has = data.pages.some((page) => page.items.some((item) => item.id === event.id));
  const pages = data.pages.map((page) => ({
    ...page,
    items: page.items.flatMap((item) => (item.id !== event.id ? [item] : wanted ? [event] : [])),
  }));
  const [first, ...rest] = pages;
  if (!wanted || has || !first) return { ...data, pages };
  return { ...data, pages: [{ ...first, items: [event, ...first.items] }, ...rest] };
}

export interface Judged {
  event: KitchenEvent;
  verdict: Verdict;
  reason: Reason | null;
}

export function useReviews() {
  const queries = useQueryClient();
  const recount = useCallback(() => void queries.invalidateQueries({ queryKey: ['counts'] }), [queries]);
  const judge = useCallback(
    async ({ event, verdict, reason }: Judged): Promise<void> => {
      const review = { verdict, reason, at: new Date().toISOString() };
      place(queries, { ...event, status: verdict, review });
      try {
        const headers = { 'Idempotency-Key': newKey(), ...(event.etag ? { 'If-Match': event.etag } : {}) };
        const body = reason ? { verdict, reason } : { verdict };
        const response = await send(`/v1/events/${event.id}/review`, { method: 'POST', body, headers });
        place(queries, { ...event, ...((await response.json()) as KitchenEvent) });
      } catch (error) {
        place(queries, event);
        throw error;
      } finally {
        recount();
      }
    },
    [queries, recount],
  );
  const undo = useCallback(
    async (event: KitchenEvent): Promise<KitchenEvent> => {
      const headers = { 'Idempotency-Key': newKey() };
      await send(`/v1/events/${event.id}/review`, { method: 'DELETE', headers });
      const fresh = await get<KitchenEvent>(`/v1/events/${event.id}`);
      place(queries, fresh);
      recount();
      return fresh;
    },
    [queries, recount],
  );
  return { judge, undo };
}

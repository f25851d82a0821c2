/** What the rooms ask of the API about inspections: which there are, one of them, the lists, and what they admit sites to. */
import { keepPreviousData, useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';
import type { AnswerBody, Inspection, ListInFull, Site } from '../core/api.gen';
import { get, newKey, send, type Query } from '../core/http';
import type { Proof } from '../my/proving';

const PAGE = 40;
const FEW = 8;
const FRESH_MS = 60_000;

interface InspectionPage {
  items: Inspection[];
  next: string | null;
}

export function useInspections(query: Query) {
  const found = useInfiniteQuery({
    queryKey: ['inspections', 'list', query],
    queryFn: ({ pageParam, signal }) => get<InspectionPage>('/v1/inspections', { ...query, limit: PAGE, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
    refetchInterval: FRESH_MS,
  });
  return { found, inspections: found.data?.pages.flatMap((page) => page.items) ?? [] };
}

export const useInspection = (id: string) => useQuery({ queryKey: ['inspections', 'one', id], queryFn: ({ signal }) => get<Inspection>(`/v1/inspections/${id}`, {}, signal), refetchInterval: FRESH_MS });

export const useLists = () =>
  useQuery({ queryKey: ['inspections', 'lists'], queryFn: async ({ signal }) => (await get<{ items: ListInFull[] }>('/v1/inspections/lists', {}, signal)).items, staleTime: Infinity });

/** Photos that the site's people took for one inspection, newest first. */
export const useInspectionPhotos = (id: string) =>
  useQuery({
    queryKey: ['inspections', 'photos', id],
    queryFn: async ({ signal }) => (await get<{ items: Proof[] }>('/v1/photos', { subject: 'inspection', about: id, limit: 50 }, signal)).items,
    refetchInterval: FRESH_MS / 4,
  });

export const useSite = (id: string) => useQuery({ queryKey: ['sites', 'one', id], queryFn: ({ signal }) => get<Site>(`/v1/sites/${id}`, {}, signal), enabled: id !== '' });

/** The first sites with this in their names. */
export const useSitesLike = (text: string) =>
  useQuery({
    queryKey: ['sites', 'like', text],
    queryFn: async ({ signal }) => (await get<{ items: Site[] }>('/v1/sites', { q: text, limit: FEW }, signal)).items,
    placeholderData: keepPreviousData,
  });

interface SitePage {
  items: Site[];
  next: string | null;
}

/** The sites that were ever put on a list that gates. */
export function useSuppliers() {
  const found = useInfiniteQuery({
    queryKey: ['sites', 'suppliers'],
    queryFn: ({ pageParam, signal }) => get<SitePage>('/v1/sites', { supplier: true, limit: PAGE, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
  });
  return { found, suppliers: found.data?.pages.flatMap((page) => page.items) ?? [] };
}

export async function begin(site: string, list: string): Promise<Inspection> {
  const answer = await send('/v1/inspections', { method: 'POST', body: { site, list }, headers: { 'Idempotency-Key': newKey() } });
  return (await answer.json()) as Inspection;
}

export type Change = { fill: Record<string, AnswerBody> } | { conclude: string } | { void: string };

/** Changes an inspection as it was seen; what the server makes of it stands on the page at once. */
export function useChange(file: Pick<Inspection, 'id' | 'etag' | 'site'>): (change: Change) => Promise<void> {
  const queries = useQueryClient();
  const { id, etag, site } = file;
  return useCallback(
    async (change) => {
      const headers = { 'If-Match': etag, 'Idempotency-Key': newKey() };
      try {
        const answer =
          'fill' in change
            ? await send(`/v1/inspections/${id}`, { method: 'PATCH', body: { answers: change.fill }, headers })
            : 'conclude' in change
              ? await send(`/v1/inspections/${id}/conclude`, { method: 'POST', body: { note: change.conclude }, headers })
              : await send(`/v1/inspections/${id}/void`, { method: 'POST', body: { reason: change.void }, headers });
        queries.setQueryData(['inspections', 'one', id], (await answer.json()) as Inspection);
      } finally {
        void queries.invalidateQueries({ queryKey: ['inspections'] });
        void queries.invalidateQueries({ queryKey: ['sites', 'one', site] });
        void queries.invalidateQueries({ queryKey: ['sites', 'suppliers'] });
      }
    },
    [queries, id, etag, site],
  );
}

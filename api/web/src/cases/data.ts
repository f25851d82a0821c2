/** What the room asks of the API about cases, and the steps that people take. */
import { queryOptions, useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';
import type { StepBody } from '../core/api.gen';
import { get, newKey, send, type Query } from '../core/http';
import type { CaseFile, CasePage, Texts } from './types';

const PAGE = 40;
const FRESH_MS = 60_000;

export function useCases(query: Query, limit = PAGE) {
  const found = useInfiniteQuery({
    queryKey: ['cases', 'list', query, limit],
    queryFn: ({ pageParam, signal }) => get<CasePage>('/v1/cases', { ...query, limit, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
    refetchInterval: FRESH_MS, // deadlines pass without anybody's doing
  });
  return { found, cases: found.data?.pages.flatMap((page) => page.items) ?? [] };
}

export const caseQuery = (id: string) => queryOptions({ queryKey: ['cases', 'one', id], queryFn: ({ signal }) => get<CaseFile>(`/v1/cases/${id}`, {}, signal) });
export const useCase = (id: string, enabled = true) => useQuery({ ...caseQuery(id), refetchInterval: FRESH_MS, enabled });

/** What the order would say if it were sent now. */
export const usePreview = (id: string, wanted: boolean) =>
  useQuery({
    queryKey: ['cases', 'order', id],
    queryFn: async ({ signal }) => (await get<{ order: Texts }>(`/v1/cases/${id}/order`, {}, signal)).order,
    enabled: wanted,
    staleTime: 0,
  });

export type Taking = StepBody & { action: string };

export function useSteps(file: { id: string; etag: string }) {
  const queries = useQueryClient();
  const { id, etag } = file;
  return useCallback(
    async ({ action, ...body }: Taking): Promise<void> => {
      const headers = { 'If-Match': etag, 'Idempotency-Key': newKey() };
      try {
        const answer = await send(`/v1/cases/${id}/${action}`, { method: 'POST', body, headers });
        queries.setQueryData(['cases', 'one', id], (await answer.json()) as CaseFile);
      } finally {
        void queries.invalidateQueries({ queryKey: ['cases'] });
      }
    },
    [queries, id, etag],
  );
}

/** What was sent to the kitchens of one's region, who has read it, and what is sent now. */
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import type { NewNotice, Receipt, SentTold } from '../core/api.gen';
import { get, newKey, send } from '../core/http';

export type Sent = SentTold & { kind: 'order' | 'notice' | 'warning' | 'training' };
export const KINDS = ['training', 'notice', 'warning'] as const;
const PAGE = 30;
const MOST_RECEIPTS = 200;
const FRESH_MS = 60_000;

export function useSent() {
  const found = useInfiniteQuery({
    queryKey: ['notices', 'sent'],
    queryFn: ({ pageParam, signal }) => get<{ items: Sent[]; next: string | null }>('/v1/notices/sent', { kind: KINDS, limit: PAGE, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
    refetchInterval: FRESH_MS,
  });
  return { found, sent: found.data?.pages.flatMap((page) => page.items) ?? [] };
}

/** Who has not read it first. */
export const useReceipts = (id: string, wanted: boolean) =>
  useQuery({
    queryKey: ['notices', 'receipts', id],
    queryFn: async ({ signal }) => {
      const { items, next } = await get<{ items: Receipt[]; next: string | null }>(`/v1/notices/${id}/receipts`, { limit: MOST_RECEIPTS }, signal);
      return { items: [...items].sort((a, b) => Number(a.read_at !== null) - Number(b.read_at !== null)), more: next !== null };
    },
    enabled: wanted,
    refetchInterval: FRESH_MS,
  });

export const urge = (id: string): Promise<Response> => send(`/v1/notices/${id}/urge`, { method: 'POST' });
/** One key for one letter: sent again after a lost answer it is sent once. */
export const sendNotice = (body: NewNotice, key: string): Promise<Response> => send('/v1/notices', { method: 'POST', body, headers: { 'Idempotency-Key': key } });
export { newKey };

/** What the kitchen's pages ask about self-checks, notices and the score. */
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import type { Holder, Points, Received, ScoreLine, ScoreRuleTold, SelfCheck, Site } from '../core/api.gen';
import { get, type Query } from '../core/http';
import type { Proof } from './proving';

const FRESH_MS = 60_000;
const LATELY = 12;
const PAGE = 30;

const checks = async (query: Query, signal: AbortSignal): Promise<SelfCheck[]> => (await get<{ items: SelfCheck[] }>('/v1/selfchecks', query, signal)).items;

/** What is open, the first to end first. */
export const useOpenChecks = () =>
  useQuery({
    queryKey: ['selfchecks', 'open'],
    queryFn: async ({ signal }) => (await checks({ state: 'open', limit: LATELY }, signal)).sort((a, b) => a.ends_at.localeCompare(b.ends_at)),
    refetchInterval: FRESH_MS,
  });
/** What was signed or missed lately. */
export const usePastChecks = () =>
  useQuery({ queryKey: ['selfchecks', 'past'], queryFn: async ({ signal }) => (await checks({ limit: 2 * LATELY }, signal)).filter((each) => each.state !== 'open').slice(0, LATELY) });

export const useCheck = (id: string, enabled = true) =>
  useQuery({ queryKey: ['selfchecks', 'one', id], queryFn: ({ signal }) => get<SelfCheck>(`/v1/selfchecks/${id}`, {}, signal), enabled, refetchInterval: FRESH_MS });

export const useCheckPhotos = (id: string) =>
  useQuery({
    queryKey: ['selfchecks', 'photos', id],
    queryFn: async ({ signal }) => (await get<{ items: Proof[] }>('/v1/photos', { subject: 'selfcheck', about: id, limit: 50 }, signal)).items,
  });

/** Which posts somebody holds at a site. */
export const usePosts = (site: string, name: string) =>
  useQuery({
    queryKey: ['selfchecks', 'posts', site],
    queryFn: async ({ signal }) => (await get<{ items: Holder[] }>(`/v1/selfchecks/posts/${site}`, {}, signal)).items,
    select: (held) => held.filter((each) => each.name === name).map((each) => each.post),
  });

export interface Inbox {
  items: Received[];
  next: string | null;
  unread: number;
}
export function useNotices() {
  const found = useInfiniteQuery({
    queryKey: ['notices', 'mine'],
    queryFn: ({ pageParam, signal }) => get<Inbox>('/v1/notices', { limit: PAGE, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
    refetchInterval: FRESH_MS,
  });
  return { found, notices: found.data?.pages.flatMap((page) => page.items) ?? [], unread: found.data?.pages[0]?.unread ?? 0 };
}

export interface Score {
  site: string;
  site_name: string;
  points: number;
  colour: Points['colour'];
  /** What can no longer be appealed: the public sees no other. */
  final: Points;
  lines: ScoreLine[];
  rule: ScoreRuleTold;
  computed_at: string;
}
export const useScore = () =>
  useQuery({
    queryKey: ['score'],
    queryFn: async ({ signal }) => {
      const site = (await get<{ items: Site[] }>('/v1/sites', {}, signal)).items[0];
      return site ? get<Score>(`/v1/sites/${site.id}/score`, {}, signal) : null;
    },
  });

/** Pure order of the queue: which events belong to the filters, which come first, which stand together. */
import type { KitchenEvent, Tier } from '../core/types';

export type Sort = 'urgent' | 'newest';
export interface Filters {
  /** `all` shows every status. */
  status: string;
  kind: string;
  tier: string;
  site: string;
  camera: string;
  zone_type: string;
  sort: Sort;
}
export const NO_FILTERS: Filters = {
  status: 'pending_review',
  kind: '',
  tier: '',
  site: '',
  camera: '',
  zone_type: '',
  sort: 'urgent',
};

export interface Group {
  key: string;
  camera: string;
  kind: string;
  tier: Tier;
  events: KitchenEvent[];
}

const RANK: Record<Tier, number> = { I: 0, II: 1, III: 2 };

export function filtersOf(params: URLSearchParams): Filters {
  const value = (name: keyof Filters): string => params.get(name) ?? NO_FILTERS[name];
  return {
    status: value('status'),
    kind: value('kind'),
    tier: value('tier'),
    site: value('site'),
    camera: value('camera'),
    zone_type: value('zone_type'),
    sort: value('sort') === 'newest' ? 'newest' : 'urgent',
  };
}

/** Only what differs from the default goes into the address, so that a plain link stays plain. */
export function paramsOf(filters: Filters, event?: string): Record<string, string | undefined> {
  const changed = Object.entries(filters).filter(([name, v]) => v !== NO_FILTERS[name as keyof Filters]);
  return { ...Object.fromEntries(changed), event };
}

export function queryOf(filters: Filters): Record<string, string | undefined> {
  const { status, ...rest } = filters;
  return { ...rest, status: status === 'all' ? undefined : status };
}

export function matches(event: KitchenEvent, filters: Filters): boolean {
  const wants = (wanted: string, has: string): boolean => wanted === '' || wanted === has;
  return (
    (filters.status === 'all' || filters.status === event.status) &&
    wants(filters.kind, event.kind) &&
    wants(filters.tier, event.tier) &&
    wants(filters.site, event.site) &&
    wants(filters.camera, event.camera) &&
    wants(filters.zone_type, event.zone.type)
  );
}

/** Of times and ids, which no language orders differently: a hundredth of what `localeCompare` takes. */
const plain = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export function compare(sort: Sort): (a: KitchenEvent, b: KitchenEvent) => number {
  return (a, b) => {
    const rank = sort === 'urgent' ? RANK[a.tier] - RANK[b.tier] : 0;
    return rank || plain(b.started_at, a.started_at) || plain(a.id, b.id);
  };
}

/** A page boundary may repeat an event when others arrive meanwhile; the last copy wins. */
export function distinct(events: readonly KitchenEvent[]): KitchenEvent[] {
  return [...new Map(events.map((event) => [event.id, event])).values()];
}

/** Same camera, kind and tier stand together, at the place of their most urgent member. */
export function group(events: readonly KitchenEvent[], sort: Sort): Group[] {
  const groups = new Map<string, Group>();
  for (const event of [...events].sort(compare(sort))) {
    const key = `${event.site}/${event.camera}/${event.kind}/${event.tier}`;
    const known = groups.get(key);
    if (known) known.events.push(event);
    else groups.set(key, { key, camera: event.camera, kind: event.kind, tier: event.tier, events: [event] });
  }
  return [...groups.values()];
}

export const inOrder = (groups: readonly Group[]): KitchenEvent[] => groups.flatMap((g) => g.events);

/** J and K stop at the ends; an id that is gone starts from the top. */
export function step(ids: readonly string[], id: string, by: 1 | -1): string | undefined {
  const at = ids.indexOf(id);
  return at < 0 ? ids[0] : (ids[at + by] ?? ids[at]);
}

/** What to show when this one leaves the list: the next free one below it, else above it, else any, else nothing. */
export function successor(ids: readonly string[], id: string, isFree: (id: string) => boolean = () => true): string | undefined {
  const at = ids.indexOf(id);
  if (at < 0) return ids.find(isFree) ?? ids[0];
  const [below, above] = [ids.slice(at + 1), ids.slice(0, at).reverse()];
  return below.find(isFree) ?? above.find(isFree) ?? below[0] ?? above[0];
}

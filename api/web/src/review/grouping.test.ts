import { expect, test } from 'vitest';
import { event } from '../testing/event';
import { filtersOf, group, inOrder, matches, NO_FILTERS, paramsOf, step, successor } from './grouping';

test('the same camera, kind and tier stand together at the place of their most urgent member', () => {
  const events = [
    event({ id: 'a', tier: 'III', kind: 'no_hat', started_at: '2026-11-24T01:09:00Z' }),
    event({ id: 'b', tier: 'II', kind: 'smoking', started_at: '2026-11-24T01:01:00Z' }),
    event({ id: 'c', tier: 'I', kind: 'rodent', started_at: '2026-11-24T01:00:00Z' }),
    event({ id: 'd', tier: 'II', kind: 'no_mask', started_at: '2026-11-24T01:02:00Z' }),
    event({ id: 'e', tier: 'II', kind: 'smoking', started_at: '2026-11-24T01:03:00Z' }),
  ];
  expect(group(events, 'urgent').map((g) => g.events.map((e) => e.id))).toEqual([['c'], ['e', 'b'], ['d'], ['a']]);
  expect(inOrder(group(events, 'newest')).map((e) => e.id)).toEqual(['a', 'e', 'b', 'd', 'c']);
  expect(group([], 'urgent')).toEqual([]);
});

test('an event belongs to the list only when every filter that is set agrees', () => {
  const one = event({ kind: 'rodent', tier: 'I', zone: { name: 'main', type: 'storage' } });
  expect(matches(one, NO_FILTERS)).toBe(true);
  expect(matches(one, { ...NO_FILTERS, kind: 'no_hat' })).toBe(false);
  expect(matches(one, { ...NO_FILTERS, zone_type: 'cooking' })).toBe(false);
  expect(matches({ ...one, status: 'confirmed' }, NO_FILTERS)).toBe(false);
  expect(matches({ ...one, status: 'confirmed' }, { ...NO_FILTERS, status: 'all' })).toBe(true);
});

test('filters survive the address and defaults leave no trace in it', () => {
  const filters = { ...NO_FILTERS, status: 'all', kind: 'no_hat', sort: 'newest' as const };
  const kept = Object.entries(paramsOf(filters)).filter((pair): pair is [string, string] => pair[1] !== undefined);
  expect(filtersOf(new URLSearchParams(kept))).toEqual(filters);
  expect(Object.values(paramsOf(NO_FILTERS)).filter(Boolean)).toEqual([]);
});

test('J and K stop at the ends; a verdict goes on to the next, at the end to the one before', () => {
  const ids = ['a', 'b', 'c'];
  expect([step(ids, 'a', 1), step(ids, 'c', 1), step(ids, 'a', -1), step(ids, 'gone', 1)]).toEqual(['b', 'c', 'a', 'a']);
  expect([successor(ids, 'a'), successor(ids, 'c'), successor(['a'], 'a')]).toEqual(['b', 'b', undefined]);
});

test('after a verdict comes the next that nobody else holds', () => {
  const ids = ['a', 'b', 'c', 'd'];
  const free = (held: string) => (id: string) => !held.includes(id);
  expect(successor(ids, 'b', free('c'))).toBe('d');
  expect(successor(ids, 'c', free('d'))).toBe('b');
  expect(successor(ids, 'b', free('acd'))).toBe('c');
  expect(successor(ids, 'gone', free('a'))).toBe('b');
  expect(successor(['a'], 'a')).toBeUndefined();
});

import { expect, test } from 'vitest';
import { columnsOf, moved, pagesOf } from './arranging';

test.each([
  [1, 1440, 800, 1],
  [4, 1440, 800, 2],
  [9, 1440, 800, 3],
  [16, 1440, 800, 4],
  [64, 1440, 800, 8],
  [4, 390, 760, 1],
  [0, 100, 100, 1],
])('%s tiles in %s×%s stand in %s columns', (count, width, height, columns) => {
  expect(columnsOf(count, width, height)).toBe(columns);
});

test('a tour has a page for every camera', () => {
  expect([pagesOf(0, 16), pagesOf(16, 16), pagesOf(17, 16)]).toEqual([1, 1, 2]);
});

test('a tile is put before another one, to the end, or stays whole', () => {
  expect(moved(['a', 'b', 'c'], 'c', 'a')).toEqual(['c', 'a', 'b']);
  expect(moved(['a', 'b', 'c'], 'a', null)).toEqual(['b', 'c', 'a']);
  expect(moved(['a', 'b'], 'x', 'y')).toEqual(['a', 'b', 'x']);
});

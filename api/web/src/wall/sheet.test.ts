import { expect, test } from 'vitest';
import { columnsOfSheet, partOf, widthOf } from './sheet';

test.each([
  [175, 1, 180],
  [175, 2, 360],
  [175, 3, 360],
  [300, 2, null],
  [10, 1, null],
])('a tile of %s px at density %s is drawn %s px wide', (tile, density, drawn) => {
  expect(widthOf(tile, density)).toBe(drawn);
});

test('a sheet is about as wide as it is high, as the API lays it out', () => {
  expect([1, 2, 5, 16, 17, 64].map(columnsOfSheet)).toEqual([1, 2, 3, 4, 5, 8]);
});

test('a tile shows its own part', () => {
  const sheet = { url: '', columns: 3, rows: 2, places: new Map<string, { place: number; at: string }>() };
  expect(partOf(sheet, 0)).toEqual({ backgroundSize: '300% 200%', backgroundPosition: '0% 0%' });
  expect(partOf(sheet, 5)).toEqual({ backgroundSize: '300% 200%', backgroundPosition: '100% 100%' });
  expect(partOf({ ...sheet, columns: 1, rows: 1 }, 0).backgroundPosition).toBe('0% 0%');
});

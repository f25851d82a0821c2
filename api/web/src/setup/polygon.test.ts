import { expect, test } from 'vitest';
import { areaOf, began, BOX, done, faultOf, placed, redone, undone, withCorner, withoutCorner, type Polygon } from './polygon';

const SQUARE: Polygon = [[0, 0], [1, 0], [1, 1], [0, 1]];
const CASES: readonly (readonly [Polygon, string | null])[] = [
  [[], null],
  [SQUARE, null],
  [BOX, null],
  [[[0, 0], [1, 1]], 'corners'],
  [Array.from({ length: 65 }, (_, i) => [i / 65, i % 2] as const), 'corners'],
  [[[0, 0], [1, 0], [1, 1.5]], 'outside'],
  [[[0, 0], [1, 0], [1, 1], [0, 0]], 'same'],
  [[[0, 0], [1, 1], [1, 0], [0, 1]], 'crossing'],
  [[[0, 0], [1, 0], [1, 1], [0.5, 0], [0, 1]], 'crossing'],
  [[[0, 0], [0.5, 0.5], [1, 1]], 'small'],
  [[[0, 0], [0.01, 0], [0, 0.01]], 'small'],
];
test.each(CASES)('%j is judged as the API judges it: %s', (polygon, fault) => expect(faultOf(polygon)).toBe(fault));

test('the third corner closes a shape, later ones go into the nearest edge', () => {
  const two: Polygon = [[0, 0], [1, 0]];
  expect(withCorner(two, [1, 1])).toEqual({ polygon: [[0, 0], [1, 0], [1, 1]], index: 2 });
  expect(withCorner(SQUARE, [0.5, 0.1])).toEqual({ polygon: [[0, 0], [0.5, 0.1], [1, 0], [1, 1], [0, 1]], index: 1 });
  expect(withCorner(SQUARE, [0.1, 0.5]).index).toBe(4);
  expect(areaOf(withoutCorner(SQUARE, 0))).toBe(0.5);
});

test('a corner stays in the picture', () => expect(placed(-0.2, 1.00004)).toEqual([0, 1]));

test('every step can be undone and done again; a new step forgets what was undone', () => {
  const two = done(done(began(0), 1), 2);
  expect(undone(undone(undone(two))).now).toBe(0);
  expect(redone(undone(two)).now).toBe(2);
  expect(redone(done(undone(two), 7)).now).toBe(7);
});

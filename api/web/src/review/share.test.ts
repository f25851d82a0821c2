import { expect, test } from 'vitest';
import { wilson } from './share';

test('an interval of a share is wide for few and narrow for many', () => {
  const [low, high] = wilson(8, 10); // worked example: [0.490, 0.943]
  expect(low).toBeCloseTo(0.49, 2);
  expect(high).toBeCloseTo(0.943, 2);
  const [l, h] = wilson(800, 1000);
  expect(h - l).toBeLessThan(0.06);
});

test('none and all stay within 0 and 1', () => {
  expect(wilson(0, 5)[0]).toBe(0);
  expect(wilson(5, 5)[1]).toBe(1);
  expect(wilson(0, 5)[1]).toBeGreaterThan(0.3);
});

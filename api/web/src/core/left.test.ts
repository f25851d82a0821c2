import { expect, test } from 'vitest';
import { shareOf, spanOf } from './left';

test.each([
  [0, false, '0s'],
  [59, false, '59s'],
  [60, false, '1m'],
  [61, false, '1m'],
  [3600, false, '1h'],
  [3720, false, '1h2m'],
  [90_061, false, '1d1h'],
  [86_400, false, '1d'],
  [-300, true, '5m'],
])('%s s reads late=%s %s', (s, late, told) => {
  const span = spanOf(s);
  expect([span.late, span.parts.map(({ n, unit }) => `${n}${unit}`).join('')]).toEqual([late, told]);
});

test('the share of a deadline stays between its ends', () => {
  const [from, to] = ['2026-11-24T08:00:00Z', '2026-11-24T10:00:00Z'];
  expect([7, 9, 12].map((hour) => shareOf(from, to, Date.UTC(2026, 10, 24, hour)))).toEqual([0, 0.5, 1]);
  expect(shareOf(to, to, 0)).toBe(1);
});

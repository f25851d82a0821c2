import { expect, test } from 'vitest';
import { periodOf } from './data';

test.each([
  ['2026-11-26', 'week', 0, '2026-W48'],
  ['2026-11-26', 'week', 1, '2026-W47'],
  ['2027-01-01', 'week', 0, '2026-W53'],
  ['2027-01-04', 'week', 0, '2027-W01'],
  ['2026-11-26', 'month', 0, '2026-11'],
  ['2027-01-31', 'month', 1, '2026-12'],
] as const)('%s: %s %s back is %s', (day, kind, back, name) => {
  expect(periodOf(kind, back, new Date(`${day}T10:00:00Z`))).toBe(name);
});

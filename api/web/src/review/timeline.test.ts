import { expect, test } from 'vitest';
import { event } from '../testing/event';
import { barHalf_s, clipSpan, clock, marksOf, nearestLook, ptsAt, scaleOf, shareOf, wholeSpan } from './timeline';

const looks = [
  { pts_s: 7, log_odds: 3.1, total: 3.1 },
  { pts_s: 9, log_odds: null, total: 2.9 },
  { pts_s: 11, log_odds: -1, total: 1.5 },
];

test('a clip lies where the manifest says, else five seconds before the start, never before the stream', () => {
  expect(clipSpan(event(), 10, 3.5)).toEqual({ from_s: 3.5, to_s: 13.5 });
  expect(clipSpan(event(), 10, null)).toEqual({ from_s: 2, to_s: 12 });
  expect(clipSpan(event({ started_pts_s: 1 }), 10, null)).toEqual({ from_s: 0, to_s: 10 });
});

test('the whole span holds the clip, every look and every mark, and is never empty', () => {
  const span = wholeSpan(event({ looks, ended_pts_s: 20 }), { from_s: 2, to_s: 12 });
  expect(span).toEqual({ from_s: 2, to_s: 20 });
  const point = wholeSpan(event({ started_pts_s: 4, opened_pts_s: 4 }), null);
  expect(point.to_s - point.from_s).toBeGreaterThan(1);
});

test('places and seconds are inverse inside the span and clamp outside', () => {
  const span = { from_s: 2, to_s: 12 };
  expect(ptsAt(span, shareOf(span, 7.25))).toBeCloseTo(7.25);
  expect([shareOf(span, -5), shareOf(span, 99), shareOf({ from_s: 3, to_s: 3 }, 3)]).toEqual([0, 1, 0]);
  expect(ptsAt(span, 2)).toBe(12);
});

test('marks are start and open, and close once it is closed', () => {
  const span = { from_s: 0, to_s: 20 };
  expect(marksOf(event(), span).map((m) => m.name)).toEqual(['started', 'opened']);
  expect(marksOf(event({ ended_pts_s: 20 }), span).at(-1)).toEqual({ name: 'ended', pts_s: 20, share: 1 });
});

test('the scale holds zero, threshold and every look', () => {
  const scale = scaleOf(looks, 4.5);
  expect(scale.top).toBeGreaterThan(4.5);
  expect(scale.bottom).toBeLessThan(-1);
  expect(scaleOf([], null).top).toBeGreaterThan(0);
});

test('bars never touch and the nearest look is found', () => {
  expect(barHalf_s(looks, { from_s: 0, to_s: 20 }) * 2).toBeLessThan(2);
  expect(nearestLook(looks, 9.4)?.pts_s).toBe(9);
  expect(nearestLook([], 1)).toBeNull();
});

test('the clock reads like a player', () => {
  expect([clock(0), clock(7.25), clock(59.99), clock(3671)]).toEqual(['00:00.0', '00:07.2', '00:59.9', '61:11.0']);
});

import { expect, test } from 'vitest';
import { ageOf, at, instantOf, wallOf } from './when';

test('times are told in the zone of the site, 24 h, year first', () => {
  expect(at('2026-11-23T16:05:09Z', 'Asia/Shanghai')).toBe('2026-11-24 00:05:09');
  expect(at('2026-11-23T16:05:09Z', 'Asia/Shanghai', 'minute')).toBe('2026-11-24 00:05');
  expect(at('2026-11-23T16:05:09Z', 'America/New_York', 'clock')).toBe('11:05:09');
});

test('an unknown zone says UTC, an unreadable time says nothing', () => {
  expect(at('2026-11-23T16:05:09Z', 'Mars/Olympus')).toBe('2026-11-23 16:05:09 UTC');
  expect(at('soon', 'UTC')).toBe('—');
});

test('ages have one unit', () => {
  const now = Date.parse('2026-11-24T00:00:00Z');
  expect(ageOf('2026-11-23T23:59:01Z', now)).toEqual({ n: 59, unit: 's' });
  expect(ageOf('2026-11-23T22:00:00Z', now)).toEqual({ n: 2, unit: 'h' });
  expect(ageOf('2026-11-25T00:00:00Z', now)).toEqual({ n: 0, unit: 's' });
});

test('what a clock on the wall shows becomes the instant, across the change of summer time', () => {
  expect(instantOf('2026-11-24T00:05', 'Asia/Shanghai')).toBe('2026-11-23T16:05:00.000Z');
  expect(instantOf('2026-07-01T12:00', 'Europe/Berlin')).toBe('2026-07-01T10:00:00.000Z');
  expect(instantOf('2026-10-25T12:00', 'Europe/Berlin')).toBe('2026-10-25T11:00:00.000Z');
  expect(instantOf('soon', 'UTC')).toBeNull();
  expect(wallOf('2026-11-23T16:05:00Z', 'Asia/Shanghai')).toBe('2026-11-24T00:05');
});

test('steady zones are told by arithmetic as the browser tells them', () => {
  const told = new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', timeStyle: 'medium', timeZone: 'Asia/Shanghai' });
  for (let day = Date.UTC(1992, 0, 2); day < Date.UTC(2040, 0, 1); day += 41 * 86_400_000 + 3_723_000) expect(at(new Date(day).toISOString(), 'Asia/Shanghai')).toBe(told.format(day));
  expect(at('1986-07-01T00:00:00Z', 'Asia/Shanghai')).toBe('1986-07-01 09:00:00');
  expect(at('2026-11-23T16:05:09Z')).toBe('2026-11-23 16:05:09');
});

import { expect, test } from 'vitest';
import type { CheckLine, SelfCheck } from '../core/api.gen';
import { foundIn, isComplete, prefilled, withAnswers } from './prefill';

const line = (more: Partial<CheckLine>): CheckLine => ({ id: 'dress', says: { zh: '', en: '' }, photo: false, source: { text: '', grade: 'D' }, answer: null, seen: null, ...more });
const told = (found: [string, number][]): string => found.map(([kind, n]) => `${kind} ${n}`).join(', ');

test('what cameras cannot see is left to people', () => {
  expect(prefilled(line({ seen: null }), told)).toBeNull();
});

test('nothing seen is in order, something seen is not, most often first', () => {
  expect(prefilled(line({ seen: { no_hat: 0 } }), told)).toEqual({ result: 'ok', note: '', photos: [] });
  const seen = { no_hat: 1, bare_torso: 0, no_mask: 3 };
  expect(foundIn(line({ seen }))).toEqual([['no_mask', 3], ['no_hat', 1]]);
  expect(prefilled(line({ seen }), told)).toEqual({ result: 'not_ok', note: 'no_mask 3, no_hat 1', photos: [] });
});

test('a line is complete with a note on what is wrong and a photo where one is asked for', () => {
  expect(isComplete(line({}), null)).toBe(false);
  expect(isComplete(line({}), { result: 'not_ok', note: ' ', photos: [] })).toBe(false);
  expect(isComplete(line({ photo: true }), { result: 'ok', note: '', photos: [] })).toBe(false);
  expect(isComplete(line({ photo: true }), { result: 'ok', note: '', photos: ['p'] })).toBe(true);
  expect(isComplete(line({ photo: true }), { result: 'not_applicable', note: '', photos: [] })).toBe(true);
});

test('what waits is shown over what was told', () => {
  const check = { lines: [line({ id: 'a', answer: { result: 'ok', note: '', photos: [] } }), line({ id: 'b' })] } as unknown as SelfCheck;
  const shown = withAnswers(check, { b: { result: 'not_ok', note: 'x', photos: [] } });
  expect(shown.lines.map((each) => each.answer?.result)).toEqual(['ok', 'not_ok']);
});

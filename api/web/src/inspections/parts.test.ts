import { expect, test } from 'vitest';
import type { LineAnswer } from '../core/api.gen';
import { isComplete, outcomeOf } from './parts';

const told = (result: LineAnswer['result'], note = ''): LineAnswer => ({ result, note, photos: [] });
const line = (key: boolean, answer: LineAnswer | null) => ({ key, answer });

test('what is not in order, or does not apply, needs a word', () => {
  expect([null, told('ok'), told('not_ok'), told('not_ok', ' '), told('not_applicable', 'none here')].map(isComplete)).toEqual([false, true, false, false, true]);
});

test('a key line fails the whole, a general one is to be corrected, an open one decides nothing', () => {
  const fine = line(true, told('ok'));
  expect(outcomeOf([fine, line(false, told('not_applicable', 'x'))])).toBe('passed');
  expect(outcomeOf([fine, line(false, told('not_ok', 'x'))])).toBe('to_correct');
  expect(outcomeOf([line(true, told('not_ok', 'x')), line(false, told('not_ok', 'x'))])).toBe('failed');
  expect(outcomeOf([line(true, told('not_ok', 'x')), line(false, null)])).toBe(null);
});

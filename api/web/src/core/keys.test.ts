import { expect, test } from 'vitest';
import { LEADER_MS, press, RESTING, type Stroke } from './keys';

const stroke = (key: string, part: Partial<Stroke> = {}): Stroke => ({ key, ctrl: false, typing: false, pressable: false, ...part });
const action = (s: Stroke) => press(RESTING, s, 0)[1];

test.each([
  ['y', 'confirm'], ['Y', 'confirm'], ['n', 'dismiss'], ['u', 'unsure'], ['z', 'undo'], ['j', 'next'], ['k', 'previous'],
  [' ', 'play'], [',', 'frameBack'], ['.', 'frameOn'], ['。', 'frameOn'], ['b', 'boxes'], ['f', 'full'], ['?', 'help'], ['q', null],
])('%s gives %s', (key, expected) => {
  expect(action(stroke(key))).toBe(expected);
});

test('keys belong to a field while somebody writes, and to the browser with a modifier', () => {
  expect(action(stroke('y', { typing: true }))).toBeNull();
  expect(action(stroke('f', { ctrl: true }))).toBeNull();
});

test('space presses the button that has the focus instead of playing', () => {
  expect(action(stroke(' ', { pressable: true }))).toBeNull();
  expect(action(stroke('y', { pressable: true }))).toBe('confirm');
});

test('G and then a letter goes to a room, within the time, and only once', () => {
  const [waiting, none] = press(RESTING, stroke('g'), 0);
  expect(none).toBeNull();
  expect(press(waiting, stroke('c'), LEADER_MS)).toEqual([RESTING, 'goCameras']);
  expect(press(waiting, stroke('y'), 10)).toEqual([RESTING, null]);
  expect(press(waiting, stroke('y'), LEADER_MS + 1)).toEqual([RESTING, 'confirm']);
});

/** Pure reading of the keyboard: one key, or G and then a letter within a second, gives one action. */
export type Action =
  | 'next'
  | 'previous'
  | 'confirm'
  | 'dismiss'
  | 'unsure'
  | 'undo'
  | 'play'
  | 'frameBack'
  | 'frameOn'
  | 'boxes'
  | 'full'
  | 'original'
  | 'head'
  | 'help'
  | 'goReview'
  | 'goCameras'
  | 'goRegister'
  | 'goCases'
  | 'goWall'
  | 'goInspections'
  | 'goInsight'
  | 'goAdmin';

export interface Stroke {
  key: string;
  ctrl: boolean;
  /** The focus is where a person writes or chooses; keys belong to that field. */
  typing: boolean;
  /** The focus is on something that Space presses. */
  pressable: boolean;
}
export interface Keyboard {
  /** When G was pressed, ms; null = not waiting for the letter of a room. */
  leader_at: number | null;
}
export const RESTING: Keyboard = { leader_at: null };
export const LEADER_MS = 1200;

const PLAIN: Record<string, Action> = {
  j: 'next',
  k: 'previous',
  y: 'confirm',
  n: 'dismiss',
  u: 'unsure',
  z: 'undo',
  ' ': 'play',
  ',': 'frameBack',
  '.': 'frameOn',
  '，': 'frameBack', // a Chinese input method sends these for the same keys
  '。': 'frameOn',
  b: 'boxes',
  f: 'full',
  o: 'original',
  h: 'head',
  '?': 'help',
  '？': 'help',
};
const ROOM: Record<string, Action> = { r: 'goReview', w: 'goWall', a: 'goCases', n: 'goInspections', i: 'goInsight', m: 'goAdmin', c: 'goCameras', v: 'goRegister' };

export function press(keyboard: Keyboard, stroke: Stroke, now_ms: number): [Keyboard, Action | null] {
  if (stroke.ctrl || stroke.typing) return [RESTING, null];
  const key = stroke.key.toLowerCase();
  if (keyboard.leader_at !== null && now_ms - keyboard.leader_at <= LEADER_MS) {
    return [RESTING, ROOM[key] ?? null];
  }
  if (key === 'g') return [{ leader_at: now_ms }, null];
  if (key === ' ' && stroke.pressable) return [RESTING, null];
  return [RESTING, PLAIN[key] ?? null];
}

export function strokeOf(event: KeyboardEvent): Stroke {
  const target = event.target instanceof Element ? event.target : null;
  return {
    key: event.key,
    ctrl: event.ctrlKey || event.metaKey || event.altKey || event.isComposing,
    typing: Boolean(target?.closest('input, textarea, select, [contenteditable], [role="menu"], dialog')),
    pressable: Boolean(target?.closest('button, a, summary, [role="slider"]')),
  };
}

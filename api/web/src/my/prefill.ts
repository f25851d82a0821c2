/** What a line of a self-check says before anybody has: what the cameras saw of it, for a person to look over. */
import type { CheckLine, LineAnswer, SelfCheck } from '../core/api.gen';

export const PREFILLED: LineAnswer = { result: 'ok', note: '', photos: [] };

/** What was found, most often first; empty where nothing was, or where cameras cannot see it. */
export const foundIn = (line: Pick<CheckLine, 'seen'>): [string, number][] => Object.entries(line.seen ?? {}).filter(([, n]) => n > 0).sort((a, b) => b[1] - a[1]);

/** Null where cameras cannot see it: somebody must look. */
export function prefilled(line: CheckLine, told: (found: [string, number][]) => string): LineAnswer | null {
  if (!line.seen) return null;
  const found = foundIn(line);
  return found.length === 0 ? PREFILLED : { result: 'not_ok', note: told(found), photos: [] };
}

/** As the API judges it: a word about what is wrong, a photo where one is asked for. */
export function isComplete(line: CheckLine, answer: LineAnswer | null): boolean {
  if (!answer) return false;
  if (answer.result === 'not_ok') return answer.note.trim() !== '';
  return answer.result === 'not_applicable' || !line.photo || answer.photos.length > 0;
}

/** The check with answers that still wait for the network. */
export function withAnswers(check: SelfCheck, answers: Record<string, LineAnswer>): SelfCheck {
  return { ...check, lines: check.lines.map((line) => ({ ...line, answer: answers[line.id] ?? line.answer })) };
}

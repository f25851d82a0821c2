/** How much time is left, in the two units that matter. */
export interface Span {
  late: boolean;
  parts: { n: number; unit: 'd' | 'h' | 'm' | 's' }[];
}
const UNITS = [
  ['d', 86400],
  ['h', 3600],
  ['m', 60],
  ['s', 1],
] as const;

/** `s` may be negative: then it is how long ago it ran out. Seconds are told only within the last minute. */
export function spanOf(s: number): Span {
  let rest = Math.floor(Math.abs(s));
  const parts: Span['parts'] = [];
  for (const [unit, size] of UNITS) {
    const n = Math.floor(rest / size);
    rest -= n * size;
    if ((n > 0 || (unit === 's' && parts.length === 0)) && !(unit === 's' && parts.length > 0)) parts.push({ n, unit });
    else if (parts.length > 0) break;
    if (parts.length === 2) break;
  }
  return { late: s < 0, parts };
}

/** Which part of a deadline has passed, 0..1. */
export function shareOf(started: string, due: string, now_ms: number): number {
  const [from, to] = [new Date(started).getTime(), new Date(due).getTime()];
  if (to <= from) return 1;
  return Math.min(1, Math.max(0, (now_ms - from) / (to - from)));
}

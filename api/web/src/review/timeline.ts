/** Pure arithmetic of the time line: seconds of the stream to places on the screen and back. */
import type { KitchenEvent, Look } from '../core/types';

export interface Span {
  from_s: number;
  to_s: number;
}
export interface Mark {
  name: 'started' | 'opened' | 'ended';
  pts_s: number;
  share: number;
}

/** The recorder's default; used only until the manifest or the clip itself tells the truth. */
export const PRE_ROLL_S = 5;

export const length_s = (span: Span): number => span.to_s - span.from_s;

export function shareOf(span: Span, pts_s: number): number {
  const length = length_s(span);
  return length > 0 ? Math.min(1, Math.max(0, (pts_s - span.from_s) / length)) : 0;
}

export const ptsAt = (span: Span, share: number): number => span.from_s + Math.min(1, Math.max(0, share)) * length_s(span);

/** Where the clip lies on the stream's clock; `start_s` from the manifest when it is known. */
export function clipSpan(event: KitchenEvent, duration_s: number, start_s: number | null): Span {
  const from_s = start_s ?? Math.max(0, event.started_pts_s - PRE_ROLL_S);
  return { from_s, to_s: from_s + duration_s };
}

/** Everything worth drawing: the clip, every look, the marks; never empty. */
export function wholeSpan(event: KitchenEvent, clip: Span | null): Span {
  const points = [event.started_pts_s, event.opened_pts_s, ...event.looks.map((look) => look.pts_s)];
  if (event.ended_pts_s !== null) points.push(event.ended_pts_s);
  if (clip) points.push(clip.from_s, clip.to_s);
  const from_s = Math.min(...points);
  const to_s = Math.max(...points);
  const air = clip ? 0 : Math.max(0.5, (to_s - from_s) * 0.04);
  return { from_s: from_s - air, to_s: Math.max(to_s, from_s + 1) + air };
}

export function marksOf(event: KitchenEvent, span: Span): Mark[] {
  const mark = (name: Mark['name'], pts_s: number): Mark => ({ name, pts_s, share: shareOf(span, pts_s) });
  const marks = [mark('started', event.started_pts_s), mark('opened', event.opened_pts_s)];
  if (event.ended_pts_s !== null) marks.push(mark('ended', event.ended_pts_s));
  return marks;
}

/** 7.25 → 00:07.2, 3671 → 61:11.0 */
export function clock(seconds: number): string {
  const tenths = Math.max(0, Math.floor(seconds * 10 + 1e-6));
  const pad = (n: number): string => String(n).padStart(2, '0');
  return `${pad(Math.floor(tenths / 600))}:${pad(Math.floor(tenths / 10) % 60)}.${tenths % 10}`;
}

export interface Scale {
  top: number;
  bottom: number;
}

/** Nats that the curve must show: every look, the running total and the threshold, zero always inside. */
export function scaleOf(looks: readonly Look[], threshold: number | null): Scale {
  const values = looks.flatMap((look) => [look.total, look.log_odds ?? 0]);
  if (threshold !== null) values.push(threshold);
  const top = Math.max(1, ...values) * 1.12;
  const bottom = Math.min(0, ...values) * 1.12;
  return { top, bottom: Math.min(bottom, -top * 0.08) };
}

/** Half the distance to the nearest other look, so that bars never touch; in seconds. */
export function barHalf_s(looks: readonly Look[], span: Span): number {
  const gaps = looks.slice(1).map((look, i) => look.pts_s - (looks[i]?.pts_s ?? look.pts_s));
  const smallest = Math.min(...gaps.filter((gap) => gap > 0), length_s(span) / 6);
  return Math.max(length_s(span) / 400, smallest * 0.36);
}

export function nearestLook(looks: readonly Look[], pts_s: number): Look | null {
  return looks.reduce<Look | null>(
    (best, look) => (best && Math.abs(best.pts_s - pts_s) <= Math.abs(look.pts_s - pts_s) ? best : look),
    null,
  );
}

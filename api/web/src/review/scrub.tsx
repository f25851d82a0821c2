/** The time line: the clip as a track, pre-roll shaded, start, open and close marked, a handle to drag. */
import { useRef, type KeyboardEvent, type PointerEvent } from 'react';
import type { KitchenEvent } from '../core/types';
import { useWords } from '../words';
import { clock, marksOf, ptsAt, shareOf, type Mark, type Span } from './timeline';

const STEP_S = 1;
const percent = (share: number): string => `${(share * 100).toFixed(3)}%`;

export interface TimelineProps {
  event: KitchenEvent;
  span: Span;
  clip: Span | null;
  now_pts_s: number | null;
  seek: (pts_s: number) => void;
}

export function Timeline({ event, span, clip, now_pts_s, seek }: TimelineProps) {
  const { t } = useWords();
  const track = useRef<HTMLDivElement>(null);
  const toPointer = (e: PointerEvent): void => {
    const box = track.current?.getBoundingClientRect();
    if (box) seek(ptsAt(span, (e.clientX - box.left) / box.width));
  };
  const key = (e: KeyboardEvent): void => {
    const by = { ArrowLeft: -STEP_S, ArrowRight: STEP_S }[e.key];
    if (by === undefined || now_pts_s === null) return;
    e.preventDefault();
    seek(now_pts_s + by);
  };
  const now_s = clip && now_pts_s !== null ? now_pts_s - clip.from_s : 0;
  const live = clip !== null;
  return (
    <div
      className="timeline"
      ref={track}
      role="slider"
      tabIndex={live ? 0 : -1}
      aria-label={t('player.seek')}
      aria-disabled={!live}
      aria-valuemin={0}
      aria-valuemax={clip ? clip.to_s - clip.from_s : 0}
      aria-valuenow={now_s}
      aria-valuetext={clock(now_s)}
      onKeyDown={key}
      onPointerDown={(e) => {
        e.currentTarget.setPointerCapture(e.pointerId);
        toPointer(e);
      }}
      onPointerMove={(e) => e.buttons === 1 && toPointer(e)}
    >
      <div className="track" />
      {clip && <Part from={shareOf(span, clip.from_s)} to={shareOf(span, clip.to_s)} name="track-clip" />}
      {clip && <Part from={shareOf(span, clip.from_s)} to={shareOf(span, event.started_pts_s)} name="track-roll" word={t('mark.preRoll')} />}
      {clip && event.ended_pts_s !== null && <Part from={shareOf(span, event.ended_pts_s)} to={shareOf(span, clip.to_s)} name="track-roll" word={t('mark.postRoll')} />}
      <Part from={shareOf(span, event.started_pts_s)} to={shareOf(span, event.ended_pts_s ?? span.to_s)} name={`track-event tier-fill-${event.tier}`} />
      {marksOf(event, span).map((mark) => (
        <MarkSign key={mark.name} mark={mark} />
      ))}
      {now_pts_s !== null && <i className="track-now" style={{ left: percent(shareOf(span, now_pts_s)) }} />}
    </div>
  );
}

function Part({ from, to, name, word }: { from: number; to: number; name: string; word?: string }) {
  if (to <= from) return null;
  return (
    <div className={`part ${name}`} style={{ left: percent(from), width: percent(to - from) }}>
      {word && to - from > 0.09 && <span>{word}</span>}
    </div>
  );
}

function MarkSign({ mark }: { mark: Mark }) {
  const { t } = useWords();
  const word = t(`mark.${mark.name}`);
  return (
    <span className={`mark mark-${mark.name}`} data-edge={mark.share > 0.95 ? 'right' : undefined} style={{ left: percent(mark.share) }} title={`${word} ${clock(mark.pts_s)}`}>
      <b>{word}</b>
    </span>
  );
}

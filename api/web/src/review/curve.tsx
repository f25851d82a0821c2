/** Why it opened: the evidence of each look, the running total, the threshold, the looks that saw nothing. */
import { useId, type MouseEvent } from 'react';
import type { KitchenEvent, Look } from '../core/types';
import { useWords } from '../words';
import { barHalf_s, clock, nearestLook, ptsAt, scaleOf, shareOf, type Span } from './timeline';

const W = 1000;
const H = 132;

export interface CurveProps {
  event: KitchenEvent;
  span: Span;
  threshold: number | null;
  now_pts_s: number | null;
  seek: (pts_s: number) => void;
}

export function Curve({ event, span, threshold, now_pts_s, seek }: CurveProps) {
  const { t } = useWords();
  const looks = event.looks;
  const hatch = useId();
  if (looks.length === 0) return <p className="curve-none muted">{t('curve.none')}</p>;
  const scale = scaleOf(looks, threshold);
  const y = (nats: number): number => ((scale.top - nats) / (scale.top - scale.bottom)) * H;
  const x = (pts_s: number): number => shareOf(span, pts_s) * W;
  const half = barHalf_s(looks, span);
  const unknown = looks.filter((look) => look.log_odds === null).length;
  const peak = Math.max(...looks.map((look) => look.total)).toFixed(1);
  const label = t('curve.alt', { n: looks.length, unknown, peak, threshold: threshold?.toFixed(1) ?? '—' });
  const click = (e: MouseEvent<SVGSVGElement>): void => {
    const box = e.currentTarget.getBoundingClientRect();
    seek(nearestLook(looks, ptsAt(span, (e.clientX - box.left) / box.width))?.pts_s ?? event.opened_pts_s);
  };
  return (
    <figure className="curve">
      <div className="curve-plot">
        <svg viewBox={`0 0 ${W} ${H}`} preserveAspectRatio="none" role="img" aria-label={label} onClick={click}>
          <defs>
            <pattern id={hatch} width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
              <line className="hatch-line" x1="0" y1="0" x2="0" y2="7" />
            </pattern>
          </defs>
          {looks.map((look, i) => (
            <Bar key={i} look={look} x0={x(look.pts_s - half)} x1={x(look.pts_s + half)} y={y} hatch={hatch} tier={event.tier} />
          ))}
          <line className="curve-zero" x1="0" x2={W} y1={y(0)} y2={y(0)} />
          {threshold !== null && <line className="curve-threshold" x1="0" x2={W} y1={y(threshold)} y2={y(threshold)} />}
          <polyline className="curve-total" points={looks.map((look) => `${x(look.pts_s)},${y(look.total)}`).join(' ')} />
          <line className="curve-open" x1={x(event.opened_pts_s)} x2={x(event.opened_pts_s)} y1="0" y2={H} />
          {now_pts_s !== null && <line className="curve-now" x1={x(now_pts_s)} x2={x(now_pts_s)} y1="0" y2={H} />}
        </svg>
        {looks.map((look, i) => (
          <span key={i} className="curve-dot" style={{ left: `${(x(look.pts_s) / W) * 100}%`, top: `${(y(look.total) / H) * 100}%` }} />
        ))}
        {threshold !== null && (
          <span className="curve-tag" style={{ top: `${(y(threshold) / H) * 100}%` }}>
            {t('curve.threshold')} {threshold.toFixed(1)}
          </span>
        )}
      </div>
      <Legend threshold={threshold} hasUnknown={unknown > 0} tier={event.tier} />
      <LookTable looks={looks} />
    </figure>
  );
}

interface BarProps {
  look: Look;
  x0: number;
  x1: number;
  y: (nats: number) => number;
  hatch: string;
  tier: string;
}

function Bar({ look, x0, x1, y, hatch, tier }: BarProps) {
  const { t } = useWords();
  const log_odds = look.log_odds === null ? t('curve.unknown') : signed(look.log_odds);
  const tip = t('curve.tip', { time: clock(look.pts_s), log_odds, total: signed(look.total) });
  if (look.log_odds === null) {
    return (
      <rect className="bar-unknown" x={x0} width={x1 - x0} y="0" height={H} fill={`url(#${hatch})`}>
        <title>{tip}</title>
      </rect>
    );
  }
  const [top, bottom] = look.log_odds >= 0 ? [y(look.log_odds), y(0)] : [y(0), y(look.log_odds)];
  return (
    <rect className={look.log_odds >= 0 ? `bar-for tier-fill-${tier}` : 'bar-against'} x={x0} width={x1 - x0} y={top} height={Math.max(1.5, bottom - top)}>
      <title>{tip}</title>
    </rect>
  );
}

const signed = (nats: number): string => (nats >= 0 ? `+${nats.toFixed(2)}` : nats.toFixed(2).replace('-', '−'));

function Legend({ threshold, hasUnknown, tier }: { threshold: number | null; hasUnknown: boolean; tier: string }) {
  const { t } = useWords();
  return (
    <figcaption className="curve-legend small">
      <strong title={t('curve.help')}>{t('curve.title')}</strong>
      <span>
        <i className={`swatch swatch-bar tier-fill-${tier}`} />
        {t('curve.look')}
      </span>
      <span>
        <i className="swatch swatch-line" />
        {t('curve.total')}
      </span>
      {threshold !== null && (
        <span>
          <i className="swatch swatch-dash" />
          {t('curve.threshold')}
        </span>
      )}
      {hasUnknown && (
        <span>
          <i className="swatch swatch-hatch" />
          {t('curve.unknown')}
        </span>
      )}
    </figcaption>
  );
}

/** The same numbers for those who do not see the drawing. */
function LookTable({ looks }: { looks: readonly Look[] }) {
  const { t } = useWords();
  return (
    <table className="unseen">
      <caption>{t('curve.table')}</caption>
      <tbody>
        {looks.map((look, i) => (
          <tr key={i}>
            <th scope="row">{clock(look.pts_s)}</th>
            <td>{look.log_odds === null ? t('curve.unknown') : signed(look.log_odds)}</td>
            <td>{signed(look.total)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

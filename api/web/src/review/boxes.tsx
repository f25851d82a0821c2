/** The box of the violation over the picture: same coordinates as the frame, so that any size fits. */
import type { KitchenEvent } from '../core/types';
import { useWords } from '../words';

/** A box belongs to one look; this far from it the person may have moved, and the box is drawn dashed. */
export const BOX_HOLDS_S = 1;

export function Boxes({ event, pts_s }: { event: KitchenEvent; pts_s: number | null }) {
  const { t, kind } = useWords();
  if (!event.box) return null;
  const [w, h] = event.frame_wh;
  const [x0, y0, x1, y1] = event.box;
  const size = Math.max(12, h / 34);
  const exact = pts_s === null || Math.abs(pts_s - event.opened_pts_s) <= BOX_HOLDS_S;
  const label = exact ? kind(event.kind) : t('player.boxLabel');
  const above = y0 > size * 1.7;
  const width = [...label].reduce((sum, c) => sum + (c.charCodeAt(0) > 255 ? 1 : 0.63), 0.9) * size;
  const left = Math.max(0, Math.min(x0, w - width));
  return (
    <svg className={`boxes tier-ink-${event.tier}`} viewBox={`0 0 ${w} ${h}`} preserveAspectRatio="xMidYMid meet" aria-hidden="true" data-exact={exact}>
      <rect className="box-halo" x={x0} y={y0} width={x1 - x0} height={y1 - y0} />
      <rect className="box" x={x0} y={y0} width={x1 - x0} height={y1 - y0} />
      <g transform={`translate(${left} ${above ? y0 - size * 1.5 : y0})`}>
        <rect className="box-name" width={width} height={size * 1.5} />
        <text x={size * 0.45} y={size * 1.1} fontSize={size}>
          {label}
        </text>
      </g>
    </svg>
  );
}

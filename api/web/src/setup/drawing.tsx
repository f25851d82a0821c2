/** The picture with the zones drawn on it: click adds a corner, dragging moves one, the arrow keys do both. */
import { useRef, type KeyboardEvent, type PointerEvent } from 'react';
import { useWords } from '../words';
import { faultOf, movedCorner, placed, withCorner, withoutCorner, type Point, type Polygon, type Zone } from './polygon';

export interface DrawingProps {
  picture: string | null;
  size: readonly [number, number];
  zones: readonly Zone[];
  chosen: number;
  choose: (zone: number) => void;
  /** `whole` tells that the step begins here: between two of them a drag is one step. */
  draw: (polygon: Polygon, whole: boolean) => void;
}
const STEP = 0.01;
const ARROWS: Record<string, Point> = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };
const pathOf = (polygon: Polygon, [w, h]: readonly [number, number]): string => polygon.map(([x, y]) => `${x * w},${y * h}`).join(' ');

export function Drawing({ picture, size, zones, chosen, choose, draw }: DrawingProps) {
  const { t } = useWords();
  const svg = useRef<SVGSVGElement>(null);
  const held = useRef<number | null>(null);
  const polygon = zones[chosen]?.polygon ?? [];
  const [w, h] = size;
  const pointOf = (event: PointerEvent): Point => {
    const box = svg.current?.getBoundingClientRect() ?? new DOMRect(0, 0, 1, 1);
    return placed((event.clientX - box.x) / box.width, (event.clientY - box.y) / box.height);
  };
  const onDown = (event: PointerEvent<SVGSVGElement>): void => {
    if (event.button !== 0) return;
    const corner = (event.target as Element).getAttribute('data-corner');
    event.currentTarget.setPointerCapture(event.pointerId);
    if (corner !== null) {
      held.current = Number(corner);
      draw(polygon, true);
      return;
    }
    const grown = withCorner(polygon, pointOf(event));
    held.current = grown.index;
    draw(grown.polygon, true);
  };
  const onMove = (event: PointerEvent): void => {
    if (held.current !== null) draw(movedCorner(polygon, held.current, pointOf(event)), false);
  };
  const onKey = (event: KeyboardEvent, index: number): void => {
    const step = ARROWS[event.key];
    const corner = polygon[index];
    if (step && corner) {
      const far = event.shiftKey ? 5 : 1;
      draw(movedCorner(polygon, index, placed(corner[0] + step[0] * far, corner[1] + step[1] * far)), true);
    } else if (event.key === 'Delete' || event.key === 'Backspace') draw(withoutCorner(polygon, index), true);
    else if (event.key === 'Enter' || event.key === ' ') {
      const next = polygon[(index + 1) % polygon.length];
      if (corner && next) draw([...polygon.slice(0, index + 1), placed((corner[0] + next[0]) / 2, (corner[1] + next[1]) / 2), ...polygon.slice(index + 1)], true);
    } else return;
    event.preventDefault();
  };
  const drop = (): void => {
    held.current = null;
  };
  const radius = Math.max(w, h) / 110;
  return (
    <div className="drawing" style={{ aspectRatio: `${w} / ${h}` }}>
      {picture ? <img src={picture} alt={t('setup.pictureAlt')} /> : <p className="drawing-none">{t('setup.noPicture')}</p>}
      <svg ref={svg} viewBox={`0 0 ${w} ${h}`} role="group" aria-label={t('setup.drawHere')} onPointerDown={onDown} onPointerMove={onMove} onPointerUp={drop} onPointerCancel={drop}>
        {zones.map((zone, i) => zone.polygon.length > 0 && (
          <g key={i} className={`zone-shape zone-${i % 6}`} data-chosen={i === chosen} data-fault={faultOf(zone.polygon) !== null}>
            <polygon points={pathOf(zone.polygon, size)} />
            <text x={(zone.polygon[0]?.[0] ?? 0) * w + radius} y={(zone.polygon[0]?.[1] ?? 0) * h + radius * 3} fontSize={radius * 2.2} onPointerDown={(e) => { if (i !== chosen) { e.stopPropagation(); choose(i); } }}>
              {i + 1} {zone.name}
            </text>
          </g>
        ))}
        {polygon.map(([x, y], i) => (
          <g key={i} className="corner" tabIndex={0} role="button" aria-label={t('setup.corner', { n: i + 1, x: Math.round(x * 100), y: Math.round(y * 100) })} onKeyDown={(e) => onKey(e, i)} onDoubleClick={() => draw(withoutCorner(polygon, i), true)}>
            <circle data-corner={i} className="corner-reach" cx={x * w} cy={y * h} r={radius * 2.4} />
            <circle data-corner={i} className="corner-dot" cx={x * w} cy={y * h} r={radius} />
          </g>
        ))}
      </svg>
    </div>
  );
}

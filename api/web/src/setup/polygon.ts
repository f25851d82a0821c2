/** Pure drawing: corners as shares of width and height, judged exactly as the API judges them, every step undoable. */
export type Point = readonly [number, number];
export type Polygon = readonly Point[];
export interface Zone {
  name: string;
  type: string;
  polygon: Polygon;
}
export type Fault = 'corners' | 'outside' | 'same' | 'crossing' | 'small';
export const MOST_CORNERS = 64;
export const MOST_ZONES = 16;
const LEAST_AREA = 1e-4;
type Edge = readonly [Point, Point];

const edgesOf = (polygon: Polygon): Edge[] => polygon.map((point, i) => [point, polygon[(i + 1) % polygon.length] ?? point] as const);
const equal = (a: Point, b: Point): boolean => a[0] === b[0] && a[1] === b[1];
const sideOf = ([a, b]: Edge, p: Point): number => (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0]);
const between = (a: number, b: number, p: number): boolean => Math.min(a, b) <= p && p <= Math.max(a, b);
const within = ([a, b]: Edge, p: Point): boolean => between(a[0], b[0], p[0]) && between(a[1], b[1], p[1]);

function meet(a: Edge, b: Edge): boolean {
  const sides = [sideOf(a, b[0]), sideOf(a, b[1]), sideOf(b, a[0]), sideOf(b, a[1])] as const;
  if (sides[0] * sides[1] < 0 && sides[2] * sides[3] < 0) return true;
  const ends: readonly (readonly [Edge, Point])[] = [[a, b[0]], [a, b[1]], [b, a[0]], [b, a[1]]];
  return ends.some(([edge, point], i) => sides[i] === 0 && within(edge, point));
}

function crosses(polygon: Polygon): boolean {
  const edges = edgesOf(polygon);
  const apart = (a: Edge, b: Edge): boolean => !a.some((p) => b.some((q) => equal(p, q)));
  return edges.some((a, i) => edges.slice(i + 1).some((b) => apart(a, b) && meet(a, b)));
}

export const areaOf = (polygon: Polygon): number =>
  Math.abs(edgesOf(polygon).reduce((sum, [a, b]) => sum + a[0] * b[1] - b[0] * a[1], 0)) / 2;

/** Why a polygon is no zone; null when it is one. No corners mean the whole picture. */
export function faultOf(polygon: Polygon): Fault | null {
  if (polygon.length === 0) return null;
  if (polygon.length < 3 || polygon.length > MOST_CORNERS) return 'corners';
  if (polygon.some((point) => point.some((share) => share < 0 || share > 1))) return 'outside';
  if (polygon.some((a, i) => polygon.slice(i + 1).some((b) => equal(a, b)))) return 'same';
  if (crosses(polygon)) return 'crossing';
  return areaOf(polygon) >= LEAST_AREA ? null : 'small';
}

/** Kept to four digits: a tenth of a pixel of 4K is nobody's business. */
const rounded = (share: number): number => Math.round(Math.min(1, Math.max(0, share)) * 1e4) / 1e4;
export const placed = (x: number, y: number): Point => [rounded(x), rounded(y)];

function distance(p: Point, [a, b]: Edge): number {
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
  const length = dx * dx + dy * dy;
  const t = length ? Math.min(1, Math.max(0, ((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / length)) : 0;
  return Math.hypot(p[0] - a[0] - t * dx, p[1] - a[1] - t * dy);
}

/** Put a corner where it makes sense: at the end while a shape is begun, else into the edge that lies nearest. */
export function withCorner(polygon: Polygon, point: Point): { polygon: Polygon; index: number } {
  if (polygon.length < 3) return { polygon: [...polygon, point], index: polygon.length };
  const edges = edgesOf(polygon);
  const near = edges.reduce((best, edge, i) => (distance(point, edge) < distance(point, edges[best] ?? edge) ? i : best), 0);
  return { polygon: [...polygon.slice(0, near + 1), point, ...polygon.slice(near + 1)], index: near + 1 };
}
export const movedCorner = (polygon: Polygon, index: number, to: Point): Polygon => polygon.map((point, i) => (i === index ? to : point));
export const withoutCorner = (polygon: Polygon, index: number): Polygon => polygon.filter((_, i) => i !== index);
export const BOX: Polygon = [[0.3, 0.3], [0.7, 0.3], [0.7, 0.7], [0.3, 0.7]];

export interface History<T> {
  past: readonly T[];
  now: T;
  future: readonly T[];
}
const MOST_STEPS = 100;
export const began = <T>(now: T): History<T> => ({ past: [], now, future: [] });
export const done = <T>(h: History<T>, now: T): History<T> => ({ past: [...h.past, h.now].slice(-MOST_STEPS), now, future: [] });
export function undone<T>(h: History<T>): History<T> {
  const before = h.past.at(-1);
  return before === undefined ? h : { past: h.past.slice(0, -1), now: before, future: [h.now, ...h.future] };
}
export function redone<T>(h: History<T>): History<T> {
  const next = h.future[0];
  return next === undefined ? h : { past: [...h.past, h.now], now: next, future: h.future.slice(1) };
}

/** Where sites stand on a plain map: no tiles, no outside server, only their own coordinates. */
import type { Target } from './data';

export interface Place {
  id: string;
  name: string;
  region: string;
  latitude: number;
  longitude: number;
  colour: Target['colour'];
}
export interface Point {
  x: number;
  y: number;
}
export interface Plan {
  /** px of a map that is `width` wide. */
  at: (place: { latitude: number; longitude: number }) => Point;
  height: number;
  /** How many metres are one px. */
  metres: number;
}
export interface Cluster extends Point {
  places: Place[];
  /** That of the worst of them. */
  colour: Target['colour'];
}
const DEGREE_M = 111_195;
const RANK = { red: 0, amber: 1, green: 2 } as const;
/** Never closer than this across: one kitchen alone is no reason to draw its stove. */
const LEAST_M = 800;

/** Equirectangular about their middle: true to scale there, and good enough for a province. */
export function planned(places: readonly { latitude: number; longitude: number }[], width: number, edge: number, most: number): Plan {
  const [south, north] = spanOf(places.map((each) => each.latitude));
  const [west, east] = spanOf(places.map((each) => each.longitude));
  const [latitude, longitude] = [(south + north) / 2, (west + east) / 2];
  const across_m = DEGREE_M * Math.cos((latitude * Math.PI) / 180);
  const [wide_m, tall_m] = [Math.max(LEAST_M, (east - west) * across_m), Math.max(LEAST_M / 2, (north - south) * DEGREE_M)];
  const metres = Math.max(wide_m / (width - 2 * edge), tall_m / (most - 2 * edge));
  const height = Math.max(most / 2, tall_m / metres + 2 * edge);
  return {
    at: (place) => ({ x: width / 2 + ((place.longitude - longitude) * across_m) / metres, y: height / 2 - ((place.latitude - latitude) * DEGREE_M) / metres }),
    height,
    metres,
  };
}

const spanOf = (values: readonly number[]): [number, number] => [values.reduce((a, b) => Math.min(a, b), Infinity), values.reduce((a, b) => Math.max(a, b), -Infinity)];

/** Those that would lie on one another become one, in cells of so many px. */
export function clustered(places: readonly Place[], plan: Plan, cell: number): Cluster[] {
  const cells = new Map<string, { place: Place; at: Point }[]>();
  for (const place of places) {
    const at = plan.at(place);
    const key = `${Math.floor(at.x / cell)}/${Math.floor(at.y / cell)}`;
    cells.set(key, [...(cells.get(key) ?? []), { place, at }]);
  }
  return [...cells.values()].map((held) => ({
    x: mean(held.map((each) => each.at.x)),
    y: mean(held.map((each) => each.at.y)),
    places: held.map((each) => each.place),
    colour: held.map((each) => each.place.colour).reduce((a, b) => (RANK[a] <= RANK[b] ? a : b)),
  }));
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

/** The outline of points (Andrew's monotone chain), counter-clockwise; two points and fewer have none. */
export function outline(points: readonly Point[]): Point[] {
  const sorted = [...points].sort((a, b) => a.x - b.x || a.y - b.y);
  if (sorted.length < 3) return [];
  const half = (line: readonly Point[]): Point[] => {
    const kept: Point[] = [];
    for (const point of line) {
      while (kept.length >= 2 && turn(kept[kept.length - 2]!, kept[kept.length - 1]!, point) <= 0) kept.pop();
      kept.push(point);
    }
    return kept.slice(0, -1);
  };
  const hull = [...half(sorted), ...half(sorted.toReversed())];
  return hull.length < 3 ? [] : hull;
}

const turn = (a: Point, b: Point, c: Point): number => (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);

/** A length for the scale bar, 1, 2 or 5 times a power of ten, about a fifth of the map. */
export function scaleOf(plan: Plan, width: number): { metres: number; px: number } {
  const wanted = (plan.metres * width) / 5;
  const power = 10 ** Math.floor(Math.log10(wanted));
  const metres = [5, 2, 1].map((n) => n * power).find((each) => each <= wanted) ?? power;
  return { metres, px: metres / plan.metres };
}

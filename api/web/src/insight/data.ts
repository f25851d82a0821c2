/** What a region's events say together, as the API counts it. */
import { useQuery } from '@tanstack/react-query';
import { get, type Query } from '../core/http';
import type { ApiPath } from '../core/http';

export interface Share {
  n: number;
  hits: number;
  share: number | null;
  low: number | null;
  high: number | null;
}
export interface Trends {
  buckets: string[];
  series: { key: string; counts: number[] }[];
  n: number;
}
export interface Heat {
  rows: number[][];
  n: number;
}
export interface ParetoLine {
  key: string;
  name: string;
  count: number;
  share: number;
  cumulative: number;
}
export interface Funnel {
  detected: number;
  reviewed: number;
  confirmed: number;
  in_case: number;
  cases: number;
  ordered: number;
  closed: number;
  closed_on_time: number;
  on_time: Share;
}
export interface PrecisionLine {
  key: string;
  name: string;
  precision: Share;
  dismissed: number;
  unsure: number;
  pending: number;
  camera_days: number;
  false_alarms_per_camera_day: number | null;
}
export interface Reason {
  why: string;
  points: number;
  [told: string]: unknown;
}
export interface Target {
  site: string;
  site_name: string;
  points: number;
  colour: 'green' | 'amber' | 'red';
  grade: string;
  graded_on: string | null;
  risk: number;
  reasons: Reason[];
  cameras: number;
  unhealthy: number;
}
export interface Score {
  site: string;
  site_name: string;
  points: number;
  colour: Target['colour'];
  lines: { case: string; kind: string; tier: 'I' | 'II' | 'III'; day: string; why: string; base: number; factors: Record<string, number>; points: number }[];
}

export const useFigures = <T,>(path: ApiPath, query: Query) =>
  useQuery<T>({ queryKey: ['insight', path, query], queryFn: ({ signal }) => get<T>(path, query, signal), staleTime: 60_000 });

/** The week or month that lies so many back, as the reports name it: 2026-W47, 2026-11. */
export function periodOf(kind: 'week' | 'month', back: number, today: Date): string {
  if (kind === 'month') {
    const day = new Date(Date.UTC(today.getUTCFullYear(), today.getUTCMonth() - back, 1));
    return day.toISOString().slice(0, 7);
  }
  // The ISO week is that of its Thursday.
  const day = new Date(Date.UTC(today.getUTCFullYear(), today.getUTCMonth(), today.getUTCDate() - 7 * back));
  day.setUTCDate(day.getUTCDate() + 4 - (day.getUTCDay() || 7));
  const week = Math.ceil(((day.getTime() - Date.UTC(day.getUTCFullYear(), 0, 1)) / 86_400_000 + 1) / 7);
  return `${day.getUTCFullYear()}-W${String(week).padStart(2, '0')}`;
}

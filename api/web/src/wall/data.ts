/** Tiles of the wall, asked again every few seconds: that the wall asks is what makes the workers send. */
import { useQuery } from '@tanstack/react-query';
import { get } from '../core/http';
import type { CameraState, Status, Tier } from '../core/types';

export interface Tile {
  camera: string;
  site: string;
  site_name: string;
  name: string;
  time_zone: string;
  zones: { name: string; type: string }[];
  state: CameraState | null;
  risk: number;
  events: number;
  latest: { id: string; kind: string; tier: Tier; status: Status; started_at: string; open: boolean } | null;
  picture: { at: string; boxes: [number, number, number, number][] } | null;
}
export interface Wall {
  items: Tile[];
  total: number;
  now: string;
}
const EVERY_MS = 2000;

export const useWall = (wanted: { sort?: string; camera?: string[]; limit: number; offset?: number }) =>
  useQuery({
    queryKey: ['wall', wanted],
    queryFn: ({ signal }) => get<Wall>('/v1/wall', wanted, signal),
    refetchInterval: EVERY_MS,
    refetchIntervalInBackground: false,
    staleTime: 0,
    gcTime: 10_000,
    placeholderData: (before) => before,
  });

export const HEALTHY = new Set(['ok', 'starting']);
export const isIll = (tile: Tile): boolean => !HEALTHY.has(tile.state?.state ?? 'unknown') || tile.state?.stale === true;
/** A border glows for so long after something began. */
export const GLOW_MS = 30_000;
export const OLD_MS = 60_000;

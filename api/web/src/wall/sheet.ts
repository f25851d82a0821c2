/** The pictures of a whole wall as one: one request and one decoding every two seconds, whatever the number of tiles. */
import { useEffect, useRef, useState } from 'react';
import { send } from '../core/http';
import type { Tile } from './data';

export interface Sheet {
  url: string;
  columns: number;
  rows: number;
  /** Where each camera's tile lies, and when its picture was taken. */
  places: ReadonlyMap<string, { place: number; at: string }>;
}
interface Wanted {
  key: string;
  cameras: string[];
  width_px: number;
}
/** What the API draws at most; larger tiles show their own pictures. */
const MOST_PX = 360;
const STEP_PX = 20;

/** How wide the tiles of the sheet should be for tiles of this width; null where single pictures are better. */
export function widthOf(tile_px: number, density: number): number | null {
  const wanted = Math.ceil((tile_px * Math.min(density, 2)) / STEP_PX) * STEP_PX;
  return wanted >= STEP_PX * 2 && wanted <= MOST_PX ? wanted : null;
}

export const columnsOfSheet = (count: number): number => Math.max(1, Math.ceil(Math.sqrt(count)));

async function fetched({ cameras, width_px }: Wanted): Promise<Sheet> {
  const answer = await send('/v1/wall/sheet', { query: { camera: cameras, width_px } });
  const url = URL.createObjectURL(await answer.blob());
  const image = new Image();
  image.src = url;
  // Decoded before it is shown: the last sheet stays until then, and nothing flickers.
  await image.decode();
  const columns = columnsOfSheet(cameras.length);
  const times = (answer.headers.get('Last-Modified-At') ?? '').split(',');
  return { url, columns, rows: Math.ceil(cameras.length / columns), places: new Map(cameras.map((camera, place) => [camera, { place, at: times[place] ?? '' }])) };
}

/** The newest sheet of these tiles, null until it is there, undefined where none is wanted; a slow server is asked again only when it has answered. */
export function useSheet(tiles: readonly Tile[], width_px: number | null): Sheet | null | undefined {
  const [sheet, setSheet] = useState<Sheet | null>(null);
  const wanted = useRef<Wanted | null>(null);
  const busy = useRef(false);
  const seen = tiles.filter((tile) => tile.picture);
  const key = width_px === null ? '' : `${width_px} ${seen.map((tile) => `${tile.camera}@${tile.picture?.at}`).join(' ')}`;
  useEffect(() => {
    wanted.current = width_px === null || seen.length === 0 ? null : { key, cameras: seen.map((tile) => tile.camera), width_px };
    const follow = async (): Promise<void> => {
      busy.current = true;
      for (let done: Wanted | null = null; wanted.current && wanted.current !== done; ) {
        done = wanted.current;
        const found = await fetched(done).catch(() => null);
        if (found && wanted.current) setSheet(found);
        else if (found) URL.revokeObjectURL(found.url); // nobody looks any more
      }
      busy.current = false;
    };
    if (!busy.current) void follow();
  }, [key]); // all that is wanted is in it
  useEffect(() => () => void (wanted.current = null), []);
  useEffect(() => () => void (sheet && URL.revokeObjectURL(sheet.url)), [sheet]);
  return width_px === null ? undefined : sheet;
}

const share = (at: number, of: number): string => (of > 1 ? `${(at / (of - 1)) * 100}%` : '0%');

/** Which part of the sheet a tile shows. */
export function partOf(sheet: Sheet, place: number): { backgroundSize: string; backgroundPosition: string } {
  const [column, row] = [place % sheet.columns, Math.floor(place / sheet.columns)];
  return { backgroundSize: `${sheet.columns * 100}% ${sheet.rows * 100}%`, backgroundPosition: `${share(column, sheet.columns)} ${share(row, sheet.rows)}` };
}

/** The wall (矩阵): tiles that fill the screen, by risk, by site or by hand, on tour, in full screen. */
import '../styles/wall.css';
import { useCallback, useEffect, useRef, useState, type CSSProperties } from 'react';
import { useNow } from '../core/now';
import { format, go, useRoute } from '../core/route';
import { Empty, Failure, Loading } from '../shell/states';
import { useWords } from '../words';
import { columnsOf, moved, pagesOf, SIZES, TOURS_S } from './arranging';
import { useWall, type Tile } from './data';
import { Closer } from './closer';
import { useSheet, widthOf } from './sheet';
import { TileCard } from './tile';

const SORTS = ['risk', 'site', 'hand'] as const;
type Sort = (typeof SORTS)[number];
/** So few tiles have their own pictures. */
const FEW = 4;
const KEPT = 'mingchu.wall';

function handOrder(): string[] {
  try {
    return (JSON.parse(window.localStorage.getItem(KEPT) ?? '[]') as unknown[]).filter((each): each is string => typeof each === 'string');
  } catch {
    return [];
  }
}

function useBox(): [React.RefObject<HTMLDivElement | null>, { width: number; height: number }] {
  const box = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState({ width: 1280, height: 720 });
  useEffect(() => {
    if (!box.current) return undefined;
    const watcher = new ResizeObserver(([entry]) => entry && setSize({ width: entry.contentRect.width, height: entry.contentRect.height }));
    watcher.observe(box.current);
    return () => watcher.disconnect();
  }, []);
  return [box, size];
}

/** Which page a tour is on, and how far through it, 0..1. */
function useTour(every_s: number, pages: number): [number, number, (page: number) => void] {
  const [page, setPage] = useState(0);
  const [begun, setBegun] = useState(Date.now());
  const now = useNow(every_s > 0 ? 250 : 60_000);
  const turn = useCallback((to: number) => {
    setPage(to);
    setBegun(Date.now());
  }, []);
  const share = every_s > 0 && pages > 1 ? (now - begun) / (every_s * 1000) : 0;
  useEffect(() => {
    if (share >= 1) turn((page + 1) % pages);
    else if (page >= pages) turn(0);
  }, [share, page, pages, turn]);
  return [Math.min(page, pages - 1), Math.min(1, Math.max(0, share)), turn];
}

export default function WallRoom() {
  const { t } = useWords();
  const { params } = useRoute();
  const told = Object.fromEntries(params);
  const set = (change: Record<string, string>): void => go(format('wall', { ...told, ...change }), { replace: true });
  const sort: Sort = SORTS.find((each) => each === params.get('sort')) ?? 'risk';
  const size = SIZES.find((each) => String(each) === params.get('n')) ?? 16;
  const tour_s = TOURS_S.find((each) => String(each) === params.get('tour')) ?? 0;
  const boxes = params.get('boxes') !== '0';
  const [hand, setHand] = useState(handOrder);
  const [total, setTotal] = useState(0);
  const pages = pagesOf(sort === 'hand' ? hand.length : total, size);
  const [page, share, turn] = useTour(tour_s, pages);
  const part = sort === 'hand' ? hand.slice(page * size, (page + 1) * size) : [];
  const query = useWall(sort === 'hand' && part.length > 0 ? { camera: part, limit: size } : { sort: sort === 'site' ? 'site' : 'risk', limit: size, offset: sort === 'hand' ? 0 : page * size });
  const [box, { width, height }] = useBox();
  // The answers themselves keep the time; only when they stay away is there a clock of its own.
  const slow = useNow(10_000);
  const now = Math.max(query.dataUpdatedAt, slow);
  const frame = useRef<HTMLElement>(null);
  const tiles = query.data?.items ?? [];
  useEffect(() => {
    if (query.data && sort !== 'hand') setTotal(query.data.total);
  }, [query.data, sort]);
  const open = useCallback((camera: string) => go(format('wall', { ...Object.fromEntries(new URLSearchParams(window.location.search)), camera })), []);
  const keep = (order: string[]): void => {
    setHand(order);
    window.localStorage.setItem(KEPT, JSON.stringify(order));
  };
  const byHand = (): void => {
    if (hand.length === 0) keep(tiles.map((tile) => tile.camera));
    set({ sort: 'hand' });
  };
  const drop = (camera: string, before: string | null): void => {
    keep(moved(sort === 'hand' ? hand : tiles.map((tile) => tile.camera), camera, before));
    if (sort !== 'hand') set({ sort: 'hand' });
  };
  const full = (): void => void (document.fullscreenElement ? document.exitFullscreen() : frame.current?.requestFullscreen());
  const columns = columnsOf(Math.min(size, Math.max(tiles.length, 1)), width, height);
  const sheet = useSheet(tiles, tiles.length > FEW ? widthOf(width / columns, window.devicePixelRatio) : null);
  const chosen = params.get('camera');
  return (
    <main id="main" className="wall" ref={frame}>
      <header className="wall-bar">
        <h1>{t('room.wall')}</h1>
        <div className="segments" role="group" aria-label={t('wall.sort')}>
          {SORTS.map((each) => (
            <button key={each} className="segment" aria-pressed={sort === each} onClick={() => (each === 'hand' ? byHand() : set({ sort: each }))}>
              {t(`wall.${each}`)}
            </button>
          ))}
        </div>
        <select className="select" aria-label={t('wall.size')} value={size} onChange={(e) => set({ n: e.target.value })}>
          {SIZES.map((each) => (
            <option key={each} value={each}>
              {t('wall.tiles', { n: each })}
            </option>
          ))}
        </select>
        <select className="select" aria-label={t('wall.tour')} value={tour_s} onChange={(e) => set({ tour: e.target.value })}>
          {TOURS_S.map((each) => (
            <option key={each} value={each}>
              {each === 0 ? t('wall.noTour') : t('wall.tourEvery', { n: each })}
            </option>
          ))}
        </select>
        <button className="button" aria-pressed={boxes} onClick={() => set({ boxes: boxes ? '0' : '' })}>
          {t('player.boxes')}
        </button>
        {pages > 1 && (
          <span className="row" role="group" aria-label={t('wall.pages')}>
            <button className="button button-quiet" aria-label={t('wall.previous')} onClick={() => turn((page + pages - 1) % pages)}>
              ‹
            </button>
            <span className="number">
              {page + 1}/{pages}
            </span>
            <button className="button button-quiet" aria-label={t('wall.next')} onClick={() => turn((page + 1) % pages)}>
              ›
            </button>
          </span>
        )}
        <button className="button push" onClick={full}>
          {t('player.full')}
        </button>
      </header>
      <progress className="wall-progress" max={1} value={share} aria-label={t('wall.tour')} hidden={tour_s === 0 || pages < 2} />
      <div className="wall-tiles" ref={box} style={{ gridTemplateColumns: `repeat(${columns}, 1fr)`, '--sheet': sheet ? `url("${sheet.url}")` : 'none' } as CSSProperties}>
        {query.isPending && <Loading />}
        {query.isError && !query.data && <Failure error={query.error} retry={() => void query.refetch()} />}
        {query.isSuccess && tiles.length === 0 && <Empty title={t('cameras.empty')} help={t('wall.emptyHelp')} />}
        {tiles.map((tile) => (
          <Slot key={tile.camera} tile={tile} drop={drop}>
            <TileCard tile={tile} now={now} boxes={boxes} sheet={sheet} open={open} />
          </Slot>
        ))}
      </div>
      {chosen && <Closer camera={chosen} boxes={boxes} close={() => set({ camera: '' })} />}
    </main>
  );
}

/** A place that a tile can be dragged from and to; `Ctrl` with an arrow does the same from the keyboard. */
function Slot({ tile, drop, children }: { tile: Tile; drop: (camera: string, before: string | null) => void; children: React.ReactNode }) {
  const [over, setOver] = useState(false);
  const onKey = (event: React.KeyboardEvent): void => {
    if (!event.ctrlKey || (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight')) return;
    event.preventDefault();
    const here = event.currentTarget;
    const other = event.key === 'ArrowLeft' ? here.previousElementSibling : here.nextElementSibling?.nextElementSibling;
    drop(tile.camera, other instanceof HTMLElement ? (other.dataset.slot ?? null) : null);
  };
  return (
    <div
      className="slot"
      data-slot={tile.camera}
      data-over={over}
      draggable
      onKeyDown={onKey}
      onDragStart={(e) => e.dataTransfer.setData('text/plain', tile.camera)}
      onDragOver={(e) => {
        e.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(e) => {
        setOver(false);
        drop(e.dataTransfer.getData('text/plain'), tile.camera);
      }}
    >
      {children}
    </div>
  );
}

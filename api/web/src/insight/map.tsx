/** Sites on a plain map, coloured as their score; from a region into those below it. */
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import type { Region, Site } from '../core/api.gen';
import { get } from '../core/http';
import { format } from '../core/route';
import { follow } from '../shell/header';
import { Empty, Failure, Loading } from '../shell/states';
import { useWords } from '../words';
import { useFigures, type Target } from './data';
import { clustered, outline, planned, scaleOf, type Cluster, type Place, type Point } from './mapping';

/** A phone's map is drawn for a phone: marks keep their size. */
const [WIDTH, MOST_HIGH, EDGE, CELL] = window.innerWidth > 900 ? [900, 560, 40, 26] : [380, 420, 40, 26];
/** More than these are not drawn at once: choose a smaller region. */
const MOST = 2000;
const SIGNS = { red: '✕', amber: '!', green: '✓' } as const;

interface Listed<T> {
  items: T[];
  next: string | null;
}
/** All pages, up to `MOST` items. */
async function whole<T>(path: '/v1/sites' | '/v1/targets', region: string, limit: number, signal: AbortSignal): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | null = null;
  do {
    const page: Listed<T> = await get<Listed<T>>(path, { region, limit, cursor }, signal);
    items.push(...page.items);
    cursor = page.next;
  } while (cursor && items.length < MOST);
  return items;
}

const usePlaces = (region: string) =>
  useQuery({
    queryKey: ['insight', 'map', region],
    staleTime: 60_000,
    queryFn: async ({ signal }) => {
      const [sites, targets] = await Promise.all([whole<Site>('/v1/sites', region, 1000, signal), whole<Target>('/v1/targets', region, 200, signal)]);
      const colours = new Map(targets.map((each) => [each.site, each.colour]));
      const places = sites.flatMap(({ id, name, region: home, latitude, longitude }): Place[] =>
        latitude === null || longitude === null ? [] : [{ id, name: name || id, region: home, latitude, longitude, colour: colours.get(id) ?? 'green' }],
      );
      return { places, sites: sites.length, more: sites.length >= MOST };
    },
  });

export function MapTab({ region }: { region: string }) {
  const { t } = useWords();
  const regions = useFigures<{ items: Region[] }>('/v1/regions', {});
  const query = usePlaces(region);
  if (query.isPending || regions.isPending) return <Loading />;
  if (query.isError && !query.data) return <Failure error={query.error} retry={() => void query.refetch()} />;
  const { places, sites, more } = query.data;
  const tree = regions.data?.items ?? [];
  return (
    <div className="map-columns">
      <section className="figure">
        {places.length === 0 ? <Empty title={t('map.none')} help={t('map.noneHelp')} /> : <Drawn places={places} tree={tree} region={region} />}
        <p className="muted small">
          {t('map.shown', { n: places.length, of: sites })} {more && t('map.more', { n: MOST })}
        </p>
      </section>
      <Regions tree={tree} region={region} />
    </div>
  );
}

/** Which region directly below the one on show a site's own region is in. */
function below(tree: readonly Region[], region: string): Map<string, Region> {
  const children = tree.filter((each) => each.parent === (region || tree[0]?.id));
  return new Map(tree.flatMap((each) => children.filter((child) => each.path === child.path || each.path.startsWith(child.path.endsWith('/') ? child.path : `${child.path}/`)).map((child) => [each.id, child] as const)));
}

function Drawn({ places, tree, region }: { places: readonly Place[]; tree: readonly Region[]; region: string }) {
  const { t } = useWords();
  const [chosen, setChosen] = useState<Cluster | null>(null);
  const plan = useMemo(() => planned(places, WIDTH, EDGE, MOST_HIGH), [places]);
  const clusters = useMemo(() => clustered(places, plan, CELL), [places, plan]);
  const outlines = useMemo(() => {
    const homes = below(tree, region);
    const parts = new Map<Region, Point[]>();
    for (const place of places) {
      const home = homes.get(place.region);
      if (home) parts.set(home, [...(parts.get(home) ?? []), plan.at(place)]);
    }
    return [...parts].map(([home, points]) => ({ id: home.id, name: home.name, line: outline(points), top: points.reduce((a, b) => (a.y < b.y ? a : b)) }));
  }, [places, tree, region, plan]);
  const scale = scaleOf(plan, WIDTH);
  return (
    <>
      <svg className="map" viewBox={`0 0 ${WIDTH} ${plan.height}`} role="group" aria-label={t('map.label', { n: places.length })}>
        {outlines.map((each) => (
          <g key={each.id} className="map-region">
            {each.line.length > 0 && <polygon points={each.line.map((point) => `${point.x},${point.y}`).join(' ')} />}
            <text x={each.top.x} y={each.top.y - 18} textAnchor="middle">
              {each.name}
            </text>
          </g>
        ))}
        {clusters.map((each) => (
          <Mark key={each.places[0]?.id} cluster={each} on={each.places[0]?.id === chosen?.places[0]?.id} choose={() => setChosen(each)} />
        ))}
        <g className="map-scale" transform={`translate(${EDGE / 2} ${plan.height - 14})`}>
          <path d={`M0 -5V0H${scale.px}V-5`} />
          <text x={scale.px + 8} y={2}>
            {scale.metres >= 1000 ? `${scale.metres / 1000} km` : `${scale.metres} m`}
          </text>
        </g>
      </svg>
      {chosen && (
        <ul className="map-chosen" aria-live="polite">
          {chosen.places.slice(0, 12).map((place) => (
            <li key={place.id}>
              <span className={`colour colour-${place.colour}`}>
                <b aria-hidden="true">{SIGNS[place.colour]}</b> {t(`colour.${place.colour}`)}
              </span>{' '}
              <a href={format('cases', { view: 'list', site: place.id })} onClick={follow}>
                {place.name}
              </a>
            </li>
          ))}
          {chosen.places.length > 12 && <li className="muted">+ {chosen.places.length - 12}</li>}
        </ul>
      )}
    </>
  );
}

/** Its shape says the same as its colour. */
const SHAPES = { green: 'M0 -7A7 7 0 1 1 0 7A7 7 0 1 1 0 -7Z', amber: 'M-7 -7H7V7H-7Z', red: 'M0 -10L10 0L0 10L-10 0Z' } as const;

function Mark({ cluster, on, choose }: { cluster: Cluster; on: boolean; choose: () => void }) {
  const { t } = useWords();
  const { x, y, colour, places } = cluster;
  const size = places.length === 1 ? 1 : Math.min(2.2, 1.25 + Math.log10(places.length) / 2);
  const label = places.length === 1 ? `${places[0]?.name}: ${t(`colour.${colour}`)}` : t('map.cluster', { n: places.length, colour: t(`colour.${colour}`) });
  const onKey = (event: React.KeyboardEvent): void => {
    if (event.key !== 'Enter' && event.key !== ' ') return;
    event.preventDefault();
    event.stopPropagation();
    choose();
  };
  return (
    <g className={`map-mark colour-${colour}`} data-on={on} transform={`translate(${x} ${y})`} role="button" tabIndex={0} aria-label={label} aria-pressed={on} onClick={choose} onKeyDown={onKey}>
      <title>{label}</title>
      <circle className="map-touch" r={14} />
      <path d={SHAPES[colour]} transform={`scale(${size})`} />
      {places.length > 1 && (
        <text y={4} textAnchor="middle">
          {places.length}
        </text>
      )}
    </g>
  );
}

/** The way up, and the regions below with how many sites of each colour they have. */
function Regions({ tree, region }: { tree: readonly Region[]; region: string }) {
  const { t } = useWords();
  const here = tree.find((each) => each.id === region) ?? tree[0];
  const above = tree.find((each) => each.id === here?.parent);
  const children = tree.filter((each) => each.parent === here?.id);
  return (
    <section className="figure map-regions">
      <h2>{here?.name}</h2>
      {above && (
        <a href={format('insight', { tab: 'map', region: above.id })} onClick={follow}>
          ↑ {above.name}
        </a>
      )}
      {children.length === 0 && <p className="muted">{t('map.noBelow')}</p>}
      <ul>
        {children.map((each) => (
          <Below key={each.id} region={each} />
        ))}
      </ul>
    </section>
  );
}

function Below({ region }: { region: Region }) {
  const { t } = useWords();
  const colours = useFigures<{ colours: Record<Target['colour'], number> | null }>('/v1/targets', { region: region.id, limit: 1 }).data?.colours;
  return (
    <li>
      <a href={format('insight', { tab: 'map', region: region.id })} onClick={follow}>
        {region.name}
      </a>
      {colours && (
        <span className="row push">
          {(['red', 'amber', 'green'] as const).map((colour) => (
            <span key={colour} className={`colour colour-${colour}`} title={t(`colour.${colour}`)}>
              <b aria-hidden="true">{SIGNS[colour]}</b> <span className="unseen">{t(`colour.${colour}`)}</span> {colours[colour] ?? 0}
            </span>
          ))}
        </span>
      )}
    </li>
  );
}

/** The cameras: where each looks, how it is, when it last saw something. */
import type { Camera, CameraState } from '../core/types';
import { at } from '../core/when';
import { format, go, useRoute } from '../core/route';
import { follow } from '../shell/header';
import { Empty, Failure, Loading } from '../shell/states';
import { useWords } from '../words';
import { useQuery } from '@tanstack/react-query';
import { camerasOf } from '../review/data';
import { useNow } from '../core/now';
import { useRights } from '../setup/data';
import { CameraForm, EditCamera } from '../setup/form';
import { Remove } from '../setup/remove';
import { useState } from 'react';

const FRESH_MS = 10_000;
const STATE_SIGNS: Record<string, string> = { ok: '●', starting: '◌', offline: '✕', refused: '⊘', off: '–', unreadable: '!', unknown: '?' };

/** The address says which page: the list with its filter, a new camera, or one camera. */
export default function Cameras() {
  const { params } = useRoute();
  const edited = params.get('edit');
  if (params.has('add')) return <CameraForm />;
  return edited ? <EditCamera id={edited} /> : <CameraList search={params.get('q') ?? ''} health={params.get('state') ?? ''} />;
}

const healthOf = (camera: Camera): string => (camera.enabled === false ? 'off' : (camera.state?.state ?? 'unknown'));
const fits = (camera: Camera, search: string): boolean =>
  [camera.id, camera.name, camera.site, camera.site_name, camera.source].some((text) => text?.toLowerCase().includes(search.toLowerCase()));

function CameraList({ search, health }: { search: string; health: string }) {
  const { t, name } = useWords();
  const query = useQuery({ queryKey: ['cameras'], queryFn: ({ signal }) => camerasOf(signal), refetchInterval: FRESH_MS, staleTime: 0 });
  const now = useNow();
  const rights = useRights();
  const [leaving, setLeaving] = useState<Camera | null>(null);
  if (query.isPending) return <Loading />;
  if (query.isError && !query.data) return <Failure error={query.error} retry={() => void query.refetch()} />;
  const cameras = query.data ?? [];
  const shown = cameras.filter((camera) => fits(camera, search) && (!health || healthOf(camera) === health));
  const states = [...new Set([...cameras.map(healthOf), ...(health ? [health] : [])])];
  const look = (q: string, state: string): void => go(format('cameras', { q, state }), { replace: true });
  const add = rights.write && (
    <a className="button button-main add-camera" href={format('cameras', { add: '1' })} onClick={follow}>
      ＋ {t('setup.add')}
    </a>
  );
  return (
    <main id="main" className="room">
      <header className="room-head">
        <h1>{t('cameras.title')}</h1>
        <span className="muted">{t('cameras.count', { n: cameras.length })}</span>
        {cameras.length > 0 && (
          <div className="room-tools">
            <input type="search" aria-label={t('setup.search')} placeholder={t('setup.search')} value={search} onChange={(e) => look(e.target.value, health)} />
            <select className="select" aria-label={t('cameras.state')} value={health} onChange={(e) => look(search, e.target.value)}>
              <option value="">{t('filter.any', { what: t('cameras.state') })}</option>
              {states.map((state) => (
                <option key={state} value={state}>
                  {name('state', state)} ({cameras.filter((camera) => healthOf(camera) === state).length})
                </option>
              ))}
            </select>
            {add}
          </div>
        )}
      </header>
      {cameras.length === 0 ? (
        <Empty title={t('cameras.empty')} help={t(rights.write ? 'cameras.emptyHelp' : 'setup.adminsOnly')}>{add}</Empty>
      ) : shown.length === 0 ? (
        <Empty title={t('setup.noMatch')} help={t('setup.noMatchHelp')}>
          <button className="button" onClick={() => look('', '')}>{t('filter.clear')}</button>
        </Empty>
      ) : (
        <CameraTable cameras={shown} now={now} remove={rights.write ? setLeaving : null} />
      )}
      {leaving && <Remove camera={leaving} close={() => setLeaving(null)} />}
    </main>
  );
}

type Removing = ((camera: Camera) => void) | null;
function CameraTable({ cameras, now, remove }: { cameras: readonly Camera[]; now: number; remove: Removing }) {
  const { t } = useWords();
  const heads = ['name', 'site', 'zone', 'state', 'last', 'looks', 'drops', 'source'] as const;
  return (
    <div className="table-box" tabIndex={0}>
      <table className="table">
        <thead>
          <tr>
            {heads.map((head) => (
              <th key={head} scope="col" className={head === 'looks' || head === 'drops' ? 'right' : ''}>
                {t(`cameras.${head}`)}
              </th>
            ))}
            <th scope="col" aria-label={t('cameras.events')} />
          </tr>
        </thead>
        <tbody>
          {cameras.map((camera) => (
            <CameraRow key={camera.id} camera={camera} now={now} remove={remove} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function CameraRow({ camera, now, remove }: { camera: Camera; now: number; remove: Removing }) {
  const { t, name, age } = useWords();
  const told: CameraState = camera.state ?? {};
  const state = healthOf(camera);
  const { last_look_at, looks, drops = {}, error, stale = false } = told;
  const dropped = Object.entries(drops ?? {});
  const total = dropped.reduce((sum, [, n]) => sum + n, 0);
  return (
    <tr>
      <th scope="row">
        {camera.name || camera.id} <code className="muted small">{camera.id}</code>
      </th>
      <td>{camera.site_name || camera.site}</td>
      <td>{[...new Set((camera.zones ?? []).map((zone) => name('zone', zone.type)))].join('、') || '—'}</td>
      <td>
        <span className={`health health-${state}`}>
          <span aria-hidden="true">{STATE_SIGNS[state] ?? '?'}</span> {name('state', state)}
        </span>
        {stale && <p className="muted small">{t('cameras.stale')}</p>}
        {error && <p className="muted small error-line">{error}</p>}
      </td>
      <td className="number">
        {last_look_at ? (
          <time dateTime={last_look_at} title={at(last_look_at, camera.time_zone)}>
            {at(last_look_at, camera.time_zone)} <span className="muted">{age(last_look_at, now)}</span>
          </time>
        ) : (
          <span className="muted">{t('cameras.never')}</span>
        )}
      </td>
      <td className="number right">{looks ?? '—'}</td>
      <td className="number right" title={dropped.map(([why, n]) => `${why}: ${n}`).join('\n')}>
        {looks === undefined ? '—' : total}
      </td>
      <td>
        <code className="source">{camera.source ?? '—'}</code>
      </td>
      <td>
        <span className="row-tools">
          <a href={format('review', { status: 'all', camera: camera.id })} onClick={follow}>
            {t('cameras.events')}
          </a>
          {remove && (
            <>
              <a href={format('cameras', { edit: camera.id })} onClick={follow} aria-label={t('setup.edit', { name: camera.name || camera.id })}>
                {t('setup.change')}
              </a>
              <button className="button button-quiet small" aria-label={t('setup.removeTitle', { name: camera.name || camera.id })} onClick={() => remove(camera)}>
                {t('setup.remove')}
              </button>
            </>
          )}
        </span>
      </td>
    </tr>
  );
}

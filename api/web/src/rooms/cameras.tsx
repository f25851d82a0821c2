/** The cameras: where each looks, how it is, when it last saw something. */
import type { Camera, CameraState } from '../core/types';
import { at } from '../core/when';
import { format } from '../core/route';
import { follow } from '../shell/header';
import { Empty, Failure, Loading } from '../shell/states';
import { useWords } from '../words';
import { useQuery } from '@tanstack/react-query';
import { camerasOf } from '../review/data';
import { useNow } from '../review/queue';

const FRESH_MS = 10_000;
const STATE_SIGNS: Record<string, string> = { ok: '●', starting: '◌', offline: '✕', refused: '⊘', unreadable: '!', unknown: '?' };

export function Cameras() {
  const { t } = useWords();
  const query = useQuery({ queryKey: ['cameras'], queryFn: ({ signal }) => camerasOf(signal), refetchInterval: FRESH_MS, staleTime: 0 });
  const now = useNow();
  if (query.isPending) return <Loading />;
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  const cameras = query.data;
  return (
    <main id="main" className="room">
      <header className="room-head">
        <h1>{t('cameras.title')}</h1>
        <span className="muted">{t('cameras.count', { n: cameras.length })}</span>
      </header>
      {cameras.length === 0 ? <Empty title={t('cameras.empty')} help={t('cameras.emptyHelp')} /> : <CameraTable cameras={cameras} now={now} />}
    </main>
  );
}

function CameraTable({ cameras, now }: { cameras: readonly Camera[]; now: number }) {
  const { t } = useWords();
  const heads = ['name', 'site', 'zone', 'state', 'last', 'looks', 'drops', 'source'] as const;
  return (
    <div className="table-box">
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
            <CameraRow key={camera.id} camera={camera} now={now} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function CameraRow({ camera, now }: { camera: Camera; now: number }) {
  const { t, name, age } = useWords();
  const told: CameraState = camera.state ?? {};
  const { state = 'unknown', last_look_at, looks, drops = {}, error, stale = false } = told;
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
        <a href={format('review', { status: 'all', camera: camera.id })} onClick={follow}>
          {t('cameras.events')}
        </a>
      </td>
    </tr>
  );
}

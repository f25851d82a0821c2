/** One camera, larger: the newest picture, what happened here lately, and the way to its cases. */
import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { get } from '../core/http';
import { useNow } from '../core/now';
import { format } from '../core/route';
import type { EventPage } from '../core/types';
import { at } from '../core/when';
import { StatusSign, TierSign } from '../shell/badges';
import { follow } from '../shell/header';
import { useWords } from '../words';
import { useWall } from './data';
import { Live } from './tile';

const LAST = 8;

export function Closer({ camera, boxes, close }: { camera: string; boxes: boolean; close: () => void }) {
  const { t, name, age } = useWords();
  const now = useNow(1000);
  const dialog = useRef<HTMLDialogElement>(null);
  const tile = useWall({ camera: [camera], limit: 1 }).data?.items[0];
  useEffect(() => {
    if (!dialog.current?.open) dialog.current?.showModal();
  }, []);
  return (
    <dialog ref={dialog} className="help closer" onClose={close} aria-labelledby="closer-title">
      <header>
        <h2 id="closer-title">
          {tile?.name || camera} <span className="muted">{tile?.site_name}</span>
        </h2>
        <button className="button button-quiet" onClick={close}>
          {t('app.close')} <kbd className="key">Esc</kbd>
        </button>
      </header>
      <div className="closer-body">
        <div className="closer-live">{tile && <Live tile={tile} boxes={boxes} />}</div>
        <div className="closer-side">
          {tile && (
            <p>
              <span className={`health health-${tile.state?.state ?? 'unknown'}`}>{name('state', tile.state?.state ?? 'unknown')}</span>
              {tile.picture && <span className="muted"> · {t('wall.age', { age: age(tile.picture.at, now) })}</span>}
            </p>
          )}
          <p className="muted small">{t('wall.blurred')}</p>
          <LastEvents camera={camera} />
          <p className="row">
            <a className="button" href={format('review', { status: 'all', camera })} onClick={follow}>
              {t('cameras.events')}
            </a>
            <a className="button" href={format('cases', { site: tile?.site })} onClick={follow}>
              {t('wall.toCases')}
            </a>
          </p>
        </div>
      </div>
    </dialog>
  );
}

function LastEvents({ camera }: { camera: string }) {
  const { t, kind } = useWords();
  const query = useQuery({
    queryKey: ['events', 'wall', camera],
    queryFn: ({ signal }) => get<EventPage>('/v1/events', { camera, sort: 'newest', limit: LAST }, signal),
    refetchInterval: 10_000,
  });
  const events = query.data?.items ?? [];
  if (query.isSuccess && events.length === 0) return <p className="muted">{t('wall.quiet')}</p>;
  return (
    <ul className="closer-events" aria-label={t('wall.lastEvents')}>
      {events.map((event) => (
        <li key={event.id}>
          <TierSign tier={event.tier} size={16} />
          <a href={format('review', { status: 'all', event: event.id })} onClick={follow}>
            {kind(event.kind)}
          </a>
          <span className="number muted small">{at(event.started_at, event.time_zone, 'minute')}</span>
          <StatusSign status={event.status} />
          {event.case && (
            <a href={format('cases', { case: event.case.id })} onClick={follow}>
              {t(event.case.stage === 'confirmed' ? 'wall.order' : 'wall.case')}
            </a>
          )}
        </li>
      ))}
    </ul>
  );
}

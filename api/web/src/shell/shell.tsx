/** The frame around every room: header, demo banner, connection, keyboard, help. */
import { useQueryClient } from '@tanstack/react-query';
import { lazy, Suspense, useCallback, useEffect, useRef, useState } from 'react';
import { send } from '../core/http';
import { press, RESTING, strokeOf, type Action, type Keyboard } from '../core/keys';
import { format, go, roomsOf, useRoute, type Room } from '../core/route';
import { isOfCase, useStream, type StreamState } from '../core/stream';
import type { CatalogueKind, CloudEvent, Session } from '../core/types';
import { forgetAway } from '../my/away';
import { forgetReason } from '../review/original';
import { useSites } from '../review/data';
import { Review } from '../review/review';
import { useWords } from '../words';
import { Header } from './header';
import { Help } from './help';
import { Notes } from './notes';
import { Loading } from './states';

const Admin = lazy(() => import('../admin/room'));
const Insight = lazy(() => import('../insight/room'));
const Inspections = lazy(() => import('../inspections/room'));
const Wall = lazy(() => import('../wall/room'));
const Cases = lazy(() => import('../cases/room'));
const Cameras = lazy(() => import('../rooms/cameras'));
const My = lazy(() => import('../my/room'));
const Register = lazy(() => import('../rooms/register'));

const ROOM_OF: Partial<Record<Action, Room>> = { goReview: 'review', goWall: 'wall', goCases: 'cases', goInspections: 'inspections', goInsight: 'insight', goAdmin: 'admin', goCameras: 'cameras', goRegister: 'register' };
type Listener = (action: Action) => boolean;
type Taker = (event: CloudEvent) => void;

/** What fell between the first answers and the first moment of the stream is asked for when the page has been drawn. */
const SETTLED_MS = 1500;

/** What happened while nobody listened is asked for again. */
function useCatchingUp(stream: StreamState): void {
  const queries = useQueryClient();
  const first = useRef(true);
  useEffect(() => {
    if (stream !== 'live') return undefined;
    const timer = window.setTimeout(
      () => {
        first.current = false;
        for (const of of ['events', 'counts', 'cases']) void queries.invalidateQueries({ queryKey: [of] });
      },
      first.current ? SETTLED_MS : 0,
    );
    return () => window.clearTimeout(timer);
  }, [stream, queries]);
}

export interface ShellProps {
  session: Session;
  kinds: readonly CatalogueKind[];
}

/** One keyboard for the page; the room on show is asked first. */
function useKeyboard(room: { current: Listener | null }, help: () => void): void {
  useEffect(() => {
    let keyboard: Keyboard = RESTING;
    const onKey = (event: KeyboardEvent): void => {
      const [next, action] = press(keyboard, strokeOf(event), performance.now());
      keyboard = next;
      if (action === null) return;
      const target = ROOM_OF[action];
      if (target) go(format(target, {}));
      else if (action === 'help') help();
      else if (!room.current?.(action)) return;
      event.preventDefault();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [room, help]);
}

function useOnline(): boolean {
  const [online, setOnline] = useState(navigator.onLine);
  useEffect(() => {
    const look = (): void => setOnline(navigator.onLine);
    window.addEventListener('online', look);
    window.addEventListener('offline', look);
    return () => {
      window.removeEventListener('online', look);
      window.removeEventListener('offline', look);
    };
  }, []);
  return online;
}

export function Shell({ session, kinds }: ShellProps) {
  // Who opens the address of a room that is not theirs stands in their own first room.
  const rooms = roomsOf(session.user.role);
  const asked = useRoute().room;
  const room = rooms.includes(asked) ? asked : (rooms[0] ?? 'review');
  const queries = useQueryClient();
  const [helping, setHelping] = useState(false);
  const listener = useRef<Listener | null>(null);
  const taker = useRef<Taker | null>(null);
  const help = useCallback(() => setHelping(true), []);
  useKeyboard(listener, help);
  const stream = useStream({
    take: (event) => {
      if (isOfCase(event)) void queries.invalidateQueries({ queryKey: ['cases'] });
      else taker.current?.(event);
    },
    refused: () => void queries.invalidateQueries({ queryKey: ['session'] }),
  });
  useCatchingUp(stream);
  const demo = useSites().data?.some((site) => site.id === 'demo') ?? false;
  const leave = async (): Promise<void> => {
    await send('/v1/session', { method: 'DELETE' });
    forgetReason();
    await forgetAway();
    queries.setQueryData(['session'], null);
    queries.removeQueries({ predicate: (query) => query.queryKey[0] !== 'session' });
  };
  return (
    <Notes>
      <Header user={session.user} room={room} stream={stream} help={help} leave={() => void leave()} />
      <Banners demo={demo} stream={stream} online={useOnline()} />
      {room === 'review' && <Review me={session.user} kinds={kinds} listener={listener} taker={taker} />}
      <Suspense fallback={<Loading />}>
        {room === 'wall' && <Wall />}
        {room === 'cases' && <Cases session={session} kinds={kinds} />}
        {room === 'inspections' && <Inspections user={session.user} />}
        {room === 'insight' && <Insight kinds={kinds} />}
        {room === 'cameras' && <Cameras />}
        {room === 'register' && <Register />}
        {room === 'admin' && <Admin user={session.user} />}
        {room === 'my' && <My session={session} />}
      </Suspense>
      <Help open={helping} close={() => setHelping(false)} />
    </Notes>
  );
}

function Banners({ demo, stream, online }: { demo: boolean; stream: StreamState; online: boolean }) {
  const { t } = useWords();
  const lost = online && stream === 'lost';
  return (
    <>
      {demo && <p className="banner banner-demo">{t('app.demo')}</p>}
      {!online && (
        <p className="banner banner-lost" role="status">
          {t('stream.offline')}
        </p>
      )}
      {lost && (
        <p className="banner banner-lost" role="status">
          {t('stream.lost')} · {t('stream.lostHelp')}
        </p>
      )}
    </>
  );
}

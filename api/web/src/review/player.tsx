/** The middle of the room: the picture, boxes over it, the time line, the evidence under it. */
import { useQuery } from '@tanstack/react-query';
import { useDeferredValue, useEffect, useImperativeHandle, useMemo, useRef, useState, type CSSProperties, type ReactNode, type Ref } from 'react';
import type { Action } from '../core/keys';
import { get } from '../core/http';
import type { KitchenEvent } from '../core/types';
import { at } from '../core/when';
import { useWords } from '../words';
import { Boxes } from './boxes';
import { Curve } from './curve';
import { useOriginal, useRegistered, type Original } from './original';
import { Timeline } from './scrub';
import { clipSpan, clock, wholeSpan, type Span } from './timeline';
import { useVideo, type Video } from './video';

export interface PlayerHandle {
  act: (action: Action) => boolean;
}
export interface PlayerProps {
  event: KitchenEvent;
  threshold: number | null;
  ref: Ref<PlayerHandle>;
}

/** Boxes stay as the reviewer left them, from event to event. */
let boxesWanted = true;

/** What of the recorder's manifest the player needs. */
interface Manifest {
  look?: { at: string; pts_s: number };
  clip?: { first_at: string } | null;
}

/** The clip counts packets by the stream's own clock, looks count from the connection; their arrival times join the two. */
function startOf(manifest: Manifest | undefined): number | null {
  if (!manifest?.clip || !manifest.look) return null;
  const before_s = (Date.parse(manifest.look.at) - Date.parse(manifest.clip.first_at)) / 1000;
  return Number.isFinite(before_s) ? manifest.look.pts_s - before_s : null;
}

/** Where the clip begins on the stream's clock, as the recorder wrote it down. */
function useClipStart(event: KitchenEvent, wanted: boolean): number | null {
  const query = useQuery({
    queryKey: ['manifest', event.id],
    queryFn: ({ signal }) => get<Manifest>(`/v1/events/${event.id}/media/manifest`, {}, signal),
    enabled: wanted && Boolean(event.evidence.manifest),
    staleTime: Infinity,
    retry: 0,
  });
  return startOf(query.data);
}

export function Player({ event, threshold, ref }: PlayerProps) {
  const { t } = useWords();
  const [boxes, setBoxes] = useState(boxesWanted);
  const [pictureReady, setPictureReady] = useState(false);
  const [zoomed, setZoomed] = useState(false);
  // The picture first, what explains it in the moment after.
  const explained = useDeferredValue(true, false);
  const stage = useRef<HTMLDivElement>(null);
  const original = useOriginal(event);
  const video = useVideo();
  const showsVideo = original.reason !== null && original.role === 'clip';
  const start_s = useClipStart(event, showsVideo);
  const clip = useMemo<Span | null>(
    () => (showsVideo && video.duration_s > 0 ? clipSpan(event, video.duration_s, start_s) : null),
    [showsVideo, video.duration_s, start_s, event],
  );
  const span = useMemo(() => wholeSpan(event, clip), [event, clip]);
  const now_pts_s = clip ? clip.from_s + video.time_s : null;
  const registered = useRegistered(event, original.reason, video.ready || pictureReady);
  const seek = (pts_s: number): void => {
    if (clip) video.seek(Math.min(pts_s, clip.to_s - 0.05) - clip.from_s);
  };
  const toggleBoxes = (): void => {
    boxesWanted = !boxes;
    setBoxes(boxesWanted);
  };
  const full = (): void => {
    if (document.fullscreenElement) void document.exitFullscreen();
    else void stage.current?.requestFullscreen().catch(() => undefined);
  };
  const act = (action: Action): boolean => {
    if (action === 'boxes') toggleBoxes();
    else if (action === 'full') full();
    else if (action === 'head') setZoomed(event.box !== null && !zoomed);
    else if (action === 'original') (original.reason ? original.hide : original.ask)();
    else if (action === 'play') showsVideo ? video.toggle() : original.ask();
    else if (action === 'frameBack') video.frame(-1);
    else if (action === 'frameOn') video.frame(1);
    else return false;
    return true;
  };
  useImperativeHandle(ref, () => ({ act }));
  return (
    <>
      <div className="stage" ref={stage}>
        <div className="frame" style={{ aspectRatio: `${event.frame_wh[0]} / ${event.frame_wh[1]}`, '--shape': event.frame_wh[0] / event.frame_wh[1] } as CSSProperties}>
          <div className="zoom" data-on={zoomed} style={zoomed ? onHead(event) : undefined}>
            <Picture event={event} original={original} video={video} loaded={() => setPictureReady(true)} />
            {boxes && <Boxes event={event} pts_s={now_pts_s} />}
          </div>
          <PrivacySign event={event} original={original} registered={registered?.at ?? null} />
          {original.asking && <AskReason original={original} />}
        </div>
      </div>
      <div className="under">
        <Controls original={original} video={video} boxes={boxes} toggleBoxes={toggleBoxes} full={full}>
          {clip && <Moments event={event} clip={clip} seek={seek} />}
          {event.box && (
            <button className="button button-quiet" aria-pressed={zoomed} onClick={() => act('head')}>
              {t('player.head')} <kbd className="key">H</kbd>
            </button>
          )}
        </Controls>
        <Timeline event={event} span={span} clip={clip} now_pts_s={now_pts_s} seek={seek} />
        {explained ? <Curve event={event} span={span} threshold={threshold} now_pts_s={now_pts_s} seek={seek} /> : <div className="curve-place" />}
      </div>
    </>
  );
}

const ZOOM = 4;
/** A head is the top of its person: an eighth of the body, and who stands far away is cropped no closer than this. */
function onHead(event: KitchenEvent): CSSProperties {
  const [x0, y0, x1, y1] = event.box ?? [0, 0, ...event.frame_wh];
  const [width, height] = event.frame_wh;
  const head = [((x0 + x1) / 2 / width) * 100, ((y0 + (y1 - y0) / 8) / height) * 100];
  return { transform: `scale(${ZOOM})`, transformOrigin: `${head[0]}% ${head[1]}%` };
}

const AROUND_S = 1.5;

/** Jump to just before it began and just after it ended: what changed is what the clip is about. */
function Moments({ event, clip, seek }: { event: KitchenEvent; clip: Span; seek: (pts_s: number) => void }) {
  const { t } = useWords();
  const after_s = (event.ended_pts_s ?? clip.to_s) + AROUND_S;
  return (
    <>
      <button className="button button-quiet" onClick={() => seek(Math.max(clip.from_s, event.started_pts_s - AROUND_S))}>
        {t('player.before')}
      </button>
      <button className="button button-quiet" onClick={() => seek(after_s)}>
        {t('player.after')}
      </button>
    </>
  );
}

interface PictureProps {
  event: KitchenEvent;
  original: Original;
  video: Video;
  loaded: () => void;
}

function Picture({ event, original, video, loaded }: PictureProps) {
  const { t, kind } = useWords();
  const [broken, setBroken] = useState(false);
  const { role, reason } = original;
  const blurred = event.evidence.snapshot_blurred ? 'snapshot_blurred' : event.evidence.annotated_blurred ? 'annotated_blurred' : null;
  const poster = blurred ? `/v1/events/${event.id}/media/${blurred}` : undefined;
  if (video.broken || broken) return <p className="stage-word">{t('player.broken')}</p>;
  if (reason && role) {
    const src = `/v1/events/${event.id}/media/${role}?reason=${encodeURIComponent(reason)}`;
    const label = t('player.altOriginal', { kind: kind(event.kind) });
    if (role !== 'clip') return <img src={src} alt={label} onLoad={loaded} onError={() => setBroken(true)} />;
    return <video ref={video.attach} src={src} poster={poster} aria-label={label} autoPlay muted loop playsInline onClick={video.toggle} />;
  }
  if (!poster) return <p className="stage-word">{t('player.noMedia')}</p>;
  return <img src={poster} alt={t('player.alt', { kind: kind(event.kind) })} onError={() => setBroken(true)} />;
}

function PrivacySign({ event, original, registered }: { event: KitchenEvent; original: Original; registered: string | null }) {
  const { t } = useWords();
  const { reason, role, asking } = original;
  if (!reason) {
    if (!role || asking) return <span className="privacy">{t('player.blurred')}</span>;
    return (
      <div className="privacy-row">
        <span className="privacy">{t('player.blurred')}</span>
        <button className="button on-picture" onClick={original.ask}>
          {t(role === 'clip' ? 'player.viewOriginal' : 'player.viewOriginalPicture')} <kbd className="key">O</kbd>
        </button>
      </div>
    );
  }
  const time = registered && at(registered, event.time_zone, 'clock');
  return (
    <div className="privacy-row">
      <span className="privacy privacy-open" role="status" data-registered={registered !== null}>
        {t('player.original')} · {time ? t('player.registered', { reason, time }) : t('player.registering')}
      </span>
      <button className="button on-picture" onClick={original.hide}>
        {t('player.hideOriginal')} <kbd className="key">O</kbd>
      </button>
    </div>
  );
}

function AskReason({ original }: { original: Original }) {
  const { t } = useWords();
  const [why, setWhy] = useState(t('player.whyDefault'));
  const [remember, setRemember] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.select(), []);
  return (
    <form
      className="ask"
      onSubmit={(e) => {
        e.preventDefault();
        if (why.trim()) original.unlock(why.trim(), remember);
      }}
      onKeyDown={(e) => e.key === 'Escape' && original.cancel()}
    >
      <label htmlFor="why">{t('player.why')}</label>
      <input id="why" ref={input} value={why} onChange={(e) => setWhy(e.target.value)} required maxLength={200} autoFocus autoComplete="off" />
      <label className="check">
        <input type="checkbox" checked={remember} onChange={(e) => setRemember(e.target.checked)} />
        {t('player.remember')}
      </label>
      <div className="row">
        <button className="button button-main">
          {t('player.unlock')} <kbd className="key">↵</kbd>
        </button>
        <button type="button" className="button" onClick={original.cancel}>
          {t('player.cancel')}
        </button>
      </div>
    </form>
  );
}

interface ControlProps {
  original: Original;
  video: Video;
  boxes: boolean;
  toggleBoxes: () => void;
  full: () => void;
  children: ReactNode;
}

function Controls({ original, video, boxes, toggleBoxes, full, children }: ControlProps) {
  const { t } = useWords();
  const off = !video.ready;
  const waiting = original.role !== null && original.role !== 'clip';
  return (
    <div className="controls">
      <button className="button button-quiet" disabled={off} onClick={() => video.frame(-1)} aria-label={t('player.back')} title={`${t('player.back')} ( , )`}>
        ‹
      </button>
      <button className="button button-quiet play" disabled={off} onClick={video.toggle} aria-label={t(video.playing ? 'player.pause' : 'player.play')}>
        {video.playing ? '❚❚' : '▶'}
      </button>
      <button className="button button-quiet" disabled={off} onClick={() => video.frame(1)} aria-label={t('player.on')} title={`${t('player.on')} ( . )`}>
        ›
      </button>
      <span className="number small">{off ? '' : `${clock(video.time_s)} / ${clock(video.duration_s)}`}</span>
      {waiting && <span className="muted small clip">{t('player.noClip')}</span>}
      {children}
      <button className="button button-quiet push" aria-pressed={boxes} onClick={toggleBoxes}>
        {t('player.boxes')} <kbd className="key">B</kbd>
      </button>
      <button className="button button-quiet" onClick={full}>
        {t('player.full')} <kbd className="key">F</kbd>
      </button>
    </div>
  );
}

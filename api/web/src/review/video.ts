/** One video element as state: where it is, whether it plays, how long it is, how far one frame is. */
import { useCallback, useEffect, useRef, useState } from 'react';

const DEFAULT_FRAME_S = 1 / 25;

export interface Video {
  attach: (element: HTMLVideoElement | null) => void;
  ready: boolean;
  broken: boolean;
  playing: boolean;
  time_s: number;
  duration_s: number;
  toggle: () => void;
  seek: (time_s: number) => void;
  frame: (by: 1 | -1) => void;
}

/** Frame times as the browser shows them; the smallest step seen is one frame. */
function watchFrames(element: HTMLVideoElement, tell: (time_s: number) => void, frame_s: { current: number }): () => void {
  let last = -1;
  let handle = 0;
  const each: VideoFrameRequestCallback = (_now, meta) => {
    const gap = meta.mediaTime - last;
    if (last >= 0 && gap > 0.005 && gap < 0.5) frame_s.current = Math.min(gap, 0.2);
    last = meta.mediaTime;
    tell(meta.mediaTime);
    handle = element.requestVideoFrameCallback(each);
  };
  if ('requestVideoFrameCallback' in element) handle = element.requestVideoFrameCallback(each);
  return () => element.cancelVideoFrameCallback?.(handle);
}

export function useVideo(): Video {
  const [element, attach] = useState<HTMLVideoElement | null>(null);
  const [state, setState] = useState({ ready: false, broken: false, playing: false, time_s: 0, duration_s: 0 });
  const frame_s = useRef(DEFAULT_FRAME_S);
  useEffect(() => {
    if (!element) return setState({ ready: false, broken: false, playing: false, time_s: 0, duration_s: 0 });
    const put = (part: Partial<typeof state>): void => setState((now) => ({ ...now, ...part }));
    const on: Record<string, () => void> = {
      loadedmetadata: () => put({ ready: true, duration_s: Number.isFinite(element.duration) ? element.duration : 0 }),
      durationchange: () => put({ duration_s: Number.isFinite(element.duration) ? element.duration : 0 }),
      play: () => put({ playing: true }),
      pause: () => put({ playing: false }),
      ended: () => put({ playing: false }),
      timeupdate: () => put({ time_s: element.currentTime }),
      seeked: () => put({ time_s: element.currentTime }),
      error: () => put({ broken: true }),
    };
    for (const [name, act] of Object.entries(on)) element.addEventListener(name, act);
    const stop = watchFrames(element, (time_s) => put({ time_s }), frame_s);
    return () => {
      stop();
      for (const [name, act] of Object.entries(on)) element.removeEventListener(name, act);
      // A player that is taken away must let go of its connection, or a long session runs out of them.
      element.pause();
      element.removeAttribute('src');
      element.load();
    };
  }, [element]);
  const toggle = useCallback(() => {
    if (!element) return;
    if (element.paused) void element.play().catch(() => undefined);
    else element.pause();
  }, [element]);
  const seek = useCallback((time_s: number) => element && void (element.currentTime = Math.max(0, time_s)), [element]);
  const frame = useCallback(
    (by: 1 | -1) => {
      if (!element) return;
      element.pause();
      element.currentTime = Math.min(element.duration || 0, Math.max(0, element.currentTime + by * frame_s.current));
    },
    [element],
  );
  return { attach, ...state, toggle, seek, frame };
}

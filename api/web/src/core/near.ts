/** Which parts of a long list are near what is on show: one watcher for all of them, so that ten thousand rows cost a screen of them. */
import { useCallback, useEffect, useRef, useState, type RefObject } from 'react';

export type Watch = (part: Element, tell: (near: boolean) => void) => () => void;
/** As far above and below the list is drawn ahead, px. */
const AHEAD_PX = 800;

/** A watcher of the parts of this scrolling box. */
export function useWatch(box: RefObject<HTMLElement | null>): Watch {
  const watcher = useRef<IntersectionObserver | null>(null);
  const told = useRef(new Map<Element, (near: boolean) => void>());
  useEffect(
    () => () => {
      watcher.current?.disconnect();
      watcher.current = null;
    },
    [],
  );
  return useCallback(
    (part, tell) => {
      watcher.current ??= new IntersectionObserver((seen) => seen.forEach((each) => told.current.get(each.target)?.(each.isIntersecting)), { root: box.current, rootMargin: `${AHEAD_PX}px 0px` });
      told.current.set(part, tell);
      watcher.current.observe(part);
      return () => {
        told.current.delete(part);
        watcher.current?.unobserve(part);
      };
    },
    [box],
  );
}

export function useNear(watch: Watch): [RefObject<HTMLDivElement | null>, boolean] {
  const part = useRef<HTMLDivElement>(null);
  const [near, setNear] = useState(false);
  useEffect(() => (part.current ? watch(part.current, setNear) : undefined), [watch]);
  return [part, near];
}

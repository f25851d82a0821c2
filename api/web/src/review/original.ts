/** Seeing the original: a reason is asked, and what the register wrote down is shown. */
import { useQuery } from '@tanstack/react-query';
import { useCallback, useState } from 'react';
import type { KitchenEvent, MediaRole } from '../core/types';
import { registerOf } from './data';

/** Lasts as long as the page: a new login starts blurred again. */
let sessionReason: string | null = null;
export const forgetReason = (): void => {
  sessionReason = null;
};

export interface Original {
  /** Which unblurred object there is to see; the clip if it has arrived. */
  role: MediaRole | null;
  reason: string | null;
  asking: boolean;
  ask: () => void;
  cancel: () => void;
  unlock: (reason: string, remember: boolean) => void;
  hide: () => void;
}

const ORIGINALS: readonly MediaRole[] = ['clip', 'snapshot', 'annotated'];

export function useOriginal(event: KitchenEvent): Original {
  const role = ORIGINALS.find((name) => event.evidence[name]) ?? null;
  const [reason, setReason] = useState<string | null>(role === 'clip' ? sessionReason : null);
  const [asking, setAsking] = useState(false);
  const unlock = useCallback((why: string, remember: boolean) => {
    if (remember) sessionReason = why;
    setReason(why);
    setAsking(false);
  }, []);
  const hide = useCallback(() => {
    sessionReason = null;
    setReason(null);
  }, []);
  const ask = useCallback(() => (sessionReason ? setReason(sessionReason) : setAsking(true)), []);
  const cancel = useCallback(() => setAsking(false), []);
  return { role, reason: role ? reason : null, asking, ask, cancel, unlock, hide };
}

/** The newest row of the register about this event; asked for once the picture is there. */
export function useRegistered(event: KitchenEvent, reason: string | null, loaded: boolean) {
  return useQuery({
    queryKey: ['registered', event.id, reason],
    queryFn: async ({ signal }) => {
      const page = await registerOf({ limit: 20 }, signal);
      return page.items.find((row) => row.event === event.id && row.reason === reason) ?? null;
    },
    enabled: loaded && reason !== null,
    staleTime: 0,
    retry: 1,
  }).data;
}

/** Holding the event that is on the screen, so that nobody else reviews it at the same time. */
import { useEffect, useState } from 'react';
import { ApiError, send } from '../core/http';
import type { KitchenEvent } from '../core/types';

/** Who only passes by with J and K takes nothing. */
const SETTLED_MS = 700;
/** The API keeps a claim for two minutes. */
const RENEWED_MS = 60_000;

/** Whose event this is, if it is somebody else's. */
export const heldBy = (event: KitchenEvent, me: string): string | null => (event.claim && event.claim.by !== me ? event.claim.by : null);

/** Hold one event while it is shown; returns whether somebody else has it. */
export function useClaim(id: string | undefined, wanted: boolean): boolean {
  const [taken, setTaken] = useState<string | null>(null);
  useEffect(() => {
    if (!id || !wanted) return;
    let held = false;
    const hold = async (): Promise<void> => {
      try {
        await send(`/v1/events/${id}/claim`, { method: 'PUT' });
        held = true;
        setTaken(null);
      } catch (error) {
        // Without an answer, or without the right to review, there is nothing to say: a verdict is guarded by its version.
        if (error instanceof ApiError && error.status === 409) setTaken(id);
      }
    };
    const first = setTimeout(() => void hold(), SETTLED_MS);
    const again = setInterval(() => void hold(), RENEWED_MS);
    return () => {
      clearTimeout(first);
      clearInterval(again);
      if (held) void send(`/v1/events/${id}/claim`, { method: 'DELETE' }).catch(() => undefined);
    };
  }, [id, wanted]);
  return taken !== null && taken === id;
}

/** The time that passes while a page is open. */
import { useEffect, useState } from 'react';

/** After this the first screen stands. */
const SETTLED_MS = 600;

export function useNow(every_ms = 15_000): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = window.setInterval(() => setNow(Date.now()), every_ms);
    return () => window.clearInterval(timer);
  }, [every_ms]);
  return now;
}

/** Whether the first drawing is over and the browser has had a breath: what nobody looks for at once is asked then. */
export function useSettled(): boolean {
  const [settled, setSettled] = useState(false);
  useEffect(() => {
    const timer = window.setTimeout(() => setSettled(true), SETTLED_MS);
    return () => window.clearTimeout(timer);
  }, []);
  return settled;
}

/** Quiet announcements: one line at a time, read out politely, with at most one thing to press. */
import { createContext, useCallback, useContext, useEffect, useMemo, useState, type ReactNode } from 'react';

export interface Note {
  text: string;
  bad?: boolean;
  act?: { label: string; key: string; run: () => void };
}
type Say = (note: Note) => void;
const Context = createContext<Say>(() => undefined);
export const useSay = (): Say => useContext(Context);
const SHOWN_MS = 6000;

export function Notes({ children }: { children: ReactNode }) {
  const [note, setNote] = useState<(Note & { at: number }) | null>(null);
  const say = useCallback<Say>((next) => setNote({ ...next, at: Date.now() }), []);
  useEffect(() => {
    if (!note) return undefined;
    const timer = window.setTimeout(() => setNote(null), note.bad ? SHOWN_MS * 2 : SHOWN_MS);
    return () => window.clearTimeout(timer);
  }, [note]);
  const press = (): void => {
    note?.act?.run();
    setNote(null);
  };
  const shown = useMemo(() => children, [children]);
  return (
    <Context value={say}>
      {shown}
      <div className={note?.bad ? 'note note-bad' : 'note'} role="status" aria-live="polite" data-on={note !== null}>
        {note && <span>{note.text}</span>}
        {note?.act && (
          <button className="button button-quiet" onClick={press}>
            {note.act.label} <kbd className="key">{note.act.key}</kbd>
          </button>
        )}
      </div>
    </Context>
  );
}

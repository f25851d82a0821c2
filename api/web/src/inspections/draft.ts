/** Answers that are not saved yet: kept for this tab, so that a phone that lets the page go does not lose what was seen on the spot. */
import { useCallback, useState } from 'react';
import type { LineAnswer } from '../core/api.gen';

type Draft = Record<string, LineAnswer>;
const keyOf = (id: string): string => `mingchu.inspection.${id}`;

function kept(id: string): Draft {
  try {
    return JSON.parse(sessionStorage.getItem(keyOf(id)) ?? '{}') as Draft;
  } catch {
    return {};
  }
}

export function useDraft(id: string): [Draft, (change: (known: Draft) => Draft) => void] {
  const [draft, setDraft] = useState<Draft>(() => kept(id));
  const put = useCallback(
    (change: (known: Draft) => Draft) =>
      setDraft((known) => {
        const next = change(known);
        if (Object.keys(next).length > 0) sessionStorage.setItem(keyOf(id), JSON.stringify(next));
        else sessionStorage.removeItem(keyOf(id));
        return next;
      }),
    [id],
  );
  return [draft, put];
}

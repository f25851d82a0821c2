/** Something that an administrator does: busy while it runs, its error in words, its lists asked anew. */
import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useState } from 'react';
import { useSay } from '../shell/notes';
import { useSentence } from '../shell/states';
import { useWords } from '../words';

export interface Doing {
  busy: boolean;
  wrong: string;
  run: (act: () => Promise<unknown>, done?: string) => Promise<boolean>;
}

export function useDoing(list: string): Doing {
  const queries = useQueryClient();
  const say = useSay();
  const sentence = useSentence();
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState('');
  const run = useCallback(
    async (act: () => Promise<unknown>, done?: string) => {
      setBusy(true);
      setWrong('');
      try {
        await act();
        if (done) say({ text: done });
        return true;
      } catch (error) {
        setWrong(sentence(error));
        return false;
      } finally {
        setBusy(false);
        void queries.invalidateQueries({ queryKey: [list] });
      }
    },
    [queries, say, sentence, list],
  );
  return { busy, wrong, run };
}

/** A secret that is told once: to be copied now. */
export function Told({ label, value, close }: { label: string; value: string; close: () => void }) {
  const { t } = useWords();
  const say = useSay();
  return (
    <section className="told" role="status">
      <p>
        <strong>{label}</strong> {t('admin.once')}
      </p>
      <p className="row">
        <code className="told-value">{value}</code>
        <button className="button" onClick={() => void navigator.clipboard?.writeText(value).then(() => say({ text: t('admin.copied') }))}>
          {t('admin.copy')}
        </button>
        <button className="button" onClick={close}>
          {t('app.close')}
        </button>
      </p>
    </section>
  );
}

/** A button that asks once before it does what cannot be taken back. */
export function Grave({ label, ask, act, busy }: { label: string; ask: string; act: () => void; busy?: boolean }) {
  const { t } = useWords();
  const [asking, setAsking] = useState(false);
  if (!asking)
    return (
      <button className="button button-quiet small" disabled={busy} onClick={() => setAsking(true)}>
        {label}
      </button>
    );
  return (
    <span className="row" role="alertdialog" aria-label={ask}>
      <span className="small">{ask}</span>
      <button className="button button-bad" autoFocus onClick={() => (setAsking(false), act())}>
        {label}
      </button>
      <button className="button" onClick={() => setAsking(false)}>
        {t('setup.cancel')}
      </button>
    </span>
  );
}

/** What both sides say to each other about a case, with whether the other side has read it. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useId, useState, type FormEvent } from 'react';
import { get, newKey, send } from '../core/http';
import { at } from '../core/when';
import { useSentence } from '../shell/states';
import { useWords } from '../words';
import type { CaseFile, Party } from './types';

interface Message {
  number: number;
  kind: 'message' | 'urge' | 'call';
  party: Party;
  by: string;
  text: string;
  outcome: string;
  at: string;
  read_by_other_side: boolean;
}
interface Told {
  items: Message[];
  read_up_to: number;
}
const FRESH_MS = 15_000;

export function Thread({ file, mine }: { file: CaseFile; mine: Party }) {
  const { t, name } = useWords();
  const id = useId();
  const queries = useQueryClient();
  const sentence = useSentence();
  const [text, setText] = useState('');
  const [wrong, setWrong] = useState('');
  const query = useQuery({ queryKey: ['cases', 'thread', file.id], queryFn: ({ signal }) => get<Told>(`/v1/cases/${file.id}/messages`, {}, signal), refetchInterval: FRESH_MS });
  const last = query.data?.items.at(-1)?.number ?? 0;
  const read = query.data?.read_up_to ?? 0;
  useEffect(() => {
    if (last > read) void send(`/v1/cases/${file.id}/messages/read`, { method: 'PUT', body: { number: last } }).catch(() => undefined);
  }, [last, read, file.id]);
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (!text.trim()) return;
    try {
      await send(`/v1/cases/${file.id}/messages`, { method: 'POST', body: { text: text.trim() }, headers: { 'Idempotency-Key': newKey() } });
      setText('');
      setWrong('');
      void queries.invalidateQueries({ queryKey: ['cases', 'thread', file.id] });
    } catch (error) {
      setWrong(sentence(error));
    }
  };
  return (
    <section className="thread">
      <h2>{t('thread.title')}</h2>
      {query.data?.items.length === 0 && <p className="muted">{t('thread.none')}</p>}
      <ul>
        {(query.data?.items ?? []).map((each) => (
          <li key={each.number} data-mine={each.party === mine}>
            <p className="muted small">
              {name('party', each.party)} · {each.by} · {at(each.at, file.time_zone, 'minute')}
              {each.kind !== 'message' && ` · ${name('thread', each.kind)}`}
              {each.party === mine && ` · ${t(each.read_by_other_side ? 'thread.read' : 'thread.unread')}`}
            </p>
            {each.text && <p className="said">{each.text}</p>}
          </li>
        ))}
      </ul>
      <form className="no-print" onSubmit={(event) => void submit(event)}>
        <label className="unseen" htmlFor={id}>
          {t('thread.write')}
        </label>
        <textarea id={id} rows={2} maxLength={4000} placeholder={t('thread.write')} value={text} onChange={(e) => setText(e.target.value)} />
        <button className="button" disabled={!text.trim()}>
          {t('thread.send')}
        </button>
        <p className="wrong" role="alert">
          {wrong}
        </p>
      </form>
    </section>
  );
}

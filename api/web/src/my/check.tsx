/** One self-check: its lines, prefilled from what the cameras saw, answered by a person, proven by photos, signed by whose post it is. */
import { useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import type { CheckLine, LineAnswer, SelfCheck } from '../core/api.gen';
import { newKey, send } from '../core/http';
import { format, go } from '../core/route';
import { at } from '../core/when';
import { follow } from '../shell/header';
import { useSay } from '../shell/notes';
import { Failure, Loading, useSentence } from '../shell/states';
import { useWords } from '../words';
import { useCheck, useCheckPhotos, usePosts } from './checkdata';
import { CheckDue, daysOf } from './checks';
import { CheckLineView } from './line';
import { answer, useWaiting } from './outbox';
import { isComplete, prefilled, withAnswers } from './prefill';

type Answers = Record<string, LineAnswer>;
const waitingAnswer = (each: { result: LineAnswer['result']; note?: string; photos?: string[] }): LineAnswer => ({ result: each.result, note: each.note ?? '', photos: each.photos ?? [] });

export function CheckPage({ id, account }: { id: string; account: string }) {
  const { t } = useWords();
  const query = useCheck(id);
  const waiting = useWaiting().filter((item) => item.about === 'selfchecks' && item.id === id && !item.refused);
  if (query.isPending) return <Loading />;
  if (query.isError && !query.data) return <Failure error={query.error} retry={() => void query.refetch()} />;
  const waits: Answers = {};
  for (const item of waiting) {
    if (item.about !== 'selfchecks') continue;
    for (const [line, each] of Object.entries(item.body.answers)) waits[line] = waitingAnswer(each);
  }
  return (
    <>
      <a className="my-back" href="/my?checks=1" onClick={follow}>
        ← {t('my.back')}
      </a>
      {query.data.state === 'open' ? <Filling check={withAnswers(query.data, waits)} account={account} waits={waiting.length > 0} /> : <Kept check={query.data} />}
    </>
  );
}

function Head({ check }: { check: SelfCheck }) {
  const { t, name, language } = useWords();
  return (
    <header className="check-head">
      <h1>{language === 'en' ? check.name.en : check.name.zh}</h1>
      <p className="muted">
        {check.site_name} · {daysOf(check)}
      </p>
      <p className="duty-signs">
        {check.state === 'open' ? <CheckDue check={check} /> : <span className="tag">{name('checkState', check.state)}</span>}
        <span className="tag">{t('checks.signedBy', { post: name('post', check.post) })}</span>
        {check.signed_at && (
          <span className="muted small">
            {check.signed_by} {at(check.signed_at, check.time_zone, 'minute')} {check.signed_late && t('checks.late')}
          </span>
        )}
      </p>
    </header>
  );
}

function Kept({ check }: { check: SelfCheck }) {
  const photos = useCheckPhotos(check.id).data ?? [];
  return (
    <>
      <Head check={check} />
      <ol className="check-lines">
        {check.lines.map((line) => (
          <CheckLineView key={line.id} line={line} answer={line.answer} photos={photos} />
        ))}
      </ol>
    </>
  );
}

/** What the cameras found, in one sentence for the note. */
function useTold(): (found: [string, number][]) => string {
  const { t, kind } = useWords();
  return (found) => t('checks.foundNote', { what: found.map(([each, n]) => t('checks.times', { kind: kind(each), n })).join(t('checks.and')) });
}

function Filling({ check, account, waits }: { check: SelfCheck; account: string; waits: boolean }) {
  const { t } = useWords();
  const told = useTold();
  const [draft, setDraft] = useState<Answers>({});
  const photos = useCheckPhotos(check.id).data ?? [];
  const prefill = useMemo(() => Object.fromEntries(check.lines.flatMap((line) => (line.answer ? [] : ([[line.id, prefilled(line, told)]] as const))).filter((pair): pair is [string, LineAnswer] => pair[1] !== null)), [check]);
  const unsaved: Answers = { ...prefill, ...draft };
  const shown = (line: CheckLine): LineAnswer | null => unsaved[line.id] ?? line.answer;
  const gaps = check.lines.filter((line) => !isComplete(line, shown(line)));
  const save = useSaving(check, unsaved, () => setDraft({}));
  const photo = async (line: string): Promise<void> => {
    if (await save.run()) go(format('my', { photo: check.id, line }));
  };
  return (
    <>
      <Head check={check} />
      {Object.keys(prefill).length > 0 && <p className="check-prefilled">{t('checks.prefilled', { n: Object.keys(prefill).length })}</p>}
      <ol className="check-lines">
        {check.lines.map((line) => (
          <CheckLineView
            key={line.id}
            line={line}
            answer={shown(line)}
            photos={photos}
            isPrefilled={line.id in prefill && !(line.id in draft)}
            change={(next) => setDraft((known) => ({ ...known, [line.id]: next }))}
            photo={() => void photo(line.id)}
          />
        ))}
      </ol>
      <div className="check-bar">
        <p className="wrong" role="alert">
          {save.wrong}
        </p>
        {waits && <p className="due due-paused">{t('my.thisWaits')}</p>}
        {Object.keys(unsaved).length > 0 ? (
          <button className="button button-main button-big" disabled={save.busy} onClick={() => void save.run()}>
            {t('checks.save', { n: Object.keys(unsaved).length })}
          </button>
        ) : gaps.length > 0 ? (
          <p>{t('checks.gaps', { n: gaps.length })}</p>
        ) : (
          !waits && <Signing check={check} account={account} />
        )}
      </div>
    </>
  );
}

function useSaving(check: SelfCheck, unsaved: Answers, done: () => void) {
  const { t, name } = useWords();
  const queries = useQueryClient();
  const say = useSay();
  const sentence = useSentence();
  const [wrong, setWrong] = useState('');
  const [busy, setBusy] = useState(false);
  /** True when everything is told, or waits to be. */
  const run = async (): Promise<boolean> => {
    if (Object.keys(unsaved).length === 0) return true;
    setBusy(true);
    setWrong('');
    try {
      const fate = await answer({ about: 'selfchecks', id: check.id, action: 'fill', body: { answers: unsaved }, etag: check.etag });
      if (fate === 'waits') say({ text: t('my.kept', { step: name('step', 'fill') }) });
      await queries.invalidateQueries({ queryKey: ['selfchecks'] }).catch(() => undefined);
      done();
      return true;
    } catch (error) {
      setWrong(sentence(error));
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { run, wrong, busy };
}

/** A signature is given with a network only: it says what the cameras have seen until now, and that nobody else has changed a line. */
function Signing({ check, account }: { check: SelfCheck; account: string }) {
  const { t, name, language } = useWords();
  const queries = useQueryClient();
  const say = useSay();
  const sentence = useSentence();
  const posts = usePosts(check.site, account).data;
  const [asking, setAsking] = useState(false);
  const [wrong, setWrong] = useState('');
  const post = name('post', check.post);
  if (posts && !posts.includes(check.post)) return <p>{t('checks.notYours', { post })}</p>;
  const sign = async (): Promise<void> => {
    try {
      await send(`/v1/selfchecks/${check.id}/sign`, { method: 'POST', headers: { 'If-Match': check.etag, 'Idempotency-Key': newKey() } });
      say({ text: t('checks.signed', { name: language === 'en' ? check.name.en ?? '' : check.name.zh ?? '' }) });
    } catch (error) {
      setWrong(sentence(error));
    }
    void queries.invalidateQueries({ queryKey: ['selfchecks'] });
  };
  if (!asking)
    return (
      <button className="button button-main button-big" onClick={() => setAsking(true)}>
        {t('checks.sign')}
      </button>
    );
  return (
    <>
      <p>{t('checks.signSays', { post })}</p>
      <p className="wrong" role="alert">
        {wrong}
      </p>
      <button className="button button-main button-big" onClick={() => void sign()}>
        {t('checks.signNow', { post })}
      </button>
    </>
  );
}

/** One inspection: filled in line by line on the spot, concluded with what follows from the lines, or read afterwards. */
import { useState } from 'react';
import { useDoing, type Doing } from '../admin/doing';
import type { AnsweredLine, Inspection, LineAnswer } from '../core/api.gen';
import { ApiError } from '../core/http';
import { at } from '../core/when';
import { CheckLineView } from '../my/line';
import { follow } from '../shell/header';
import { Failure, Loading } from '../shell/states';
import { useWords } from '../words';
import { useChange, useInspection, useInspectionPhotos, useSite } from './data';
import { useDraft } from './draft';
import { isComplete, Outcome, outcomeOf, Supply } from './parts';

type Answers = Record<string, LineAnswer>;

export function InspectionRoom({ id, acts }: { id: string; acts: boolean }) {
  const { t } = useWords();
  const query = useInspection(id);
  if (query.isPending) return <Loading />;
  if (query.isError && !query.data) return <Failure error={query.error} retry={() => void query.refetch()} />;
  const file = query.data;
  return (
    <main id="main" className="room inspections inspection" data-state={file.state} data-outcome={file.outcome}>
      <a className="no-print" href="/inspections" onClick={follow}>
        ← {t('room.inspections')}
      </a>
      <InspectionHead file={file} />
      {file.state === 'open' && acts ? <Filling file={file} /> : <InspectionKept file={file} />}
      <SiteStatus site={file.site} />
    </main>
  );
}

export function InspectionHead({ file }: { file: Inspection }) {
  const { t, language } = useWords();
  const own = language === 'en' ? 'en' : 'zh';
  return (
    <header className="check-head">
      <h1>
        {file.list.name[own]} · {file.site_name}
      </h1>
      <p className="duty-signs">
        <Outcome file={file} />
        <span className="muted small">
          {t('inspections.begun', { by: file.opened_by, at: at(file.opened_at, file.time_zone, 'minute') })}
          {file.ended_at && ` · ${t('inspections.ended', { by: file.ended_by ?? '', at: at(file.ended_at, file.time_zone, 'minute') })}`}
        </span>
      </p>
      {file.valid_until && <p>{t(file.outcome === 'passed' ? 'inspections.validUntil' : 'inspections.correctUntil', { at: at(file.valid_until, file.time_zone, 'minute') })}</p>}
      {file.note && <p className="said">{file.note}</p>}
      <p className="muted small">{file.list.source.text}</p>
    </header>
  );
}

function SiteStatus({ site }: { site: string }) {
  const { t } = useWords();
  const known = useSite(site).data;
  if (!known) return null;
  return (
    <section>
      <h2>{t('supply.title')}</h2>
      <Supply site={known} />
    </section>
  );
}

/** As it was found; photos beside what they show. */
export function InspectionKept({ file }: { file: Inspection }) {
  const photos = useInspectionPhotos(file.id).data ?? [];
  return (
    <ol className="check-lines">
      {file.lines.map((line) => (
        <CheckLineView key={line.id} line={line} answer={line.answer} photos={photos} />
      ))}
    </ol>
  );
}

function Filling({ file }: { file: Inspection }) {
  const { t } = useWords();
  const [draft, setDraft] = useDraft(file.id);
  const photos = useInspectionPhotos(file.id).data ?? [];
  const doing = useDoing('inspections');
  const change = useChange(file);
  const lines: AnsweredLine[] = file.lines.map((line) => ({ ...line, answer: draft[line.id] ?? line.answer }));
  const put = (line: string, next: LineAnswer): void => setDraft((known) => ({ ...known, [line]: next }));
  const save = async (): Promise<boolean> => {
    const answers = asAsked(file, draft);
    if (Object.keys(answers).length === 0) return true;
    const went = await doing.run(() => change({ fill: answers }).catch(told(t('inspections.stale'))));
    if (went) setDraft(() => ({}));
    return went;
  };
  return (
    <>
      <p className="muted">{t('inspections.help')}</p>
      <ol className="check-lines">
        {lines.map((line) => (
          <CheckLineView key={line.id} line={line} answer={line.answer} photos={photos} needs={NEEDS_A_WORD} choose={photos} change={(next) => put(line.id, next)} />
        ))}
      </ol>
      <div className="check-bar no-print">
        <p className="wrong" role="alert">
          {doing.wrong}
        </p>
        <Progress lines={lines} />
        {Object.keys(draft).length > 0 ? (
          <button className="button button-main button-big" disabled={doing.busy} onClick={() => void save()}>
            {t('checks.save', { n: Object.keys(draft).length })}
          </button>
        ) : (
          <Ending file={file} doing={doing} />
        )}
      </div>
    </>
  );
}

const NEEDS_A_WORD: readonly LineAnswer['result'][] = ['not_ok', 'not_applicable'];

/** Of a draft only what this inspection asks. */
const asAsked = (file: Inspection, draft: Answers): Answers => Object.fromEntries(Object.entries(draft).filter(([id]) => file.lines.some((line) => line.id === id)));

/** Somebody else has changed it: said so, instead of what the protocol calls it. */
const told =
  (stale: string) =>
  (error: unknown): never => {
    throw error instanceof ApiError && error.status === 412 ? new Error(stale) : error;
  };

function Progress({ lines }: { lines: readonly AnsweredLine[] }) {
  const { t } = useWords();
  const done = lines.filter((line) => isComplete(line.answer)).length;
  return (
    <p className="my-progress">
      <progress max={lines.length} value={done} aria-label={t('checks.progress', { n: done, of: lines.length })} />
      <span aria-hidden="true">{t('checks.progress', { n: done, of: lines.length })}</span>
    </p>
  );
}

/** The last word: what follows from the lines is shown before it is said; what was begun by mistake is void. */
function Ending({ file, doing }: { file: Inspection; doing: Doing }) {
  const { t } = useWords();
  const change = useChange(file);
  const [asked, setAsked] = useState<'conclude' | 'void' | null>(null);
  const [words, setWords] = useState('');
  const outcome = outcomeOf(file.lines);
  const end = (): Promise<boolean> => doing.run(() => change(asked === 'void' ? { void: words.trim() } : { conclude: words.trim() }).catch(told(t('inspections.stale'))), t(asked === 'void' ? 'inspections.voided' : 'inspections.concluded'));
  if (asked === null)
    return (
      <p className="row">
        <button className="button button-main" disabled={outcome === null} onClick={() => setAsked('conclude')}>
          {t('inspections.conclude')}
        </button>
        <button className="button" onClick={() => setAsked('void')}>
          {t('inspections.void')}
        </button>
        {outcome === null && <span className="muted small">{t('inspections.gaps', { n: file.gaps.length })}</span>}
      </p>
    );
  return (
    <form className="step-form" onSubmit={(event) => (event.preventDefault(), void end())}>
      {asked === 'conclude' && outcome && <Foreseen file={file} outcome={outcome} />}
      <div className="field">
        <label htmlFor="last-word">{t(asked === 'void' ? 'inspections.voidWhy' : 'inspections.note')}</label>
        <textarea id="last-word" rows={2} maxLength={2000} required={asked === 'void'} value={words} onChange={(event) => setWords(event.target.value)} />
      </div>
      <p className="row">
        <button className={asked === 'void' ? 'button button-bad' : 'button button-main'} disabled={doing.busy || (asked === 'void' && !words.trim())}>
          {t(asked === 'void' ? 'inspections.voidNow' : 'inspections.concludeNow')}
        </button>
        <button type="button" className="button" onClick={() => setAsked(null)}>
          {t('setup.cancel')}
        </button>
      </p>
    </form>
  );
}

function Foreseen({ file, outcome }: { file: Inspection; outcome: Exclude<Inspection['outcome'], ''> }) {
  const { t, name } = useWords();
  const effect = file.list.gates ? t(`inspectionEffect.${outcome}`, { days: (outcome === 'passed' ? file.list.valid_days : file.list.correct_days) ?? 0 }) : t('inspections.gatesNot');
  return (
    <p>
      <strong>{t('inspections.foreseen', { outcome: name('visit', outcome) })}</strong> {effect}
    </p>
  );
}

/** What may be done next: a button each, with what it will do, and what it needs before it is done. */
import { useId, useState, type FormEvent } from 'react';
import { ApiError } from '../core/http';
import { instantOf, wallOf } from '../core/when';
import { useSay } from '../shell/notes';
import { useSentence } from '../shell/states';
import { useWords } from '../words';
import { usePreview, useSteps, type Taking } from './data';
import { ProofField } from './proof';
import type { CaseFile, Permitted } from './types';

const MAIN = new Set(['order', 'accept', 'rectify', 'acknowledge', 'plan']);
const GRAVE = new Set(['withdraw', 'uphold']);
const DAY_MS = 86_400_000;

export function Steps({ file }: { file: CaseFile }) {
  const { t, name, language } = useWords();
  const [open, setOpen] = useState<string | null>(null);
  const step = file.permitted.find((each) => each.action === open);
  if (file.permitted.length === 0) return <p className="muted">{t(file.turn === 'none' ? 'cases.over' : 'cases.nothing')}</p>;
  return (
    <div className="steps">
      {file.permitted.map((each) => (
        <div key={each.action} className="step-choice">
          <button
            className={MAIN.has(each.action) ? 'button button-main' : GRAVE.has(each.action) ? 'button button-bad' : 'button'}
            aria-expanded={open === each.action}
            onClick={() => setOpen(open === each.action ? null : each.action)}
          >
            {name('step', each.action)}
          </button>
          <p className="muted small">{language === 'en' ? each.does.en : each.does.zh}</p>
          {step?.action === each.action && <StepForm key={each.action} file={file} step={step} done={() => setOpen(null)} />}
        </div>
      ))}
    </div>
  );
}

function StepForm({ file, step, done }: { file: CaseFile; step: Permitted; done: () => void }) {
  const { t, name } = useWords();
  const id = useId();
  const say = useSay();
  const sentence = useSentence();
  const take = useSteps(file);
  const [reason, setReason] = useState('');
  const [proof, setProof] = useState<string[]>([]);
  const [until, setUntil] = useState(() => wallOf(new Date(Date.now() + 2 * DAY_MS).toISOString(), file.time_zone));
  const [wrong, setWrong] = useState('');
  const [busy, setBusy] = useState(false);
  const needs = (what: string): boolean => step.needs.some((need) => need === what);
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const wanted: Taking = { action: step.action };
    if (needs('reason')) wanted.reason = reason.trim();
    if (needs('proof')) wanted.proof = proof;
    const instant = instantOf(until, file.time_zone);
    if (needs('until') && instant) wanted.until = instant;
    if (needs('reason') && !wanted.reason) return setWrong(t('step.reasonMissing'));
    if (needs('proof') && proof.length === 0) return setWrong(t('step.proofMissing'));
    setBusy(true);
    try {
      await take(wanted);
      say({ text: t('step.done', { step: name('step', step.action) }) });
      done();
    } catch (error) {
      const stale = error instanceof ApiError && (error.status === 409 || error.status === 412);
      setWrong(stale ? t('step.conflict') : sentence(error));
      setBusy(false);
    }
  };
  return (
    <form className="step-form" onSubmit={(event) => void submit(event)}>
      {step.action === 'order' && <Preview file={file} />}
      {needs('reason') && (
        <div className="field">
          <label htmlFor={`${id}-reason`}>{t('step.reason')}</label>
          <textarea id={`${id}-reason`} rows={3} maxLength={4000} autoFocus value={reason} onChange={(e) => setReason(e.target.value)} />
        </div>
      )}
      {needs('until') && (
        <div className="field">
          <label htmlFor={`${id}-until`}>{t('step.until', { zone: file.time_zone })}</label>
          <input id={`${id}-until`} type="datetime-local" value={until} onChange={(e) => setUntil(e.target.value)} required />
        </div>
      )}
      {needs('proof') && <ProofField file={file} action={step.action} chosen={proof} choose={setProof} />}
      <p className="wrong" role="alert">
        {wrong}
      </p>
      <div className="row">
        <button className={GRAVE.has(step.action) ? 'button button-bad' : 'button button-main'} disabled={busy}>
          {t('step.confirm', { step: name('step', step.action) })}
        </button>
        <button type="button" className="button" onClick={done}>
          {t('setup.cancel')}
        </button>
      </div>
    </form>
  );
}

/** The order as it would be sent now. */
function Preview({ file }: { file: CaseFile }) {
  const { t } = useWords();
  const query = usePreview(file.id, true);
  const sentence = useSentence();
  if (query.isPending) return <p className="muted">{t('app.loading')}</p>;
  if (query.isError) return <p className="wrong">{sentence(query.error)}</p>;
  return <OrderText texts={query.data} />;
}

export function OrderText({ texts }: { texts: NonNullable<CaseFile['order']> }) {
  const { language } = useWords();
  const told = texts[language === 'en' ? 'en' : 'zh'];
  return (
    <blockquote className="order-text">
      <strong>{told.title}</strong>
      {told.body.split('\n').map((line, i) => (
        <p key={i}>{line}</p>
      ))}
    </blockquote>
  );
}

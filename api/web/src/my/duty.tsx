/** One duty: what was seen and why it matters, until when, and the ways to answer. */
import { useQueryClient } from '@tanstack/react-query';
import { useId, useState, type FormEvent } from 'react';
import { ClockCard } from '../cases/clock';
import { useCase } from '../cases/data';
import { Signs } from '../cases/parts';
import { OrderText } from '../cases/steps';
import { Story } from '../cases/story';
import { Thread } from '../cases/thread';
import type { CaseFile, Permitted } from '../cases/types';
import { format, go } from '../core/route';
import { at } from '../core/when';
import { TierSign } from '../shell/badges';
import { follow } from '../shell/header';
import { useSay } from '../shell/notes';
import { Failure, Loading, useSentence } from '../shell/states';
import { useWords } from '../words';
import { answer, useWaiting } from './outbox';
import { firstOf } from './room';

export function DutyPage({ id }: { id: string }) {
  const query = useCase(id);
  if (query.isPending) return <Loading />;
  if (query.isError && !query.data) return <Failure error={query.error} retry={() => void query.refetch()} />;
  return <DutyView file={query.data} />;
}

function DutyView({ file }: { file: CaseFile }) {
  const { t, name, language } = useWords();
  const event = file.events.find((each) => each.left_at === null) ?? file.events[0];
  const ours = file.clocks.filter((clock) => clock.stopped_at === null && clock.party === 'kitchen');
  const kind = language === 'en' ? file.kind_names.en : file.kind_names.zh;
  return (
    <>
      <a className="my-back" href="/my" onClick={follow}>
        ← {t('my.back')}
      </a>
      <article className="duty duty-whole" data-stage={file.stage}>
        {event && <img src={`/v1/events/${event.id}/media/annotated_blurred`} alt={t('player.alt', { kind })} onError={(e) => (e.currentTarget.hidden = true)} />}
        <div className="duty-body">
          <h1>
            <TierSign tier={file.tier} size={24} /> {kind}
          </h1>
          {event && (
            <p className="muted">
              {name('zone', event.zone.type)} · {event.camera_name || event.camera} · {at(event.started_at, file.time_zone, 'minute')}
            </p>
          )}
          <p className="duty-signs">
            <span className="tag">{t(`stage.${file.stage}`)}</span>
            <Signs file={file} />
          </p>
        </div>
      </article>
      <Answers file={file} />
      {ours.length > 0 && (
        <ul className="clocks">
          {ours.map((clock) => (
            <ClockCard key={clock.name} clock={clock} zone={file.time_zone} />
          ))}
        </ul>
      )}
      {file.order && (
        <details className="my-more">
          <summary>{t('cases.orderText')}</summary>
          <OrderText texts={file.order} />
        </details>
      )}
      <Thread file={file} mine="kitchen" />
      <details className="my-more" open>
        <summary>{t('cases.story')}</summary>
        <Story file={file} links={false} />
      </details>
    </>
  );
}

function Answers({ file }: { file: CaseFile }) {
  const { t, name } = useWords();
  const first = file.turn === 'kitchen' ? firstOf(file.permitted) : undefined;
  const [open, setOpen] = useState<string | null>(null);
  const waits = useWaiting().filter((item) => item.id === file.id && !item.refused);
  if (waits.length > 0) return <p className="waiting">{t('my.thisWaits')}</p>;
  // What is put right is shown by the five-fixed camera.
  const begin = (action: string): void => (action === 'rectify' ? go(format('my', { photo: file.id })) : setOpen(action));
  const step = file.permitted.find((each) => each.action === open);
  if (step) return <AnswerForm key={step.action} file={file} step={step} done={() => setOpen(null)} />;
  const others = file.permitted.filter((each) => each !== first);
  return (
    <section className="answers" aria-label={t('my.answer')}>
      {first && (
        <button className="button button-main button-big" onClick={() => begin(first.action)}>
          {name('step', first.action)}
        </button>
      )}
      {!first && file.turn !== 'none' && <p className="muted">{t('my.waitForThem')}</p>}
      <div className="answers-more">
        {others.map((each) => (
          <button key={each.action} className="button" onClick={() => begin(each.action)}>
            {name('step', each.action)}
          </button>
        ))}
      </div>
    </section>
  );
}

function AnswerForm({ file, step, done }: { file: CaseFile; step: Permitted; done: () => void }) {
  const { t, name, language } = useWords();
  const queries = useQueryClient();
  const id = useId();
  const say = useSay();
  const sentence = useSentence();
  const [reason, setReason] = useState('');
  const [wrong, setWrong] = useState('');
  const [busy, setBusy] = useState(false);
  const asksWhy = step.needs.some((need) => need === 'reason');
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (asksWhy && !reason.trim()) return setWrong(t('step.reasonMissing'));
    setBusy(true);
    try {
      const body = { ...(asksWhy && { reason: reason.trim() }) };
      const fate = await answer({ about: 'cases', id: file.id, action: step.action, body, etag: file.etag });
      say({ text: t(fate === 'sent' ? 'step.done' : 'my.kept', { step: name('step', step.action) }) });
      done();
    } catch (error) {
      setWrong(sentence(error));
      setBusy(false);
    }
    void queries.invalidateQueries({ queryKey: ['cases'] });
  };
  return (
    <form className="step-form" onSubmit={(event) => void submit(event)}>
      <p>
        <strong>{name('step', step.action)}</strong> · {language === 'en' ? step.does.en : step.does.zh}
      </p>
      {asksWhy && (
        <div className="field">
          <label htmlFor={id}>{name('ask', step.action)}</label>
          <textarea id={id} rows={4} maxLength={4000} autoFocus value={reason} onChange={(e) => setReason(e.target.value)} />
        </div>
      )}
      <p className="wrong" role="alert">
        {wrong}
      </p>
      <button className="button button-main button-big" disabled={busy}>
        {t('step.confirm', { step: name('step', step.action) })}
      </button>
      <button type="button" className="button button-big" onClick={done}>
        {t('setup.cancel')}
      </button>
    </form>
  );
}

/** One verdict on a whole incident: every picture is shown first, and each verdict can be taken back. */
import { useEffect, useRef, useState } from 'react';
import { REASONS, type KitchenEvent, type Reason, type Verdict } from '../core/types';
import { at } from '../core/when';
import { useWords } from '../words';

export interface BulkProps {
  events: readonly KitchenEvent[];
  decide: (events: readonly KitchenEvent[], verdict: Verdict, reason: Reason | null) => void;
  close: () => void;
}

export function Bulk({ events, decide, close }: BulkProps) {
  const { t, kind } = useWords();
  const dialog = useRef<HTMLDialogElement>(null);
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const [reason, setReason] = useState<Reason>(REASONS[0]);
  useEffect(() => dialog.current?.showModal(), []);
  const chosen = events.filter((event) => !left.has(event.id));
  const toggle = (id: string): void => {
    const next = new Set(left);
    if (!next.delete(id)) next.add(id);
    setLeft(next);
  };
  const say = (verdict: Verdict): void => {
    close();
    decide(chosen, verdict, verdict === 'dismissed' ? reason : null);
  };
  const [first] = events;
  return (
    <dialog ref={dialog} className="bulk" onClose={close} aria-labelledby="bulk-title">
      <h2 id="bulk-title">{t('bulk.title', { kind: first ? kind(first.kind) : '', n: chosen.length })}</h2>
      <p className="muted small">{t('bulk.help')}</p>
      <div className="bulk-grid">
        {events.map((event) => (
          <label key={event.id} className="bulk-one" data-left={left.has(event.id)}>
            <Picture event={event} />
            <span className="row">
              <input type="checkbox" checked={!left.has(event.id)} onChange={() => toggle(event.id)} />
              <span className="number small">{at(event.opened_at, event.time_zone, 'clock')}</span>
            </span>
          </label>
        ))}
      </div>
      <div className="row bulk-verdicts">
        <button className="button verdict-yes" disabled={chosen.length === 0} onClick={() => say('confirmed')}>
          {t('verdict.confirm')}
        </button>
        <button className="button verdict-no" disabled={chosen.length === 0} onClick={() => say('dismissed')}>
          {t('verdict.dismiss')}
        </button>
        <select className="select" aria-label={t('verdict.whyNot')} value={reason} onChange={(e) => setReason(e.target.value as Reason)}>
          {REASONS.map((each) => (
            <option key={each} value={each}>
              {t(`reason.${each}`)}
            </option>
          ))}
        </select>
        <button className="button verdict-unsure" disabled={chosen.length === 0} onClick={() => say('unsure')}>
          {t('verdict.unsure')}
        </button>
        <button className="button button-quiet push" onClick={close}>
          {t('player.cancel')}
        </button>
      </div>
    </dialog>
  );
}

/** Blurred, as everything that is shown in numbers. */
function Picture({ event }: { event: KitchenEvent }) {
  const { t, kind } = useWords();
  const name = event.evidence.annotated_blurred ? 'annotated_blurred' : event.evidence.snapshot_blurred ? 'snapshot_blurred' : null;
  if (!name) return <span className="bulk-none muted small">{t('player.noMedia')}</span>;
  return <img src={`/v1/events/${event.id}/media/${name}`} alt={t('player.alt', { kind: kind(event.kind) })} loading="lazy" />;
}

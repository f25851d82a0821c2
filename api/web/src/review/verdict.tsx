/** The decision: three buttons with their keys, the reasons of a false alarm, undo. */
import { useEffect, useImperativeHandle, useRef, useState, type KeyboardEvent, type Ref } from 'react';
import { REASONS, type KitchenEvent, type Reason, type Verdict } from '../core/types';
import { Key, StatusSign } from '../shell/badges';
import { useWords } from '../words';

export interface VerdictHandle {
  askReason: () => void;
}
export interface VerdictProps {
  event: KitchenEvent;
  decide: (verdict: Verdict, reason: Reason | null) => void;
  undo: () => void;
  ref: Ref<VerdictHandle>;
}

export function VerdictBar({ event, decide, undo, ref }: VerdictProps) {
  const { t } = useWords();
  const [asking, setAsking] = useState(false);
  const opener = useRef<HTMLButtonElement>(null);
  useImperativeHandle(ref, () => ({ askReason: () => setAsking(true) }));
  useEffect(() => setAsking(false), [event.id]);
  const close = (): void => {
    setAsking(false);
    opener.current?.focus();
  };
  const choose = (reason: Reason): void => {
    setAsking(false);
    decide('dismissed', reason);
  };
  return (
    <div className="verdict" role="toolbar" aria-label={t('verdict.label')}>
      <button className="button verdict-yes" onClick={() => decide('confirmed', null)}>
        <Key>Y</Key> {t('verdict.confirm')}
      </button>
      <div className="verdict-no-box">
        <button ref={opener} className="button verdict-no" aria-haspopup="menu" aria-expanded={asking} onClick={() => setAsking(!asking)}>
          <Key>N</Key> {t('verdict.dismiss')} <span aria-hidden="true">▾</span>
        </button>
        {asking && <ReasonMenu choose={choose} close={close} />}
      </div>
      <button className="button verdict-unsure" onClick={() => decide('unsure', null)}>
        <Key>U</Key> {t('verdict.unsure')}
      </button>
      <button className="button button-quiet" onClick={undo}>
        <Key>Z</Key> {t('verdict.undo')}
      </button>
      {event.status !== 'pending_review' && (
        <span className="push">
          <StatusSign status={event.status} />
        </span>
      )}
    </div>
  );
}

function ReasonMenu({ choose, close }: { choose: (reason: Reason) => void; close: () => void }) {
  const { t } = useWords();
  const menu = useRef<HTMLDivElement>(null);
  const items = (): HTMLButtonElement[] => [...(menu.current?.querySelectorAll('button') ?? [])];
  useEffect(() => items()[0]?.focus(), []);
  useEffect(() => {
    const outside = (e: Event): void => {
      if (e.target instanceof Node && !menu.current?.parentElement?.contains(e.target)) close();
    };
    document.addEventListener('pointerdown', outside);
    return () => document.removeEventListener('pointerdown', outside);
  }, [close]);
  const key = (e: KeyboardEvent): void => {
    const all = items();
    const now = all.indexOf(document.activeElement as HTMLButtonElement);
    const move = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[e.key];
    const picked = REASONS[Number(e.key) - 1];
    if (move) all[(now + move + all.length) % all.length]?.focus();
    else if (picked) choose(picked);
    else if (e.key === 'Escape' || e.key === 'Tab') close();
    else return;
    e.preventDefault();
    e.stopPropagation();
  };
  return (
    <div className="menu" role="menu" ref={menu} aria-label={t('verdict.whyNot')} onKeyDown={key}>
      <p className="menu-title small muted" aria-hidden="true">
        {t('verdict.whyNot')}
      </p>
      {REASONS.map((reason, i) => (
        <button key={reason} role="menuitem" tabIndex={-1} onClick={() => choose(reason)}>
          <Key>{String(i + 1)}</Key> {t(`reason.${reason}`)}
        </button>
      ))}
    </div>
  );
}

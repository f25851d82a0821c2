/** A deadline as a clock: whose it is, how much is left, why it runs and what stops it. */
import { shareOf, spanOf } from '../core/left';
import { useNow } from '../core/now';
import { at } from '../core/when';
import { useWords } from '../words';
import type { Clock } from './types';

const SOON_S = 3600;

export function useLeft(): (s: number) => string {
  const { t } = useWords();
  return (s) => {
    const { late, parts } = spanOf(s);
    const told = parts.map(({ n, unit }) => t(`age.${unit}`, { n })).join(' ');
    return t(late ? 'clock.late' : 'clock.left', { span: told });
  };
}

const secondsTo = (iso: string, now: number): number => (new Date(iso).getTime() - now) / 1000;

/** One line for a card of the board. */
export function Due({ clock, now }: { clock: Clock; now: number }) {
  const { t, name } = useWords();
  const left = useLeft();
  const s = clock.paused_left_s ?? secondsTo(clock.due_at, now);
  const state = clock.paused_left_s !== null ? 'paused' : s < 0 ? 'late' : s < SOON_S ? 'soon' : 'running';
  return (
    <span className={`due due-${state}`}>
      <span aria-hidden="true">{state === 'paused' ? '‖' : state === 'late' ? '!' : '◷'}</span>
      {name('clock', clock.name)} · {state === 'paused' ? t('clock.paused') : left(s)}
    </span>
  );
}

/** Duties first; the window for an appeal is nobody's duty. */
const isDuty = (clock: Clock): boolean => clock.party !== 'system' && clock.name !== 'appeal';

export function nextClock(clocks: readonly Clock[]): Clock | undefined {
  const going = clocks.filter((clock) => clock.stopped_at === null);
  const duties = going.filter((clock) => isDuty(clock));
  return [...(duties.length > 0 ? duties : going)].sort((a, b) => a.due_at.localeCompare(b.due_at))[0];
}

/** What ends the whole case stops every clock: said only where nothing else does. */
const ENDS = new Set(['uphold', 'accept', 'inspect', 'withdraw']);
function stopping(clock: Clock): string[] {
  const own = clock.stops_with.filter((step) => !ENDS.has(step));
  return own.length > 0 ? own : clock.stops_with;
}

export function ClockCard({ clock, zone }: { clock: Clock; zone: string }) {
  const { t, name, language } = useWords();
  const left = useLeft();
  const now = useNow(1000);
  const paused = clock.paused_left_s !== null;
  const s = clock.paused_left_s ?? secondsTo(clock.due_at, now);
  const state = clock.stopped_at ? 'stopped' : paused ? 'paused' : s < 0 ? 'late' : s < SOON_S ? 'soon' : 'running';
  const share = clock.stopped_at ? 1 : shareOf(clock.started_at, clock.due_at, now);
  return (
    <li className={`clock clock-${state}`}>
      <svg className="clock-face" viewBox="0 0 36 36" aria-hidden="true">
        <circle cx="18" cy="18" r="15" pathLength="100" />
        <circle className="clock-hand" cx="18" cy="18" r="15" pathLength="100" strokeDasharray={`${share * 100} 100`} />
      </svg>
      <div>
        <p className="clock-head">
          <strong>{name('clock', clock.name)}</strong>
          <span className={`party party-${clock.party}`}>{t('clock.of', { party: name('party', clock.party) })}</span>
        </p>
        <p className="clock-left number">
          {state === 'stopped' ? t('clock.stopped', { by: name('step', clock.stopped_by) }) : paused ? t('clock.pausedLeft', { span: left(s) }) : left(s)}
        </p>
        <p className="muted small">
          {state === 'stopped' && clock.stopped_at ? at(clock.stopped_at, zone, 'minute') : !paused && t('clock.due', { at: at(clock.due_at, zone, 'minute') })}
          {clock.in_working_time && state !== 'stopped' && ` ${t('clock.workingTime')}`}
        </p>
        {state !== 'stopped' && (
          <>
            <p className="muted small">{language === 'en' ? clock.why.en : clock.why.zh}</p>
            <p className="muted small">{t('clock.stopsWith', { steps: stopping(clock).map((step) => name('step', step)).join(' / ') })}</p>
          </>
        )}
      </div>
    </li>
  );
}

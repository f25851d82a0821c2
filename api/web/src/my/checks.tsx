/** The self-checks of a kitchen: what is open, by when, who signs; and what was signed or missed. */
import type { SelfCheck } from '../core/api.gen';
import { useNow } from '../core/now';
import { format } from '../core/route';
import { at } from '../core/when';
import { useLeft } from '../cases/clock';
import { follow } from '../shell/header';
import { Empty, Failure, Loading } from '../shell/states';
import { useWords } from '../words';
import { useOpenChecks, usePastChecks } from './checkdata';
import { Visits } from './visits';

const SOON_S = 4 * 3600;

/** A day, or from the first to the last day: `ends_on` is the day after. */
export function daysOf(check: Pick<SelfCheck, 'starts_on' | 'ends_on'>): string {
  const last = new Date(Date.parse(check.ends_on) - 86_400_000).toISOString().slice(0, 10);
  return last === check.starts_on ? last : `${check.starts_on} – ${last}`;
}

export function ChecksPage() {
  const { t } = useWords();
  const open = useOpenChecks();
  const past = usePastChecks();
  if (open.isPending) return <Loading />;
  if (open.isError && !open.data) return <Failure error={open.error} retry={() => void open.refetch()} />;
  return (
    <>
      {open.data.length === 0 && <Empty title={t('checks.none')} help={t('checks.noneHelp')} />}
      {open.data.map((each) => (
        <OpenCheck key={each.id} check={each} />
      ))}
      {past.data && past.data.length > 0 && (
        <section>
          <h2 className="my-part">{t('checks.past')}</h2>
          <ul className="my-list">
            {past.data.map((each) => (
              <PastCheck key={each.id} check={each} />
            ))}
          </ul>
        </section>
      )}
      <Visits />
    </>
  );
}

/** Until when: its end, and after that the little time in which it is late. */
export function CheckDue({ check }: { check: SelfCheck }) {
  const { t } = useWords();
  const left = useLeft();
  const now = useNow();
  const toEnd_s = (Date.parse(check.ends_at) - now) / 1000;
  const late = toEnd_s < 0;
  const s = late ? (Date.parse(check.closes_at) - now) / 1000 : toEnd_s;
  return (
    <span className={`due due-${late ? 'late' : s < SOON_S ? 'soon' : 'running'}`}>
      <span aria-hidden="true">{late ? '!' : '◷'}</span>
      {late ? t('checks.lateUntil', { left: left(s) }) : left(s)}
    </span>
  );
}

function OpenCheck({ check }: { check: SelfCheck }) {
  const { t, name, language } = useWords();
  const done = check.lines.length - check.gaps.length;
  return (
    <article className="duty" data-check={check.id} data-round={check.round}>
      <div className="duty-body">
        <h2>
          {language === 'en' ? check.name.en : check.name.zh} <span className="muted small">{daysOf(check)}</span>
        </h2>
        <p className="duty-signs">
          <CheckDue check={check} />
          <span className="tag">{t('checks.signedBy', { post: name('post', check.post) })}</span>
        </p>
        <p className="my-progress">
          <progress max={check.lines.length} value={done} aria-label={t('checks.progress', { n: done, of: check.lines.length })} />
          <span aria-hidden="true">{t('checks.progress', { n: done, of: check.lines.length })}</span>
        </p>
        <a className="button button-main button-big" href={format('my', { check: check.id })} onClick={follow}>
          {t(check.gaps.length === 0 ? 'checks.sign' : done === 0 ? 'checks.begin' : 'checks.goOn')}
        </a>
      </div>
    </article>
  );
}

function PastCheck({ check }: { check: SelfCheck }) {
  const { t, name, language } = useWords();
  const wrong = check.lines.filter((line) => line.answer?.result === 'not_ok').length;
  return (
    <li>
      <a href={format('my', { check: check.id })} onClick={follow} data-state={check.state}>
        <strong>{language === 'en' ? check.name.en : check.name.zh}</strong>
        <span className="muted">{daysOf(check)}</span>
        <span className={check.state === 'missed' ? 'wrong push' : 'push'}>
          {name('checkState', check.state)}
          {check.signed_late && ` · ${t('checks.late')}`}
        </span>
        {(check.signed_at || wrong > 0) && (
          <span className="muted small my-list-more">
            {check.signed_at && `${check.signed_by} ${at(check.signed_at, check.time_zone, 'minute')}`}
            {wrong > 0 && ` · ${t('checks.wrong', { n: wrong })}`}
          </span>
        )}
      </a>
    </li>
  );
}

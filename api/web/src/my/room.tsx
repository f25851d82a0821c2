/** The kitchen's pages, made for a phone: one card per duty, one big button, and what waits for the network. */
import '../styles/my.css';
import '../styles/cases.css';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { get } from '../core/http';
import { useNow } from '../core/now';
import { format, useRoute } from '../core/route';
import type { Session } from '../core/types';
import { at } from '../core/when';
import { Due, nextClock } from '../cases/clock';
import { caseQuery } from '../cases/data';
import { Signs } from '../cases/parts';
import type { CaseHead, Both, Permitted } from '../cases/types';
import { TierSign } from '../shell/badges';
import { follow } from '../shell/header';
import { useSay } from '../shell/notes';
import { Empty, Failure, Loading } from '../shell/states';
import { useWords } from '../words';
import { keepForAway } from './away';
import { BatchPage } from './batch';
import { CameraPage } from './camera';
import { CheckPage } from './check';
import { ChecksPage } from './checks';
import { DutyPage } from './duty';
import { MyNav } from './nav';
import { NoticePage, NoticesPage } from './notices';
import { flush, forget, openFor, useWaiting } from './outbox';
import { ScorePage } from './score';
import { TrainingDue, VisitPage } from './visits';

export type Duty = CaseHead & { kind_names: Both; permitted: Permitted[] };
const FRESH_MS = 60_000;
const FLUSH_MS = 20_000;

export const useDuties = (open: boolean) =>
  useQuery({
    queryKey: ['cases', 'mine', open],
    queryFn: async ({ signal }) => (await get<{ items: Duty[] }>('/v1/my/cases', open ? { sort: 'due' } : { open: false, limit: 30 }, signal)).items,
    refetchInterval: FRESH_MS,
  });

/** Sends what waits whenever there may be a network again. */
function useFlushing(account: string): void {
  const queries = useQueryClient();
  const say = useSay();
  const { t } = useWords();
  useEffect(() => {
    const go = (): void =>
      void flush().then((sent) => {
        if (sent === 0) return;
        say({ text: t('my.sentNow', { n: sent }) });
        for (const asked of ['cases', 'selfchecks', 'notices']) void queries.invalidateQueries({ queryKey: [asked] });
      });
    void openFor(account).then(go);
    const timer = window.setInterval(go, FLUSH_MS);
    window.addEventListener('online', go);
    return () => {
      window.clearInterval(timer);
      void openFor('');
      window.removeEventListener('online', go);
    };
  }, [account, queries, say, t]);
}

/** From the first visit on the pages open without a network. */
function useKeeping(): void {
  const queries = useQueryClient();
  useEffect(() => {
    const again = async (): Promise<void> => {
      if (!(await keepForAway())) return;
      // What is still under way passes the service worker by, and is not asked again before it has come.
      while (queries.isFetching() > 0) await new Promise((done) => window.setTimeout(done, 50));
      await queries.invalidateQueries({ refetchType: 'all' });
    };
    void again();
  }, [queries]);
}

export default function My({ session }: { session: Session }) {
  const { params } = useRoute();
  useKeeping();
  useFlushing(session.user.name);
  return (
    <main id="main" className="room my">
      <WaitingList />
      <Page params={params} account={session.user.name} />
    </main>
  );
}

/** Which page the address asks for: one thing, or one of the five places. */
function Page({ params, account }: { params: URLSearchParams; account: string }) {
  const [photo, duty, check, notice, visit] = ['photo', 'case', 'check', 'notice', 'inspection'].map((each) => params.get(each));
  const line = params.get('line');
  if (photo) return <CameraPage key={photo} about={{ id: photo, line, matter: line ? 'selfcheck' : params.has('visit') ? 'inspection' : 'case' }} account={account} />;
  if (duty) return <DutyPage key={duty} id={duty} />;
  if (check) return <CheckPage key={check} id={check} account={account} />;
  if (notice) return <NoticePage key={notice} id={notice} />;
  if (visit) return <VisitPage key={visit} id={visit} />;
  const place = (['checks', 'batch', 'notices', 'score'] as const).find((each) => params.has(each)) ?? 'open';
  return (
    <>
      <MyNav now={place} />
      {place === 'open' && <Duties done={params.has('done')} />}
      {place === 'checks' && <ChecksPage />}
      {place === 'batch' && <BatchPage />}
      {place === 'notices' && <NoticesPage />}
      {place === 'score' && <ScorePage />}
    </>
  );
}

function WaitingList() {
  const { t, name } = useWords();
  const waiting = useWaiting();
  if (waiting.length === 0) return null;
  const refused = waiting.filter((item) => item.refused);
  return (
    <section className="waiting" aria-label={t('my.waiting')} role="status">
      {waiting.length > refused.length && <p>{t('my.waits', { n: waiting.length - refused.length })}</p>}
      <ul>
        {waiting.map((item) => (
          <li key={item.key}>
            <span>
              {name('step', item.action)} · {at(item.at, Intl.DateTimeFormat().resolvedOptions().timeZone, 'minute')}
            </span>
            {item.refused && (
              <>
                <span className="wrong">{t('my.refused', { why: item.refused })}</span>
                <button className="button" onClick={() => void forget(item.key)}>
                  {t('app.close')}
                </button>
              </>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Duties({ done }: { done: boolean }) {
  const { t } = useWords();
  const query = useDuties(!done);
  const now = useNow();
  if (query.isPending) return <Loading />;
  if (query.isError && !query.data) return <Failure error={query.error} retry={() => void query.refetch()} />;
  const duties = query.data;
  const ours = duties.filter((duty) => duty.turn === 'kitchen');
  const theirs = duties.filter((duty) => duty.turn !== 'kitchen');
  return (
    <>
      {done && (
        <a className="my-back" href="/my" onClick={follow}>
          ← {t('my.back')}
        </a>
      )}
      {!done && <TrainingDue />}
      {duties.length === 0 && <Empty title={t(done ? 'my.noneDone' : 'my.none')} help={t('my.noneHelp')} />}
      {ours.map((duty) => (
        <DutyCard key={duty.id} duty={duty} now={now} />
      ))}
      {theirs.length > 0 && !done && <h2 className="my-part">{t('my.theirs')}</h2>}
      {theirs.map((duty) => (
        <DutyCard key={duty.id} duty={duty} now={now} />
      ))}
      {!done && (
        <a className="my-back" href="/my?done=1" onClick={follow}>
          {t('my.seeDone')} →
        </a>
      )}
    </>
  );
}

/** What the kitchen should do first of all that it may do. */
const FIRST = ['acknowledge', 'plan', 'rectify'] as const;
export const firstOf = (permitted: readonly Permitted[]): Permitted | undefined =>
  FIRST.map((action) => permitted.find((each) => each.action === action)).find((each) => each !== undefined);

function DutyCard({ duty, now }: { duty: Duty; now: number }) {
  const { t, name, language } = useWords();
  const clock = nextClock(duty.clocks.filter((each) => duty.turn !== 'kitchen' || each.party === 'kitchen'));
  const first = duty.turn === 'kitchen' ? firstOf(duty.permitted) : undefined;
  const waiting = useWaiting().some((item) => item.id === duty.id && !item.refused);
  const queries = useQueryClient();
  // Its page is asked for ahead, so that it opens and can be answered where there is no network.
  useEffect(() => void (first && queries.prefetchQuery(caseQuery(duty.id))), [queries, first, duty.id]);
  return (
    <article className="duty" data-case={duty.id} data-turn={duty.turn}>
      <img src={`/v1/events/${duty.event}/media/snapshot_blurred`} alt="" loading="lazy" onError={(e) => (e.currentTarget.hidden = true)} />
      <div className="duty-body">
        <h2>
          <TierSign tier={duty.tier} size={22} /> {language === 'en' ? duty.kind_names.en : duty.kind_names.zh}
        </h2>
        <p className="duty-signs">
          {clock && <Due clock={clock} now={now} />}
          <Signs file={duty} />
        </p>
        {waiting && <p className="due due-paused">{t('my.thisWaits')}</p>}
        <a className={first ? 'button button-main button-big' : 'button button-big'} href={format('my', { case: duty.id })} onClick={follow}>
          {first ? name('step', first.action) : t('my.look')}
        </a>
      </div>
    </article>
  );
}

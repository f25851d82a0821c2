/** One case: pictures and story on the left; clocks, the next steps and the parties on the right. */
import type { User } from '../core/types';
import { at } from '../core/when';
import { TierSign } from '../shell/badges';
import { follow } from '../shell/header';
import { Failure, Loading } from '../shell/states';
import { useWords } from '../words';
import { ClockCard } from './clock';
import { useCase } from './data';
import { Officer } from './officer';
import { Signs, StagePath } from './parts';
import { Pictures } from './pictures';
import { OrderText, Steps } from './steps';
import { Story } from './story';
import { Thread } from './thread';
import type { CaseFile } from './types';

export function CaseRoom({ id, user }: { id: string; user: User }) {
  const query = useCase(id);
  if (query.isPending) return <Loading />;
  if (query.isError && !query.data) return <Failure error={query.error} retry={() => void query.refetch()} />;
  return <CaseView file={query.data} user={user} />;
}

function CaseView({ file, user }: { file: CaseFile; user: User }) {
  const { t, language } = useWords();
  const kind = language === 'en' ? file.kind_names.en : file.kind_names.zh;
  return (
    <main id="main" className="room case" data-stage={file.stage}>
      <header className="room-head case-head">
        <a className="no-print" href="/cases" onClick={follow}>
          ← {t('room.cases')}
        </a>
        <h1 className="row">
          <TierSign tier={file.tier} size={24} /> {kind} · {file.site_name}
        </h1>
        <Signs file={file} />
        <code className="muted small" title={file.id}>
          {t('cases.number', { id: file.id.slice(0, 8) })}
        </code>
        <button className="button push no-print" onClick={() => window.print()}>
          {t('cases.print')}
        </button>
      </header>
      <StagePath file={file} />
      <div className="case-columns">
        <div className="case-left">
          <Pictures file={file} />
          <section>
            <h2>{t('cases.story')}</h2>
            <Story file={file} />
          </section>
          {user.role !== 'analyst' && <Thread file={file} mine="supervisor" />}
          {file.order && (
            <details className="case-order" open>
              <summary>{t('cases.orderText')}</summary>
              <OrderText texts={file.order} />
            </details>
          )}
        </div>
        <aside className="case-right" aria-label={t('cases.next')}>
          <section className="no-print">
            <h2>{t('cases.next')}</h2>
            <Steps file={file} />
          </section>
          <Clocks file={file} />
          <Parties file={file} me={user.name} />
          <Penalty file={file} />
        </aside>
      </div>
    </main>
  );
}

function Clocks({ file }: { file: CaseFile }) {
  const { t } = useWords();
  const running = file.clocks.filter((clock) => clock.stopped_at === null);
  const stopped = file.clocks.filter((clock) => clock.stopped_at !== null);
  return (
    <section>
      <h2>{t('cases.clocks')}</h2>
      {running.length === 0 && <p className="muted">{t('cases.noClock')}</p>}
      <ul className="clocks">
        {running.map((clock) => (
          <ClockCard key={`${clock.name}${clock.started_at}`} clock={clock} zone={file.time_zone} />
        ))}
      </ul>
      {stopped.length > 0 && (
        <details>
          <summary className="muted small">{t('cases.stoppedClocks', { n: stopped.length })}</summary>
          <ul className="clocks">
            {stopped.map((clock) => (
              <ClockCard key={`${clock.name}${clock.started_at}`} clock={clock} zone={file.time_zone} />
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}

function Parties({ file, me }: { file: CaseFile; me: string }) {
  const { t, name } = useWords();
  const people = [...new Map(file.story.filter((entry) => entry.role !== 'system').map((entry) => [`${entry.role}/${entry.by}`, entry])).values()];
  return (
    <section>
      <h2>{t('cases.parties')}</h2>
      <dl className="lines">
        <div className="line">
          <dt>{name('party', 'kitchen')}</dt>
          <dd>{file.site_name}</dd>
        </div>
        {people.map((entry) => (
          <div className="line" key={`${entry.role}/${entry.by}`}>
            <dt>{name('party', entry.role)}</dt>
            <dd>{entry.by}</dd>
          </div>
        ))}
        <div className="line">
          <dt>{t('officer.title')}</dt>
          <dd>
            <Officer file={file} me={me} />
          </dd>
        </div>
        <div className="line">
          <dt>{t('cases.turn')}</dt>
          <dd>{file.turn === 'none' ? t('cases.over') : name('party', file.turn)}</dd>
        </div>
        <div className="line">
          <dt>{t('caseHead.began')}</dt>
          <dd className="number">{at(file.began_at, file.time_zone, 'minute')}</dd>
        </div>
      </dl>
      <p className="muted small">{t('detail.zoneTime', { zone: file.time_zone })}</p>
    </section>
  );
}

function Penalty({ file }: { file: CaseFile }) {
  const { t, name } = useWords();
  if (file.usable_as_penalty_evidence) return <p className="evidence-note evidence-ok">✓ {t('cases.penalty')}</p>;
  return (
    <section className="evidence-note">
      <p>
        <span aria-hidden="true">⚖</span> {t('cases.noPenalty')}
      </p>
      <ul className="small">
        {file.penalty_evidence_lacks.map((lack) => (
          <li key={lack}>{name('lack', lack)}</li>
        ))}
      </ul>
    </section>
  );
}

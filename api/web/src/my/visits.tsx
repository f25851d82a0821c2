/** What an authority found on the spot in this kitchen, whether it may supply, and the training that waits to be acknowledged. */
import '../styles/inspections.css';
import type { Inspection } from '../core/api.gen';
import { format } from '../core/route';
import { at } from '../core/when';
import { Outcome, Supply } from '../inspections/parts';
import { InspectionHead, InspectionKept } from '../inspections/page';
import { useInspection, useInspections, useSite } from '../inspections/data';
import { useSites } from '../review/data';
import { follow } from '../shell/header';
import { Failure, Loading } from '../shell/states';
import { useWords } from '../words';
import { useNotices } from './checkdata';
import { useRead, useText } from './notices';

export function Visits() {
  const { t } = useWords();
  const site = useSite(useSites().data?.[0]?.id ?? '').data;
  const { inspections } = useInspections({});
  const shown = inspections.filter((each) => each.state !== 'void');
  if (shown.length === 0 && (!site || site.may_supply === null)) return null;
  return (
    <section>
      <h2 className="my-part">{t('visits.title')}</h2>
      {site && site.may_supply !== null && <Supply site={site} />}
      <ul className="my-list">
        {shown.map((each) => (
          <Visit key={each.id} file={each} />
        ))}
      </ul>
    </section>
  );
}

function Visit({ file }: { file: Inspection }) {
  const { t, language } = useWords();
  const wrong = file.lines.filter((line) => line.answer?.result === 'not_ok').length;
  return (
    <li>
      <a href={format('my', { inspection: file.id })} onClick={follow} data-inspection={file.id}>
        <strong>{file.list.name[language === 'en' ? 'en' : 'zh']}</strong>
        <span className="push">
          <Outcome file={file} />
        </span>
        <span className="muted small my-list-more">
          {at(file.opened_at, file.time_zone, 'minute')}
          {wrong > 0 && ` · ${t('checks.wrong', { n: wrong })}`}
        </span>
      </a>
    </li>
  );
}

export function VisitPage({ id }: { id: string }) {
  const { t } = useWords();
  const query = useInspection(id);
  if (query.isPending) return <Loading />;
  if (query.isError && !query.data) return <Failure error={query.error} retry={() => void query.refetch()} />;
  const file = query.data;
  return (
    <>
      <a className="my-back" href="/my?checks=1" onClick={follow}>
        ← {t('my.back')}
      </a>
      <InspectionHead file={file} />
      {file.state === 'open' && (
        <>
          <p className="muted">{t('visits.open')}</p>
          <a className="button button-main button-big" href={format('my', { photo: id, visit: '1' })} onClick={follow}>
            ◉ {t('checks.photoMay')}
          </a>
        </>
      )}
      <InspectionKept file={file} />
    </>
  );
}

/** Each training that nobody here has acknowledged stands above the duties until somebody does. */
export function TrainingDue() {
  const { t } = useWords();
  const { notices } = useNotices();
  const isRead = useRead();
  const textOf = useText();
  const due = notices.filter((each) => each.kind === 'training' && !isRead(each));
  return due.map((each) => (
    <article key={each.id} className="duty" data-training={each.id}>
      <div className="duty-body">
        <h2>{textOf(each).title}</h2>
        <p className="duty-signs">
          <span className="tag notice-training">{t('noticeKind.training')}</span>
          {each.urged > 0 && <span className="wrong">{t('notices.urged', { n: each.urged })}</span>}
          <span className="muted small">{each.sender}</span>
        </p>
        <a className="button button-main button-big" href={format('my', { notice: each.id })} onClick={follow}>
          {t('visits.training')}
        </a>
      </div>
    </article>
  ));
}

/** The list of cases: every one that the filters want, by the page. */
import { useNow } from '../core/now';
import { format, go } from '../core/route';
import { at } from '../core/when';
import { TierSign } from '../shell/badges';
import { follow } from '../shell/header';
import { Empty, Failure, Loading } from '../shell/states';
import { useWords } from '../words';
import { Due, nextClock } from './clock';
import { useCases } from './data';
import type { Filters } from './filters';
import { Signs } from './parts';
import type { CaseHead } from './types';

export function CaseList({ filters }: { filters: Filters }) {
  const { t } = useWords();
  const now = useNow();
  const { found, cases } = useCases({ ...filters.narrow, stage: filters.told.stage, sort: filters.told.sort });
  if (found.isPending) return <Loading />;
  if (found.isError && !found.data) return <Failure error={found.error} retry={() => void found.refetch()} />;
  if (cases.length === 0)
    return (
      <Empty title={t('cases.none')} help={t('cases.noneHelp')}>
        <button className="button" onClick={() => go(format('cases', { view: 'list' }))}>
          {t('filter.clear')}
        </button>
      </Empty>
    );
  const heads = ['what', 'site', 'stage', 'due', 'began', 'signs'] as const;
  return (
    <>
      <div className="table-box" tabIndex={0}>
        <table className="table">
          <thead>
            <tr>
              {heads.map((head) => (
                <th key={head} scope="col">
                  {t(`caseHead.${head}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {cases.map((file) => (
              <CaseRow key={file.id} file={file} now={now} />
            ))}
          </tbody>
        </table>
      </div>
      {found.hasNextPage && (
        <button className="button queue-more" disabled={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
          {t('queue.more')}
        </button>
      )}
    </>
  );
}

function CaseRow({ file, now }: { file: CaseHead; now: number }) {
  const { t, kind } = useWords();
  const clock = nextClock(file.clocks);
  return (
    <tr>
      <th scope="row">
        <span className="row">
          <TierSign tier={file.tier} size={18} />
          <a href={format('cases', { case: file.id })} onClick={follow}>
            {kind(file.kind)}
          </a>
          {file.event_count > 1 && <span className="muted small">×{file.event_count}</span>}
        </span>
      </th>
      <td>{file.site_name}</td>
      <td>{t(`stage.${file.stage}`)}</td>
      <td>{clock ? <Due clock={clock} now={now} /> : '—'}</td>
      <td className="number">{at(file.began_at, file.time_zone, 'minute')}</td>
      <td>
        <span className="row">
          <Signs file={file} />
        </span>
      </td>
    </tr>
  );
}

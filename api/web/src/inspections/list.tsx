/** The inspections that the address asks for, newest first. */
import type { Inspection } from '../core/api.gen';
import { format, go } from '../core/route';
import { at } from '../core/when';
import { follow } from '../shell/header';
import { Empty, Failure, Loading } from '../shell/states';
import { useWords } from '../words';
import { useInspections, useLists } from './data';
import { Outcome } from './parts';

const FILTERS = ['list', 'state', 'outcome', 'site'] as const;
type Filter = (typeof FILTERS)[number];
const STATES = ['open', 'concluded', 'void'] as const;
const OUTCOMES = ['passed', 'to_correct', 'failed'] as const;
const HEADS = ['what', 'site', 'outcome', 'began', 'by', 'until'] as const;

export function InspectionList({ params }: { params: URLSearchParams }) {
  const { t } = useWords();
  const told = Object.fromEntries(FILTERS.map((each) => [each, params.get(each) ?? ''])) as Record<Filter, string>;
  const { found, inspections } = useInspections(told);
  const narrowed = FILTERS.some((each) => told[each]);
  return (
    <>
      <Filters told={told} />
      {found.isPending && <Loading />}
      {found.isError && !found.data && <Failure error={found.error} retry={() => void found.refetch()} />}
      {found.isSuccess && inspections.length === 0 && (
        <Empty title={t('inspections.none')} help={t(narrowed ? 'inspections.noneLike' : 'inspections.noneHelp')}>
          {narrowed && (
            <button className="button" onClick={() => go('/inspections')}>
              {t('filter.clear')}
            </button>
          )}
        </Empty>
      )}
      {inspections.length > 0 && <Table rows={inspections} />}
      {found.hasNextPage && (
        <button className="button queue-more" disabled={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
          {t('queue.more')}
        </button>
      )}
    </>
  );
}

function Filters({ told }: { told: Record<Filter, string> }) {
  const { t, name, language } = useWords();
  const lists = useLists().data ?? [];
  const set = (change: Partial<Record<Filter, string>>): void => go(format('inspections', { ...told, ...change }), { replace: true });
  const choice = (which: Filter, label: string, options: readonly (readonly [string, string])[]) => (
    <select className="select" aria-label={label} value={told[which]} onChange={(event) => set({ [which]: event.target.value })}>
      <option value="">{t('filter.any', { what: label })}</option>
      {options.map(([value, text]) => (
        <option key={value} value={value}>
          {text}
        </option>
      ))}
    </select>
  );
  return (
    <div className="row inspection-filters">
      {choice('list', t('inspections.listed'), lists.map((list) => [list.id, list.name[language === 'en' ? 'en' : 'zh'] ?? list.id]))}
      {choice('state', t('inspections.state'), STATES.map((state) => [state, t(`inspectionState.${state}`)]))}
      {choice('outcome', t('inspections.outcome'), OUTCOMES.map((outcome) => [outcome, name('visit', outcome)]))}
      {told.site && (
        <button className="button" onClick={() => set({ site: '' })}>
          {told.site} ✕
        </button>
      )}
    </div>
  );
}

function Table({ rows }: { rows: readonly Inspection[] }) {
  const { t } = useWords();
  return (
    <div className="table-box" tabIndex={0}>
      <table className="table">
        <thead>
          <tr>
            {HEADS.map((head) => (
              <th key={head} scope="col">
                {t(`inspectionHead.${head}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <Row key={row.id} row={row} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ row }: { row: Inspection }) {
  const { language } = useWords();
  return (
    <tr data-inspection={row.id}>
      <th scope="row">
        <a href={format('inspections', { inspection: row.id })} onClick={follow}>
          {row.list.name[language === 'en' ? 'en' : 'zh']}
        </a>
      </th>
      <td>{row.site_name}</td>
      <td>
        <Outcome file={row} />
      </td>
      <td className="number">{at(row.opened_at, row.time_zone, 'minute')}</td>
      <td>{row.opened_by}</td>
      <td className="number">{row.valid_until ? at(row.valid_until, row.time_zone, 'minute').slice(0, 10) : '—'}</td>
    </tr>
  );
}

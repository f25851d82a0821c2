/** The board: one column per next actor, in each the case whose clock ends first on top. */
import { memo } from 'react';
import { useNow } from '../core/now';
import { format } from '../core/route';
import { TierSign } from '../shell/badges';
import { follow } from '../shell/header';
import { Failure } from '../shell/states';
import { useWords } from '../words';
import { Due, nextClock } from './clock';
import { useCases } from './data';
import { Signs } from './parts';
import type { Filters } from './filters';
import type { CaseHead } from './types';

const COLUMNS = {
  order: { stage: ['confirmed'], sort: 'due' },
  kitchen: { stage: ['ordered', 'acknowledged', 'planned', 'returned'], appeal: ['none', 'rejected'], sort: 'due' },
  appeal: { appeal: ['filed'], sort: 'due' },
  recheck: { stage: ['rectified'], sort: 'due' },
  over: { open: false, sort: 'newest' },
} as const;
type Column = keyof typeof COLUMNS;
const FEW = 20;

export function Board({ filters }: { filters: Filters }) {
  const { t } = useWords();
  const now = useNow();
  return (
    <div className="board" role="group" aria-label={t('cases.board')}>
      {(Object.keys(COLUMNS) as Column[]).map((column) => (
        <BoardColumn key={column} column={column} filters={filters} now={now} />
      ))}
    </div>
  );
}

function BoardColumn({ column, filters, now }: { column: Column; filters: Filters; now: number }) {
  const { t } = useWords();
  const { found, cases } = useCases({ ...filters.narrow, ...COLUMNS[column] }, FEW);
  return (
    <section className="column" aria-label={t(`column.${column}`)} data-column={column}>
      <h2>
        {t(`column.${column}`)}
        <b className="number">
          {cases.length}
          {found.hasNextPage && '+'}
        </b>
      </h2>
      <p className="muted small">{t(`columnHelp.${column}`)}</p>
      {found.isError && !found.data && <Failure error={found.error} retry={() => void found.refetch()} />}
      {found.isPending && <p className="muted">{t('app.loading')}</p>}
      {found.isSuccess && cases.length === 0 && <p className="column-none muted">{t('column.none')}</p>}
      {cases.map((file) => (
        <BoardCard key={file.id} file={file} now={now} />
      ))}
      {found.hasNextPage && (
        <button className="button button-quiet" disabled={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
          {t('queue.more')}
        </button>
      )}
    </section>
  );
}

const BoardCard = memo(function BoardCard({ file, now }: { file: CaseHead; now: number }) {
  const { t, kind } = useWords();
  const clock = nextClock(file.clocks);
  return (
    <a className="case-card" href={format('cases', { case: file.id })} onClick={follow} data-case={file.id}>
      <img src={`/v1/events/${file.event}/media/snapshot_blurred`} alt="" loading="lazy" width="84" height="56" onError={(e) => (e.currentTarget.style.visibility = 'hidden')} />
      <span className="case-card-what">
        <TierSign tier={file.tier} size={18} /> <strong>{kind(file.kind)}</strong>
      </span>
      <span className="muted clip">{file.site_name}</span>
      <span className="case-card-signs">
        {clock ? <Due clock={clock} now={now} /> : <span className="muted small">{t(`stage.${file.stage}`)}</span>}
        <Signs file={file} />
      </span>
    </a>
  );
});

/** The viewing register: who saw unblurred pictures, when and why. */
import { useInfiniteQuery } from '@tanstack/react-query';
import type { AccessRow } from '../core/types';
import { at } from '../core/when';
import { format } from '../core/route';
import { registerOf, useSites } from '../review/data';
import { follow } from '../shell/header';
import { Empty, Failure, Loading } from '../shell/states';
import { useWords } from '../words';

const PAGE = 50;
const HERE = Intl.DateTimeFormat().resolvedOptions().timeZone;

export default function Register() {
  const { t } = useWords();
  const query = useInfiniteQuery({
    queryKey: ['register'],
    queryFn: ({ pageParam, signal }) => registerOf({ limit: PAGE, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next ?? null,
    staleTime: 0,
  });
  if (query.isPending) return <Loading />;
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  const rows = query.data.pages.flatMap((page) => page.items);
  return (
    <main id="main" className="room">
      <header className="room-head">
        <h1>{t('register.title')}</h1>
        <span className="muted">{t('register.help')}</span>
      </header>
      {rows.length === 0 ? <Empty title={t('register.empty')} help={t('register.emptyHelp')} /> : <RegisterTable rows={rows} />}
      {query.hasNextPage && (
        <button className="button queue-more" disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          {t('queue.more')}
        </button>
      )}
    </main>
  );
}

function RegisterTable({ rows }: { rows: readonly AccessRow[] }) {
  const { t, name } = useWords();
  const zones = new Map((useSites().data ?? []).map((site) => [site.id, site.time_zone]));
  const zoneOf = (row: AccessRow): string => zones.get(row.site ?? '') ?? HERE;
  const heads = ['at', 'who', 'why', 'what', 'event'] as const;
  return (
    <div className="table-box" tabIndex={0}>
      <table className="table">
        <thead>
          <tr>
            {heads.map((head) => (
              <th key={head} scope="col">
                {t(`register.${head}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, i) => {
            const { event, photo } = row;
            const place = [row.camera, row.site].filter(Boolean).join(' · ');
            return (
              <tr key={row.id ?? i}>
                <td className="number">{at(row.at, zoneOf(row))} <span className="muted small">{zoneOf(row)}</span></td>
                <th scope="row">{row.user ?? '—'}</th>
                <td>{row.reason}</td>
                <td>{name('media', row.name)}</td>
                <td>
                  {event ? (
                    <a href={format('review', { status: 'all', event })} onClick={follow}>
                      <code>{event.slice(0, 8)}</code>
                    </a>
                  ) : (
                    <code>{photo?.slice(0, 8) ?? '—'}</code>
                  )}{' '}
                  <span className="muted">{place}</span>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

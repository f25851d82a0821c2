/** Notices and training that were sent: how many have read each, who has not, and urging them. */
import { useState } from 'react';
import { useDoing } from '../admin/doing';
import { go } from '../core/route';
import { at } from '../core/when';
import { useText } from '../my/notices';
import { Empty, Failure, Loading } from '../shell/states';
import { useWords } from '../words';
import { urge, useReceipts, useSent, type Sent } from './data';
import { Writing } from './writing';

const HERE = Intl.DateTimeFormat().resolvedOptions().timeZone;

export function SentNotices({ acts, writing }: { acts: boolean; writing: boolean }) {
  const { t } = useWords();
  const { found, sent } = useSent();
  return (
    <>
      {acts && !writing && (
        <p>
          <button className="button button-main" onClick={() => go('/inspections?tab=notices&write=1')}>
            {t('sent.write')}
          </button>
        </p>
      )}
      {acts && writing && <Writing close={() => go('/inspections?tab=notices', { replace: true })} />}
      {found.isPending && <Loading />}
      {found.isError && !found.data && <Failure error={found.error} retry={() => void found.refetch()} />}
      {found.isSuccess && sent.length === 0 && <Empty title={t('sent.none')} help={t('sent.noneHelp')} />}
      <ul className="suppliers">
        {sent.map((each) => (
          <Notice key={each.id} notice={each} acts={acts} />
        ))}
      </ul>
      {found.hasNextPage && (
        <button className="button queue-more" disabled={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
          {t('queue.more')}
        </button>
      )}
    </>
  );
}

function Notice({ notice, acts }: { notice: Sent; acts: boolean }) {
  const { t, name } = useWords();
  const text = useText()(notice);
  const [open, setOpen] = useState(false);
  const doing = useDoing('notices');
  const left = notice.copies - notice.read;
  return (
    <li className="supplier sent" data-notice={notice.id} data-may={left === 0}>
      <p className="row">
        <span className={`tag notice-${notice.kind}`}>{name('noticeKind', notice.kind)}</span>
        <strong>{text.title}</strong>
        <span className="muted small push">
          {notice.sender} · {at(notice.sent_at, HERE, 'minute')}
        </span>
      </p>
      <p className="my-progress">
        <progress max={notice.copies} value={notice.read} aria-label={t('sent.read', { n: notice.read, of: notice.copies })} />
        <span aria-hidden="true">{t('sent.read', { n: notice.read, of: notice.copies })}</span>
      </p>
      <p className="row">
        <button className="button" aria-expanded={open} onClick={() => setOpen(!open)}>
          {t('sent.receipts')}
        </button>
        {acts && left > 0 && (
          <button className="button" disabled={doing.busy} onClick={() => void doing.run(() => urge(notice.id), t('sent.urged', { n: left }))}>
            {t('sent.urge', { n: left })}
          </button>
        )}
        {notice.urged_at && <span className="muted small">{t('sent.urgedAt', { at: at(notice.urged_at, HERE, 'minute') })}</span>}
      </p>
      <p className="wrong" role="alert">
        {doing.wrong}
      </p>
      {open && <Receipts id={notice.id} body={text.body} />}
    </li>
  );
}

function Receipts({ id, body }: { id: string; body: string }) {
  const { t } = useWords();
  const query = useReceipts(id, true);
  if (query.isPending) return <p className="muted">{t('app.loading')}</p>;
  if (query.isError && !query.data) return <Failure error={query.error} retry={() => void query.refetch()} />;
  return (
    <>
      <p className="said">{body}</p>
      <ul className="receipts">
        {query.data.items.map((each) => (
          <li key={each.site ?? each.user} data-read={each.read_at !== null}>
            <span>{each.site_name ?? each.user}</span>
            <span className={each.read_at ? 'notice-receipt' : 'muted'}>
              {each.read_at ? `✓ ${each.read_by ?? ''} ${at(each.read_at, HERE, 'minute')}` : t('notices.new')}
              {each.urged > 0 && !each.read_at && ` · ${t('notices.urged', { n: each.urged })}`}
            </span>
          </li>
        ))}
      </ul>
      {query.data.more && <p className="muted small">{t('sent.more', { n: query.data.items.length })}</p>}
    </>
  );
}

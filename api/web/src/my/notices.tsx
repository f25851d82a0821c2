/** What the authority tells this kitchen: notices, warnings, training, orders; each with its receipt. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Received } from '../core/api.gen';
import { get } from '../core/http';
import { format } from '../core/route';
import { at } from '../core/when';
import { follow } from '../shell/header';
import { useSay } from '../shell/notes';
import { Empty, Failure, Loading, useSentence } from '../shell/states';
import { useWords } from '../words';
import { useNotices } from './checkdata';
import { answer, useWaiting } from './outbox';

const HERE = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** In the reader's language, or in the one in which it was written. */
export function useText(): (notice: Pick<Received, 'texts'>) => { title: string; body: string } {
  const { language } = useWords();
  return ({ texts }) => texts[language === 'en' ? 'en' : 'zh'] ?? Object.values(texts)[0] ?? { title: '', body: '' };
}

/** Read here, though the server may not know of it yet. */
export function useRead(): (notice: Received) => boolean {
  const waiting = useWaiting();
  return (notice) => notice.read_at !== null || waiting.some((item) => item.about === 'notices' && item.id === notice.id && !item.refused);
}

export function NoticesPage() {
  const { t, name } = useWords();
  const { found, notices } = useNotices();
  const textOf = useText();
  const isRead = useRead();
  if (found.isPending) return <Loading />;
  if (found.isError && !found.data) return <Failure error={found.error} retry={() => void found.refetch()} />;
  if (notices.length === 0) return <Empty title={t('notices.none')} help={t('notices.noneHelp')} />;
  return (
    <>
      <ul className="my-list">
        {notices.map((each) => (
          <li key={each.id}>
            <a href={format('my', { notice: each.id })} onClick={follow} data-notice={each.id} data-read={isRead(each)}>
              <span className={`tag notice-${each.kind}`}>{name('noticeKind', each.kind)}</span>
              <strong className="my-list-title">{textOf(each).title}</strong>
              <span className="muted small my-list-more">
                {!isRead(each) && <b className="notice-new">{t('notices.new')} · </b>}
                {each.urged > 0 && !isRead(each) && <span className="wrong">{t('notices.urged', { n: each.urged })} · </span>}
                {each.sender && `${each.sender} · `}
                {at(each.sent_at, HERE, 'minute')}
              </span>
            </a>
          </li>
        ))}
      </ul>
      {found.hasNextPage && (
        <button className="button button-big" disabled={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
          {t('notices.more')}
        </button>
      )}
    </>
  );
}

export function NoticePage({ id }: { id: string }) {
  const { t } = useWords();
  const { found, notices } = useNotices();
  const known = notices.find((each) => each.id === id);
  // Older than the list: what it says is asked for by itself.
  const old = useQuery({ queryKey: ['notices', 'one', id], queryFn: ({ signal }) => get<Received>(`/v1/notices/${id}`, {}, signal), enabled: !found.isPending && !known });
  const notice = known ?? old.data;
  if (!notice && (found.isPending || old.isPending)) return <Loading />;
  return (
    <>
      <a className="my-back" href="/my?notices=1" onClick={follow}>
        ← {t('my.back')}
      </a>
      {notice ? <NoticeView notice={notice} /> : <Failure error={old.error} retry={() => void old.refetch()} />}
    </>
  );
}

function NoticeView({ notice }: { notice: Received }) {
  const { t, name, language } = useWords();
  const text = useText()(notice);
  return (
    <article className="duty notice" data-read={Boolean(notice.read_at)}>
      <div className="duty-body">
        <p className="duty-signs">
          <span className={`tag notice-${notice.kind}`}>{name('noticeKind', notice.kind)}</span>
          <span className="muted small">
            {notice.sender && `${notice.sender} · `}
            {at(notice.sent_at, HERE, 'minute')}
          </span>
        </p>
        <h1>{text.title}</h1>
        <p className="notice-text">{text.body}</p>
        <Receipt notice={notice} />
        {notice.case && (
          <a className="button button-big" href={format('my', { case: notice.case })} onClick={follow}>
            {t('notices.case')}
          </a>
        )}
        <a className="small" href={`/v1/notices/${notice.id}/paper?language=${language === 'en' ? 'en' : 'zh'}`} target="_blank" rel="noreferrer">
          {t('notices.paper')}
        </a>
      </div>
    </article>
  );
}

function Receipt({ notice }: { notice: Received }) {
  const { t, name } = useWords();
  const queries = useQueryClient();
  const say = useSay();
  const sentence = useSentence();
  const waits = useRead()(notice) && !notice.read_at;
  const [wrong, setWrong] = useState('');
  if (notice.read_at) return <p className="notice-receipt">✓ {t('notices.readBy', { by: notice.read_by ?? '', at: at(notice.read_at, HERE, 'minute') })}</p>;
  if (waits) return <p className="waiting">{t('my.thisWaits')}</p>;
  const confirm = async (): Promise<void> => {
    try {
      const fate = await answer({ about: 'notices', id: notice.id, action: 'read', body: undefined, etag: '' });
      if (fate === 'waits') say({ text: t('my.kept', { step: name('step', 'read') }) });
    } catch (error) {
      setWrong(sentence(error));
    }
    void queries.invalidateQueries({ queryKey: ['notices'] });
  };
  return (
    <>
      <p className="wrong" role="alert">
        {wrong}
      </p>
      <button className="button button-main button-big" onClick={() => void confirm()}>
        {t('notices.read')}
      </button>
    </>
  );
}

/** The five places of a kitchen: at the thumb on a phone, above the page on a desk. */
import { follow } from '../shell/header';
import { useWords } from '../words';
import { useNotices } from './checkdata';
import { useWaiting } from './outbox';

/** Drawn in a square of 24. */
const PLACES = [
  ['open', '/my', 'M9 6h11M9 12h11M9 18h11M4 6h.01M4 12h.01M4 18h.01'],
  ['checks', '/my?checks=1', 'M6 4h12v17H6zM9 4V2.500h6V4M9 13l2 2 4-4'],
  ['batch', '/my?batch=1', 'M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h2v2h-2zM18 18h2v2h-2z'],
  ['notices', '/my?notices=1', 'M6 17V11a6 6 0 0 1 12 0v6l1.500 2h-15zM10.500 21.500h3'],
  ['score', '/my?score=1', 'M4 18a8.500 8.500 0 1 1 16 0M12 16l4-5'],
] as const;
export type MyPlace = (typeof PLACES)[number][0];

export function MyNav({ now }: { now: MyPlace }) {
  const { t } = useWords();
  const { notices, unread } = useNotices();
  const read = useWaiting().filter((item) => item.about === 'notices' && !item.refused && notices.some((each) => each.id === item.id && !each.read_at)).length;
  const left = Math.max(0, unread - read);
  return (
    <nav className="my-nav" aria-label={t('my.nav')}>
      {PLACES.map(([place, to, drawn]) => (
        <a key={place} href={to} onClick={follow} aria-current={place === now ? 'page' : undefined}>
          <svg viewBox="0 0 24 24" aria-hidden="true">
            <path d={drawn} />
          </svg>
          <span>{t(`my.${place}`)}</span>
          {place === 'notices' && left > 0 && (
            <b className="my-badge" aria-label={t('notices.unread', { n: left })}>
              {left}
            </b>
          )}
        </a>
      ))}
    </nav>
  );
}

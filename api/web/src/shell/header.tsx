/** Rooms on the left; live state, language, theme, help and the user on the right. */
import { useEffect, useRef, type MouseEvent } from 'react';
import { keep, usePref, type Theme } from '../core/prefs';
import { format, go, roomsOf, type Room } from '../core/route';
import type { StreamState } from '../core/stream';
import type { User } from '../core/types';
import { switchLanguage, useWords } from '../words';

const THEMES: readonly Theme[] = ['system', 'light', 'dark'];
const THEME_SIGNS: Record<Theme, string> = { system: '◐', light: '☀', dark: '☾' };
const LETTERS: Record<Room, string> = { review: 'G R', wall: 'G W', cases: 'G A', inspections: 'G N', insight: 'G I', cameras: 'G C', register: 'G V', admin: 'G M', my: '' };

/** Plain clicks stay in the page; clicks with a modifier open a tab as everywhere. */
export function follow(event: MouseEvent<HTMLAnchorElement>): void {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  go(event.currentTarget.pathname + event.currentTarget.search);
}

export interface HeaderProps {
  user: User;
  room: Room;
  stream: StreamState;
  help: () => void;
  leave: () => void;
}

export function Header({ user, room, stream, help, leave }: HeaderProps) {
  const { t, language } = useWords();
  const nav = useRef<HTMLElement>(null);
  // On a phone not all rooms fit: the one that is open is to be seen.
  useEffect(() => {
    // Newer browsers answer with a promise, which is nothing to clean up.
    void nav.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [room, language]);
  return (
    <header className="header">
      <a className="skip" href="#main">
        {t('app.skip')}
      </a>
      <a className="brand" href="/review" onClick={follow}>
        <img src="/icon.svg" width="22" height="22" alt="" />
        <strong>{t('app.name')}</strong>
      </a>
      <nav ref={nav} aria-label={t('room.nav')}>
        {roomsOf(user.role).map((each) => (
          <a key={each} href={format(each, {})} onClick={follow} aria-current={each === room ? 'page' : undefined} title={LETTERS[each]}>
            {t(`room.${each}`)}
          </a>
        ))}
      </nav>
      <span className={`live live-${stream}`} role="status" title={t(`stream.${stream}`)}>
        <span className="live-dot" aria-hidden="true" />
        <span className="live-text">{t(`stream.${stream}`)}</span>
      </span>
      <button className="button button-quiet" onClick={() => switchLanguage(language)} title={t('app.language')} lang={language === 'en' ? 'zh-CN' : 'en'}>
        {language === 'en' ? '中文' : 'EN'}
      </button>
      <ThemeButton />
      <button className="button button-quiet" onClick={help} aria-label={t('app.help')} title={`${t('app.help')} (?)`}>
        ?
      </button>
      <span className="user">{user.name}</span>
      <button className="button button-quiet sign-out" onClick={leave}>
        {t('app.signOut')}
      </button>
    </header>
  );
}

function ThemeButton() {
  const { t } = useWords();
  const theme = (usePref('theme') ?? 'system') as Theme;
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'system';
  const label = `${t('theme.label')}: ${t(`theme.${theme}`)}`;
  return (
    <button className="button button-quiet" onClick={() => keep('theme', next)} aria-label={label} title={label}>
      <span aria-hidden="true">{THEME_SIGNS[theme] ?? '◐'}</span>
    </button>
  );
}

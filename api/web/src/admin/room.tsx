/** Administration: people, keys, webhooks. */
import '../styles/admin.css';
import { format, useRoute } from '../core/route';
import type { User } from '../core/types';
import { follow } from '../shell/header';
import { useWords } from '../words';
import { Keys } from './keys';
import { Users } from './users';
import { Webhooks } from './webhooks';

const TABS = ['users', 'keys', 'webhooks'] as const;

export default function Admin({ user }: { user: User }) {
  const { t } = useWords();
  const asked = useRoute().params.get('tab');
  const tab = TABS.find((each) => each === asked) ?? 'users';
  return (
    <main id="main" className="room admin">
      <header className="room-head">
        <h1>{t('room.admin')}</h1>
        <nav className="segments" aria-label={t('room.admin')}>
          {TABS.map((each) => (
            <a key={each} className="segment" href={format('admin', { tab: each })} onClick={follow} aria-current={each === tab ? 'page' : undefined}>
              {t(`adminTab.${each}`)}
            </a>
          ))}
        </nav>
      </header>
      {tab === 'users' && <Users me={user.name} />}
      {tab === 'keys' && <Keys />}
      {tab === 'webhooks' && <Webhooks />}
    </main>
  );
}

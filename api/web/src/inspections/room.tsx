/** Inspections: which there were, which suppliers they let supply, a new one, or one of them; and training with its receipts. */
import '../styles/cases.css';
import '../styles/my.css';
import '../styles/inspections.css';
import { format, useRoute } from '../core/route';
import type { User } from '../core/types';
import { follow } from '../shell/header';
import { SentNotices } from '../notices/sent';
import { useWords } from '../words';
import { Beginning } from './beginning';
import { InspectionList } from './list';
import { InspectionRoom } from './page';
import { Suppliers } from './suppliers';

const TABS = ['list', 'suppliers', 'notices'] as const;
const INSPECTS = new Set(['supervisor', 'admin']);

export default function Inspections({ user }: { user: User }) {
  const { t } = useWords();
  const { params } = useRoute();
  const chosen = params.get('inspection');
  const acts = INSPECTS.has(user.role);
  if (chosen) return <InspectionRoom key={chosen} id={chosen} acts={acts} />;
  const tab = TABS.find((each) => each === params.get('tab')) ?? 'list';
  return (
    <main id="main" className="room inspections">
      <header className="room-head">
        <h1>{t('room.inspections')}</h1>
        <nav className="segments" aria-label={t('room.inspections')}>
          {TABS.filter((each) => acts || each !== 'notices').map((each) => (
            <a key={each} className="segment" href={format('inspections', { tab: each === 'list' ? undefined : each })} onClick={follow} aria-current={each === tab ? 'page' : undefined}>
              {t(`inspectionsTab.${each}`)}
            </a>
          ))}
        </nav>
        {acts && tab !== 'notices' && !params.has('new') && (
          <a className="button button-main push" href="/inspections?new=1" onClick={follow}>
            {t('inspections.new')}
          </a>
        )}
      </header>
      {acts && params.has('new') && <Beginning site={params.get('site') ?? ''} />}
      {tab === 'list' && <InspectionList params={params} />}
      {tab === 'suppliers' && <Suppliers acts={acts} />}
      {tab === 'notices' && <SentNotices acts={acts} writing={params.has('write')} />}
    </main>
  );
}

/** The cases: board and list, or one of them with its whole story. */
import '../styles/cases.css';
import { useRoute } from '../core/route';
import type { CatalogueKind, Session } from '../core/types';
import { useWords } from '../words';
import { Board } from './board';
import { CaseFilters, filtersOf } from './filters';
import { CaseList } from './list';
import { CaseRoom } from './page';
import { WaitingPhones } from './phones';

export default function Cases({ session, kinds }: { session: Session; kinds: readonly CatalogueKind[] }) {
  const { t } = useWords();
  const { params } = useRoute();
  const chosen = params.get('case');
  if (chosen) return <CaseRoom key={chosen} id={chosen} user={session.user} />;
  const filters = filtersOf(params, session.user.name);
  return (
    <main id="main" className={filters.view === 'board' ? 'room room-board' : 'room'}>
      <header className="room-head">
        <h1>{t('room.cases')}</h1>
        <CaseFilters filters={filters} kinds={kinds} />
      </header>
      {session.user.role === 'supervisor' && <WaitingPhones />}
      {filters.view === 'board' ? <Board filters={filters} /> : <CaseList filters={filters} />}
    </main>
  );
}

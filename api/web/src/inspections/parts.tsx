/** Signs that the pages of inspections share: what came of one, and whether a site may supply. */
import type { AdmissionTold, AnsweredLine, Inspection, LineAnswer, Site } from '../core/api.gen';
import { at } from '../core/when';
import { useWords } from '../words';

type Told = Pick<Inspection, 'state' | 'outcome'>;

export const isComplete = (answer: LineAnswer | null): boolean => answer !== null && (answer.result === 'ok' || answer.note.trim() !== '');

/** What would come of it now: as the API judges it; null while lines are open. */
export function outcomeOf(lines: readonly Pick<AnsweredLine, 'key' | 'answer'>[]): Inspection['outcome'] | null {
  if (lines.some((line) => !isComplete(line.answer))) return null;
  const faults = lines.filter((line) => line.answer?.result === 'not_ok');
  return faults.some((line) => line.key) ? 'failed' : faults.length > 0 ? 'to_correct' : 'passed';
}

const SIGNS: Record<string, string> = { passed: '✓', to_correct: '!', failed: '✕', admitted: '✓', refused: '✕', pending: '◷', expired: '◷', open: '◷', void: '–' };

export function Outcome({ file }: { file: Told }) {
  const { t, name } = useWords();
  const value = file.state === 'concluded' ? file.outcome : file.state;
  return (
    <span className="outcome" data-outcome={value}>
      <span aria-hidden="true">{SIGNS[value]}</span> {file.state === 'concluded' ? name('visit', file.outcome) : t(`inspectionState.${file.state}`)}
    </span>
  );
}

export function Admission({ told, zone }: { told: AdmissionTold; zone: string }) {
  const { t, language } = useWords();
  return (
    <li className="admission">
      <span className="outcome" data-outcome={told.state}>
        <span aria-hidden="true">{SIGNS[told.state]}</span> {t(`admission.${told.state}`)}
      </span>
      <span>{told.name[language === 'en' ? 'en' : 'zh']}</span>
      <span className="muted small number">{told.valid_until && t('inspections.until', { at: at(told.valid_until, zone, 'minute').slice(0, 10) })}</span>
    </li>
  );
}

/** Whether a site may supply, and by which list it may or may not. */
export function Supply({ site }: { site: Pick<Site, 'may_supply' | 'admissions' | 'time_zone'> }) {
  const { t } = useWords();
  if (site.may_supply === null) return <p className="muted">{t('supply.none')}</p>;
  return (
    <div className="supply" data-may={site.may_supply}>
      <p>
        <strong>{t(site.may_supply ? 'supply.may' : 'supply.mayNot')}</strong>
      </p>
      <ul>
        {site.admissions.map((each) => (
          <Admission key={each.list} told={each} zone={site.time_zone} />
        ))}
      </ul>
    </div>
  );
}

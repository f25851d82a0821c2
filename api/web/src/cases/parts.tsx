/** Signs that boards, lists and pages of cases share. */
import { useWords } from '../words';
import type { CaseHead } from './types';

const CARD_SIGNS = { none: '', yellow: 'Y', red: 'R', on_site: '!' } as const;

export function Signs({ file }: { file: CaseHead }) {
  const { t } = useWords();
  return (
    <>
      {file.card !== 'none' && (
        <span className={`warn warn-${file.card}`}>
          <b aria-hidden="true">{CARD_SIGNS[file.card]}</b> {t(`card.${file.card}`)}
        </span>
      )}
      {file.appeal !== 'none' && <span className="tag">{t(`appeal.${file.appeal}`)}</span>}
      {file.assignee && (
        <span className="tag tag-officer" title={t('officer.title')}>
          <span aria-hidden="true">☺</span> {file.assignee}
        </span>
      )}
      {file.repeats > 0 && <span className="tag tag-repeat">{t('cases.repeat', { n: file.repeats })}</span>}
    </>
  );
}

/** The stages that a case passes if nothing goes wrong, and where this one is. */
const PATH = ['confirmed', 'ordered', 'acknowledged', 'planned', 'rectified', 'closed'] as const;

export function StagePath({ file }: { file: CaseHead }) {
  const { t } = useWords();
  const on = file.stage === 'returned' ? 'planned' : file.stage === 'withdrawn' ? 'closed' : file.stage;
  const reached = PATH.indexOf(on);
  return (
    <ol className="stages" aria-label={t('cases.stage')}>
      {PATH.map((stage, i) => {
        const told = i === reached ? file.stage : stage;
        return (
          <li key={stage} data-state={i < reached ? 'past' : i === reached ? 'now' : 'ahead'} aria-current={i === reached ? 'step' : undefined}>
            {t(`stage.${told}`)}
          </li>
        );
      })}
    </ol>
  );
}

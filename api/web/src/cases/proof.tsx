/** Which pictures prove it: chosen from what belongs to the case. */
import { useId } from 'react';
import { useWords } from '../words';
import type { CaseFile } from './types';

export function ProofField(props: { file: CaseFile; chosen: readonly string[]; choose: (ids: string[]) => void }) {
  const { t } = useWords();
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{t('step.proof')}</label>
      <input id={id} value={props.chosen.join(' ')} onChange={(e) => props.choose(e.target.value.split(/[\s,，]+/).filter(Boolean))} aria-describedby={`${id}-help`} />
      <p id={`${id}-help`} className="muted small">
        {t('step.proofHelp')}
      </p>
    </div>
  );
}

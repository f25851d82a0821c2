/** Proofs of a case: their pictures with one verdict per check, and the choice of which are handed in. */
import { useQuery } from '@tanstack/react-query';
import { get, type Told } from '../core/http';
import { at } from '../core/when';
import type { Proof } from '../my/proving';
import { useWords } from '../words';
import type { CaseFile } from './types';

export const useProofs = (id: string) =>
  useQuery({
    queryKey: ['cases', 'photos', id], // asked again with its case: a proof comes with a step
    queryFn: async ({ signal }) => (await get<{ items: Proof[] }>('/v1/photos', { subject: 'case', about: id, limit: 50 }, signal)).items,
    staleTime: 10_000,
  });

const SIGNS: Record<string, string> = { passed: '✓', failed: '✕', doubtful: '?' };

export function ProofChecks({ checks }: { checks: readonly Told[] }) {
  const { language } = useWords();
  const own = language === 'en' ? 'en' : 'zh';
  return (
    <ul className="checks">
      {checks.map((each) => (
        <li key={each.check} data-result={each.result}>
          <span aria-hidden="true">{SIGNS[each.result] ?? '?'}</span> <b>{each.name[own]}</b> <span className="muted">{each.says[own]}</span>
        </li>
      ))}
    </ul>
  );
}

/** The pictures of one proof, blurred. */
export function ProofPictures({ proof, zone }: { proof: Proof; zone: string }) {
  const { t } = useWords();
  const blurred = Object.entries(proof.files).filter(([, file]) => file.blurred);
  return (
    <figure className="case-picture" data-proof={proof.id}>
      <figcaption>
        <strong>{t('proof.title')}</strong>
        <span className="muted small">
          {proof.by} · {proof.device_name} · {at(proof.received_at, zone)}
        </span>
        <span className="tag">{t(`proof.${proof.outcome}`)}</span>
      </figcaption>
      <div className="proof-pair">
        {blurred.map(([name, file]) => (
          <img key={name} className="proof-picture" src={file.url} alt={t(name.startsWith('scene') ? 'proof.scene' : 'proof.portrait')} />
        ))}
      </div>
      <ProofChecks checks={proof.checks} />
    </figure>
  );
}

export function ProofField(props: { file: CaseFile; chosen: readonly string[]; choose: (ids: string[]) => void }) {
  const { t } = useWords();
  const query = useProofs(props.file.id);
  const toggle = (id: string): void => props.choose(props.chosen.includes(id) ? props.chosen.filter((each) => each !== id) : [...props.chosen, id]);
  return (
    <fieldset className="field proof-field">
      <legend>{t('step.proof')}</legend>
      {query.data?.length === 0 && <p className="muted">{t('step.proofNone')}</p>}
      {(query.data ?? []).map((proof) => (
        <label key={proof.id} className="row">
          <input type="checkbox" checked={props.chosen.includes(proof.id)} onChange={() => toggle(proof.id)} />
          <img src={`/v1/photos/${proof.id}/media/scene_blurred`} alt={t('proof.scene')} width="96" height="64" />
          <span className="small">{at(proof.received_at, props.file.time_zone, 'minute')}</span>
        </label>
      ))}
    </fieldset>
  );
}

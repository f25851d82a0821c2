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

/** What a supervisor found at the site since the case began, of which a step of a visit takes one as its proof. */
interface Visit {
  id: string;
  list: { name: { zh: string; en: string } };
  outcome: 'passed' | 'to_correct' | 'failed';
  ended_at: string;
}
const VISITS = new Set(['inspect', 'find_unfixed']);

const useVisits = (file: CaseFile, wanted: boolean) =>
  useQuery({
    queryKey: ['cases', 'visits', file.id],
    queryFn: async ({ signal }) =>
      (await get<{ items: Visit[] }>('/v1/inspections', { site: file.site, state: 'concluded', limit: 20 }, signal)).items.filter(
        (visit) => visit.ended_at >= file.began_at,
      ),
    enabled: wanted,
    staleTime: 10_000,
  });

export function ProofField(props: { file: CaseFile; action: string; chosen: readonly string[]; choose: (ids: string[]) => void }) {
  const { t, language } = useWords();
  const visits = useVisits(props.file, VISITS.has(props.action)).data ?? [];
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
      {visits.map((visit) => (
        <label key={visit.id} className="row">
          <input type="checkbox" checked={props.chosen.includes(visit.id)} onChange={() => toggle(visit.id)} />
          <span className="small">
            {visit.list.name[language === 'en' ? 'en' : 'zh']} · {t(`visit.${visit.outcome}`)} · {at(visit.ended_at, props.file.time_zone, 'minute')}
          </span>
        </label>
      ))}
    </fieldset>
  );
}

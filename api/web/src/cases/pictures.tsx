/** The violation on the left, the proof on the right, each with what was found. */
import { useState } from 'react';
import { format } from '../core/route';
import { at } from '../core/when';
import { follow } from '../shell/header';
import { useWords } from '../words';
import { ProofPictures, useProofs } from './proof';
import type { CaseFile } from './types';

export function Pictures({ file }: { file: CaseFile }) {
  const { t, name } = useWords();
  const live = file.events.filter((event) => event.left_at === null);
  const [i, setI] = useState(0);
  const handedIn = new Set(file.story.flatMap((entry) => entry.proof ?? []));
  const proofs = (useProofs(file.id).data ?? []).filter((proof) => handedIn.has(proof.id));
  const event = live[i] ?? live[0];
  if (!event) return null;
  const role = event.evidence.annotated_blurred ? 'annotated_blurred' : 'snapshot_blurred';
  return (
    <section className="pictures">
      <figure className="case-picture">
        <figcaption>
          <strong>{t('cases.violation')}</strong>
          <span className="muted small">
            {name('zone', event.zone.type)} · {event.camera_name || event.camera} · {at(event.started_at, file.time_zone)}
          </span>
        </figcaption>
        <a href={format('review', { status: 'all', event: event.id })} onClick={follow}>
          <img src={`/v1/events/${event.id}/media/${role}`} alt={t('player.alt', { kind: file.kind_names[document.documentElement.lang === 'en' ? 'en' : 'zh'] })} />
        </a>
        {live.length > 1 && (
          <div className="row" role="group" aria-label={t('cases.allEvents', { n: live.length })}>
            {live.map((each, at_) => (
              <button key={each.id} className="thumb" aria-pressed={at_ === i} onClick={() => setI(at_)}>
                <img src={`/v1/events/${each.id}/media/snapshot_blurred`} alt={at(each.started_at, file.time_zone)} loading="lazy" width="72" height="48" />
              </button>
            ))}
          </div>
        )}
      </figure>
      {proofs.map((proof) => (
        <ProofPictures key={proof.id} proof={proof} zone={file.time_zone} />
      ))}
    </section>
  );
}

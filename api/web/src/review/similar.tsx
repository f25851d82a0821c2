/** What else this camera has shown of this kind, and how often people agreed: one event is never judged alone. */
import { useQuery } from '@tanstack/react-query';
import { get } from '../core/http';
import type { Counts, EventPage, KitchenEvent } from '../core/types';
import { at } from '../core/when';
import { StatusSign } from '../shell/badges';
import { useWords } from '../words';
import { wilson } from './share';

const SHOWN = 5;

function useSimilar(event: KitchenEvent) {
  const same = { camera: event.camera, kind: event.kind };
  const events = useQuery({
    queryKey: ['similar', same.camera, same.kind],
    queryFn: ({ signal }) => get<EventPage>('/v1/events', { ...same, sort: 'newest', limit: SHOWN + 1 }, signal),
    staleTime: 30_000,
  });
  const counts = useQuery({
    queryKey: ['counts', 'similar', same.camera, same.kind],
    queryFn: ({ signal }) => get<Counts>('/v1/events/counts', same, signal),
    staleTime: 30_000,
  });
  return { events: events.data?.items.filter((each) => each.id !== event.id).slice(0, SHOWN), counts: counts.data };
}

export function Similar({ event, pick }: { event: KitchenEvent; pick: (id: string) => void }) {
  const { t } = useWords();
  const { events, counts } = useSimilar(event);
  const confirmed = counts?.status.confirmed ?? 0;
  const judged = confirmed + (counts?.status.dismissed ?? 0);
  return (
    <section className="part-block">
      <h2>{t('similar.title')}</h2>
      {counts && <Agreement confirmed={confirmed} judged={judged} />}
      {events?.length === 0 && <p className="muted small">{t('similar.none')}</p>}
      <ul className="similar">
        {events?.map((each) => (
          <li key={each.id}>
            <button className="button button-quiet small" onClick={() => pick(each.id)}>
              <span className="number">{at(each.opened_at, each.time_zone, 'minute')}</span> <StatusSign status={each.status} />
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Agreement({ confirmed, judged }: { confirmed: number; judged: number }) {
  const { t } = useWords();
  if (judged === 0) return <p className="muted small">{t('similar.unjudged')}</p>;
  const percent = (x: number): number => Math.round(x * 100);
  const [low, high] = wilson(confirmed, judged);
  return <p className="small">{t('similar.precision', { percent: percent(confirmed / judged), n: judged, low: percent(low), high: percent(high) })}</p>;
}

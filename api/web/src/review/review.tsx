/** The review room: the next thing is already open, a verdict moves on by itself, undo is one key. */
import { memo, useCallback, useDeferredValue, useEffect, useMemo, useRef, useState, type RefObject } from 'react';
import type { Action } from '../core/keys';
import { format, go, useRoute } from '../core/route';
import type { CatalogueKind, CloudEvent, KitchenEvent, Reason, User, Verdict } from '../core/types';
import { ApiError } from '../core/http';
import { useSay } from '../shell/notes';
import { Failure, Loading, useSentence } from '../shell/states';
import { useWords } from '../words';
import { useArrivals } from './arrivals';
import { Bulk } from './bulk';
import { heldBy, useClaim } from './claiming';
import { useEvent, useQueue, useReviews } from './data';
import { Details } from './details';
import { FilterBar } from './filters';
import { filtersOf, group, inOrder, paramsOf, step, successor, type Filters } from './grouping';
import { Player, type PlayerHandle } from './player';
import { Queue, QueueEmpty } from './queue';
import { VerdictBar, type VerdictHandle } from './verdict';

export interface ReviewProps {
  me: User;
  kinds: readonly CatalogueKind[];
  listener: RefObject<((action: Action) => boolean) | null>;
  taker: RefObject<((event: CloudEvent) => void) | null>;
}

interface Selection {
  filters: Filters;
  chosen: string | undefined;
  select: (id: string | undefined) => void;
  filter: (filters: Filters) => void;
}

function useSelection(): Selection {
  const { params } = useRoute();
  const text = params.toString();
  const filters = useMemo(() => filtersOf(new URLSearchParams(text)), [text]);
  const select = useCallback((id: string | undefined) => go(format('review', paramsOf(filters, id)), { replace: true }), [filters]);
  const filter = useCallback((next: Filters) => go(format('review', paramsOf(next))), []);
  return { filters, chosen: params.get('event') ?? undefined, select, filter };
}

export const Review = memo(function Review({ me, kinds, listener, taker }: ReviewProps) {
  const { t, kind: kindName } = useWords();
  const say = useSay();
  const sentence = useSentence();
  const { filters, chosen, select, filter } = useSelection();
  const { query, events } = useQueue(filters);
  const groups = useMemo(() => group(events, filters.sort), [events, filters.sort]);
  const ids = useMemo(() => inOrder(groups).map((event) => event.id), [groups]);
  const id = chosen ?? ids[0];
  const known = events.find((event) => event.id === id);
  const single = useEvent(id, known);
  const event = single.data;
  // Picture and keys come first; what explains them is drawn in the moment after, and never makes a key wait.
  const explained = useDeferredValue(event, undefined);
  const [listOpen, setListOpen] = useState(false);

  // The address names what is shown from the first moment, so that a new arrival above it moves nothing.
  useEffect(() => {
    if (!chosen && ids[0]) select(ids[0]);
  }, [chosen, ids, select]);

  const announce = useCallback(
    (arrived: KitchenEvent[]) => {
      const [first] = arrived;
      if (!first) return;
      const camera = first.camera_name || first.camera;
      say({ text: arrived.length > 1 ? t('queue.arrived', { n: arrived.length }) : t('queue.arrivedOne', { kind: kindName(first.kind), camera }) });
    },
    [say, t, kindName],
  );
  const { take, fresh } = useArrivals(filters, announce);
  const { judge, undo } = useReviews();
  const history = useRef<KitchenEvent[]>([]);
  const reviews = me.role === 'admin' || me.role === 'supervisor';
  const taken = useClaim(event?.id, reviews);
  const [whole, setWhole] = useState<readonly KitchenEvent[] | null>(null);
  const isFree = useCallback((other: string) => !events.some((each) => each.id === other && heldBy(each, me.name)), [events, me.name]);

  const takeBack = useCallback(async () => {
    const last = history.current.pop();
    if (!last) return say({ text: t('verdict.nothing') });
    try {
      const fresh = await undo(last);
      select(fresh.id);
      say({ text: t('verdict.undone', { kind: kindName(fresh.kind) }) });
    } catch (error) {
      history.current.push(last);
      say({ text: t('verdict.failed', { detail: sentence(error) }), bad: true });
    }
  }, [undo, select, say, sentence, t, kindName]);

  const decide = useCallback(
    async (verdict: Verdict, reason: Reason | null) => {
      if (!event) return;
      const next = successor(ids, event.id, isFree);
      select(next === event.id ? undefined : next);
      history.current.push(event);
      const values = { kind: kindName(event.kind), reason: reason ? t(`reason.${reason}`) : '' };
      say({ text: t(`verdict.done.${verdict}`, values), act: { label: t('verdict.undo'), key: 'Z', run: () => void takeBack() } });
      try {
        await judge({ event, verdict, reason });
      } catch (error) {
        history.current = history.current.filter((each) => each !== event);
        const conflict = error instanceof ApiError && (error.status === 409 || error.status === 412);
        select(event.id);
        void single.refetch();
        say({ text: conflict ? t('verdict.conflict') : t('verdict.failed', { detail: sentence(error) }), bad: true });
      }
    },
    [event, ids, isFree, select, judge, say, sentence, t, kindName, takeBack, single],
  );

  const decideAll = useCallback(
    async (all: readonly KitchenEvent[], verdict: Verdict, reason: Reason | null) => {
      const refused: unknown[] = [];
      for (const each of all) {
        try {
          await judge({ event: each, verdict, reason });
          history.current.push(each);
        } catch (error) {
          refused.push(error);
        }
      }
      select(undefined);
      const act = { label: t('verdict.undo'), key: 'Z', run: () => void takeBack() };
      if (refused.length < all.length) say({ text: t('bulk.done', { n: all.length - refused.length, verdict: t(`status.${verdict}`) }), act });
      if (refused.length > 0) say({ text: t('bulk.some', { n: refused.length, detail: sentence(refused[0]) }), bad: true });
    },
    [judge, select, say, sentence, t, takeBack],
  );

  const player = useRef<PlayerHandle>(null);
  const verdicts = useRef<VerdictHandle>(null);
  const act = (action: Action): boolean => {
    if (action === 'next' || action === 'previous') {
      const to = id && step(ids, id, action === 'next' ? 1 : -1);
      if (to) select(to);
      return true;
    }
    if (action === 'undo') {
      void takeBack();
      return true;
    }
    if (!event) return false;
    if (action === 'confirm') void decide('confirmed', null);
    else if (action === 'unsure') void decide('unsure', null);
    else if (action === 'dismiss') verdicts.current?.askReason();
    else return player.current?.act(action) ?? false;
    return true;
  };
  useEffect(() => {
    listener.current = act;
    taker.current = take;
    return () => {
      listener.current = null;
      taker.current = null;
    };
  });

  const pick = useCallback(
    (picked: string) => {
      select(picked);
      setListOpen(false);
    },
    [select],
  );
  const empty = !event && query.isSuccess && ids.length === 0 && !chosen;
  const threshold = kinds.find((each) => each.name === event?.kind)?.thresholds?.open_at ?? null;
  return (
    <main id="main" className="review" data-list={listOpen}>
      <section className="queue" aria-label={t('queue.label')}>
        <FilterBar filters={filters} filter={filter} kinds={kinds} />
        {query.isPending && <Loading />}
        {query.isSuccess && <Queue groups={groups} chosen={id} fresh={fresh} pick={pick} me={me.name} judgeAll={reviews ? setWhole : undefined} query={query} />}
      </section>
      <section className="stage-column" aria-label={t('player.label')}>
        <button className="button list-button" onClick={() => setListOpen(true)}>
          ☰ {t('queue.show')} · {ids.length}
          {query.hasNextPage ? '+' : ''}
        </button>
        {event && (
          <>
            {taken && (
              <p className="banner" role="status">
                {t('claim.taken')}
              </p>
            )}
            <Player key={event.id} event={event} threshold={threshold} ref={player} />
            <VerdictBar event={event} decide={(v, r) => void decide(v, r)} undo={() => void takeBack()} ref={verdicts} />
          </>
        )}
        {!event && single.isError && <Failure error={single.error} retry={() => void single.refetch()} />}
        {!event && !single.isError && !query.isError && (query.isPending || (id && single.isFetching)) && <Loading />}
        {!event && query.isError && <Failure error={query.error} retry={() => void query.refetch()} />}
        {empty && <QueueEmpty filters={filters} filter={filter} />}
      </section>
      <aside className="details" aria-label={t('detail.label')}>
        {event && explained && <Details event={explained} pick={pick} />}
      </aside>
      {whole && <Bulk events={whole} decide={(all, v, r) => void decideAll(all, v, r)} close={() => setWhole(null)} />}
    </main>
  );
});

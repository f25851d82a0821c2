/** The list on the left: small pictures, what, where, how long ago; the same camera and kind stand together. */
import { memo, startTransition, useEffect, useMemo, useRef, useState } from 'react';
import { useNear, useWatch, type Watch } from '../core/near';
import { useNow } from '../core/now';
import { format } from '../core/route';
import type { KitchenEvent } from '../core/types';
import { at } from '../core/when';
import { StatusSign, TierSign } from '../shell/badges';
import { useRights } from '../setup/data';
import { follow } from '../shell/header';
import { Empty } from '../shell/states';
import { useWords } from '../words';
import { heldBy } from './claiming';
import { useCameras } from './data';
import { NO_FILTERS, type Filters, type Group } from './grouping';

export interface QueueProps {
  groups: readonly Group[];
  chosen: string | undefined;
  fresh: ReadonlySet<string>;
  pick: (id: string) => void;
  /** The reviewer's own name: what others hold is marked. */
  me: string;
  /** Judge a whole group; absent for who may not review. */
  judgeAll: ((events: readonly KitchenEvent[]) => void) | undefined;
  query: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown };
}

/** Rows that come and go together. */
const PART = 40;
/** What so few rows cost is not worth their coming and going. */
const ALWAYS = 200;
/** Of a row that is not drawn, px. */
const ROW_PX = 53;

export function Queue({ groups, chosen, fresh, pick, me, judgeAll, query }: QueueProps) {
  const { t } = useWords();
  const now = useNow();
  const list = useRef<HTMLDivElement>(null);
  const watch = useWatch(list);
  const [whole, setWhole] = useState(false);
  useEffect(() => startTransition(() => setWhole(true)), []);
  const top = groups[0]?.events[0]?.id;
  const moved = useRef(false);
  useEffect(() => {
    // What a new list shows first is in sight without asking where anything is, which would cost a layout of its own.
    if (moved.current || chosen !== top) list.current?.querySelector('[aria-current="true"]')?.scrollIntoView({ block: 'nearest' });
    moved.current ||= chosen !== top;
  }, [chosen, top, whole]);
  let above = 0;
  return (
    <div className="queue-list" ref={list}>
      {(whole ? groups : atFirst(groups)).map((each) => {
        const first = above;
        above += each.events.length;
        return <GroupBlock key={each.key} group={each} first={first} chosen={within(each.events, chosen)} fresh={fresh} pick={pick} me={me} judgeAll={judgeAll} now={now} watch={watch} />;
      })}
      {query.hasNextPage && (
        <button className="button queue-more" disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          {query.isFetchingNextPage ? t('queue.loadingMore') : t('queue.more')}
        </button>
      )}
    </div>
  );
}

/** As many rows as fill a large screen: the rest is drawn in the moment after the first. */
const AT_FIRST = 16;

function atFirst(groups: readonly Group[]): Group[] {
  let left = AT_FIRST;
  return groups.flatMap((each) => {
    const events = each.events.slice(0, Math.max(0, left));
    left -= each.events.length;
    return events.length > 0 ? [{ ...each, events }] : [];
  });
}

/** Who does not hold what is on show need not be drawn again when that changes. */
const within = (events: readonly KitchenEvent[], chosen: string | undefined): string | undefined => (events.some((event) => event.id === chosen) ? chosen : undefined);

function inParts(events: readonly KitchenEvent[]): KitchenEvent[][] {
  return Array.from({ length: Math.ceil(events.length / PART) }, (_, i) => events.slice(i * PART, (i + 1) * PART));
}

type BlockProps = Omit<QueueProps, 'groups' | 'query'> & { group: Group; first: number; now: number; watch: Watch };

const GroupBlock = memo(function GroupBlock({ group, first: above, chosen, judgeAll, ...rest }: BlockProps) {
  const { t, kind } = useWords();
  const parts = useMemo(() => inParts(group.events), [group.events]);
  const [first] = group.events;
  if (!first) return null;
  const camera = first.camera_name || first.camera;
  const many = group.events.length > 1;
  return (
    <div className="group" role="group" aria-label={t('queue.group', { kind: kind(group.kind), camera, n: group.events.length })}>
      {many && (
        <div className="group-head">
          <TierSign tier={group.tier} size={16} />
          <span className="clip">{kind(group.kind)}</span>
          <span className="muted clip">{camera}</span>
          <b className="number push">{group.events.length}</b>
          {judgeAll && (
            <button className="button button-quiet small" onClick={() => judgeAll(group.events)}>
              {t('bulk.open')}
            </button>
          )}
        </div>
      )}
      {parts.map((events, i) => (
        <Part key={events[0]?.id} events={events} always={above + i * PART < ALWAYS} chosen={within(events, chosen)} within={many} {...rest} />
      ))}
    </div>
  );
});

type PartProps = Omit<RowProps, 'event' | 'on' | 'fresh'> & { events: readonly KitchenEvent[]; always: boolean; chosen: string | undefined; fresh: ReadonlySet<string>; watch: Watch };

/** Some rows, drawn while they are near what is on show; before and after, a gap of their height. */
const Part = memo(function Part({ events, always, chosen, fresh, watch, ...rest }: PartProps) {
  const [part, near] = useNear(watch);
  const drawn = near || always || chosen !== undefined;
  return (
    <div ref={part} data-rows={events.length} style={drawn ? undefined : { height: events.length * ROW_PX }}>
      {drawn && events.map((event) => <Row key={event.id} event={event} on={event.id === chosen} fresh={fresh.has(event.id)} {...rest} />)}
    </div>
  );
});

interface RowProps {
  event: KitchenEvent;
  on: boolean;
  fresh: boolean;
  within: boolean;
  pick: (id: string) => void;
  me: string;
  now: number;
}

const Row = memo(function Row({ event, on, fresh, within, pick, me, now }: RowProps) {
  const { t, kind, age } = useWords();
  const site = event.site_name || event.site;
  const holder = heldBy(event, me);
  const place = within ? site : `${event.camera_name || event.camera} · ${site}`;
  return (
    <button className={`item tier-edge-${event.tier}`} aria-current={on} data-fresh={fresh} data-event={event.id} onClick={() => pick(event.id)}>
      <Thumb event={event} />
      <span className="item-text">
        <span className="item-line">
          {!within && <TierSign tier={event.tier} size={16} />}
          <strong className="clip">{within ? at(event.opened_at, event.time_zone, 'clock') : kind(event.kind)}</strong>
          <time className="age number" dateTime={event.opened_at} title={at(event.opened_at, event.time_zone)}>
            {age(event.opened_at, now)}
          </time>
        </span>
        <span className="item-line small">
          <span className="muted clip">{holder ? t('claim.held', { by: holder }) : place}</span>
          {event.status === 'pending_review' ? !event.ended_at && <span className="open-sign push">{t('queue.open')}</span> : <StatusSign status={event.status} />}
        </span>
      </span>
    </button>
  );
});

/** Only blurred pictures appear in a list. */
function Thumb({ event }: { event: KitchenEvent }) {
  const has = event.evidence.snapshot_blurred ?? event.evidence.annotated_blurred;
  if (!has) return <span className="thumb thumb-none" aria-hidden="true" />;
  const name = event.evidence.snapshot_blurred ? 'snapshot_blurred' : 'annotated_blurred';
  return <img className="thumb" src={`/v1/events/${event.id}/media/${name}`} alt="" loading="lazy" decoding="async" />;
}

export function QueueEmpty({ filters, filter }: { filters: Filters; filter: (filters: Filters) => void }) {
  const { t } = useWords();
  const cameras = useCameras().data;
  const rights = useRights();
  const plain = Object.entries(NO_FILTERS).every(([name, v]) => name === 'sort' || filters[name as keyof Filters] === v);
  if (plain && cameras?.length === 0)
    return (
      <Empty title={t('queue.noCamera')} help={t(rights.write ? 'queue.noCameraHelp' : 'setup.adminsOnly')}>
        {rights.write && (
          <a className="button button-main" href={format('cameras', { add: '1' })} onClick={follow}>
            ＋ {t('setup.add')}
          </a>
        )}
      </Empty>
    );
  return (
    <Empty title={plain ? t('queue.empty') : t('queue.emptyFilter')} help={plain ? t('queue.emptyHelp') : t('queue.emptyFilterHelp')}>
      {!plain && (
        <button className="button" onClick={() => filter(NO_FILTERS)}>
          {t('filter.clear')}
        </button>
      )}
    </Empty>
  );
}

/** Filters above the queue; each state of them is a link. */
import { useSettled } from '../core/now';
import { STATUSES, TIERS, type CatalogueKind } from '../core/types';
import { TierSign } from '../shell/badges';
import { useWords } from '../words';
import { useCameras, useCounts } from './data';
import { NO_FILTERS, type Filters } from './grouping';

const ZONES = ['special_room', 'special_area', 'serving', 'cooking', 'rough', 'washing', 'storage', 'dining', 'other'] as const;

export interface FilterProps {
  filters: Filters;
  filter: (filters: Filters) => void;
}

export function FilterBar({ filters, filter, kinds }: FilterProps & { kinds: readonly CatalogueKind[] }) {
  return (
    <div className="filters">
      <StatusTabs filters={filters} filter={filter} />
      <div className="filter-row">
        <TierChips filters={filters} filter={filter} />
        <SortChoice filters={filters} filter={filter} />
      </div>
      <Choices filters={filters} filter={filter} kinds={kinds} />
    </div>
  );
}

function StatusTabs({ filters, filter }: FilterProps) {
  const { t } = useWords();
  const counts = useCounts(filters, 'status');
  return (
    <div className="segments status-tabs" role="group" aria-label={t('filter.status')}>
      {[...STATUSES, 'all' as const].map((status) => (
        <button key={status} className="segment" aria-pressed={filters.status === status} onClick={() => filter({ ...filters, status })}>
          <span>{t(`status.${status}`)}</span>
          <b className="number">{status === 'all' ? Object.values(counts ?? {}).reduce((sum, n) => sum + n, 0) : (counts?.[status] ?? 0)}</b>
        </button>
      ))}
    </div>
  );
}

function TierChips({ filters, filter }: FilterProps) {
  const { t } = useWords();
  const counts = useCounts(filters, 'tier');
  return (
    <div className="chips" role="group" aria-label={t('filter.tier')}>
      {TIERS.map((tier) => {
        const on = filters.tier === tier;
        return (
          <button key={tier} className="chip" aria-pressed={on} title={t(`tier.${tier}`)} onClick={() => filter({ ...filters, tier: on ? '' : tier })}>
            <TierSign tier={tier} size={16} />
            <b className="number">{counts?.[tier] ?? 0}</b>
          </button>
        );
      })}
    </div>
  );
}

function SortChoice({ filters, filter }: FilterProps) {
  const { t } = useWords();
  const other = filters.sort === 'urgent' ? 'newest' : 'urgent';
  return (
    <button className="button button-quiet push" title={t('filter.sort')} onClick={() => filter({ ...filters, sort: other })}>
      ↓ {t(`filter.${filters.sort}`)}
    </button>
  );
}

type Option = readonly [value: string, label: string];

interface ChoiceProps {
  label: string;
  value: string;
  options: readonly Option[];
  pick: (value: string) => void;
}

function Choice({ label, value, options, pick }: ChoiceProps) {
  const { t } = useWords();
  return (
    <select className="select" aria-label={label} value={value} data-on={value !== ''} onChange={(event) => pick(event.target.value)}>
      <option value="">{t('filter.any', { what: label })}</option>
      {options.map(([each, text]) => (
        <option key={each} value={each}>
          {text}
        </option>
      ))}
    </select>
  );
}

function Choices({ filters, filter, kinds }: FilterProps & { kinds: readonly CatalogueKind[] }) {
  const { t, kind, name } = useWords();
  const counts = useCounts(filters, 'kind') ?? {};
  const settled = useSettled();
  const cameras = useCameras(settled).data ?? [];
  const names = [...new Set([...Object.keys(counts), ...kinds.map((each) => each.name)])];
  const byCount = names.sort((a, b) => (counts[b] ?? 0) - (counts[a] ?? 0));
  const kindOptions = byCount.map((each) => [each, counts[each] ? `${kind(each)} (${counts[each]})` : kind(each)] as const);
  const cameraOptions = cameras.map((each) => [each.id, each.name || each.id] as const);
  const zoneOptions = ZONES.map((z) => [z, name('zone', z)] as const);
  // Every option is measured when its list is laid out; the first screen shows none but what is chosen.
  const some = (options: readonly Option[], value: string): readonly Option[] => (settled ? options : options.filter(([each]) => each === value));
  const touched = filters.kind || filters.camera || filters.zone_type || filters.tier || filters.site;
  return (
    <div className="filter-row">
      <Choice label={t('filter.kind')} value={filters.kind} options={some(kindOptions, filters.kind)} pick={(v) => filter({ ...filters, kind: v })} />
      <Choice label={t('filter.camera')} value={filters.camera} options={cameraOptions} pick={(v) => filter({ ...filters, camera: v })} />
      <Choice label={t('filter.zone')} value={filters.zone_type} options={some(zoneOptions, filters.zone_type)} pick={(v) => filter({ ...filters, zone_type: v })} />
      {touched && (
        <button className="button button-quiet" aria-label={t('filter.clear')} title={t('filter.clear')} onClick={() => filter({ ...NO_FILTERS, status: filters.status, sort: filters.sort })}>
          ✕
        </button>
      )}
    </div>
  );
}

/** Which cases are wanted: kept in the address, so that each view is a link. */
import { format, go } from '../core/route';
import { TIERS, type CatalogueKind } from '../core/types';
import { useSites } from '../review/data';
import { useWords } from '../words';
import { STAGES } from './types';

const NAMES = ['view', 'stage', 'tier', 'kind', 'site', 'turn', 'overdue', 'mine', 'officer', 'sort'] as const;
type Name = (typeof NAMES)[number];
export interface Filters {
  told: Partial<Record<Name, string>>;
  view: 'board' | 'list';
  /** What the API is asked for, without stage and order. */
  narrow: Record<string, string>;
}

/** `officer`: whose they are, `me` or `nobody`. */
export function filtersOf(params: URLSearchParams, me: string): Filters {
  const told: Filters['told'] = {};
  for (const name of NAMES) {
    const value = params.get(name);
    if (value) told[name] = value;
  }
  const narrow: Record<string, string> = {};
  for (const name of ['tier', 'kind', 'site', 'turn', 'overdue', 'mine'] as const) if (told[name]) narrow[name] = told[name];
  if (told.officer === 'me') narrow.assignee = me;
  if (told.officer === 'nobody') narrow.assigned = 'false';
  return { told, view: told.view === 'list' ? 'list' : 'board', narrow };
}

const OFFICERS = ['me', 'nobody'] as const;
const TURNS = ['supervisor', 'kitchen'] as const;

export function CaseFilters({ filters, kinds }: { filters: Filters; kinds: readonly CatalogueKind[] }) {
  const { t, kind, name } = useWords();
  const sites = useSites().data ?? [];
  const set = (change: Filters['told']): void => go(format('cases', { ...filters.told, ...change }), { replace: true });
  const choice = (which: Name, label: string, options: readonly (readonly [string, string])[]) => (
    <select className="select" aria-label={label} value={filters.told[which] ?? ''} onChange={(e) => set({ [which]: e.target.value })}>
      <option value="">{t('filter.any', { what: label })}</option>
      {options.map(([value, text]) => (
        <option key={value} value={value}>
          {text}
        </option>
      ))}
    </select>
  );
  const toggle = (which: 'overdue' | 'mine') => (
    <button className="button" aria-pressed={filters.told[which] === 'true'} onClick={() => set({ [which]: filters.told[which] ? '' : 'true' })}>
      {t(`cases.${which}`)}
    </button>
  );
  return (
    <div className="room-tools case-tools">
      <div className="segments" role="group" aria-label={t('cases.view')}>
        {(['board', 'list'] as const).map((view) => (
          <button key={view} className="segment" aria-pressed={filters.view === view} onClick={() => set({ view: view === 'board' ? '' : view })}>
            {t(`cases.${view}`)}
          </button>
        ))}
      </div>
      {filters.view === 'list' && choice('stage', t('cases.stage'), STAGES.map((stage) => [stage, t(`stage.${stage}`)]))}
      {choice('tier', t('cases.tier'), TIERS.map((tier) => [tier, t(`tier.${tier}`)]))}
      {choice('kind', t('filter.kind'), kinds.map((each) => [each.name, kind(each.name)]))}
      {sites.length > 1 && choice('site', t('cameras.site'), sites.map((site) => [site.id, site.name ?? site.id]))}
      {choice('turn', t('cases.turn'), TURNS.map((party) => [party, name('party', party)]))}
      {choice('officer', t('officer.title'), OFFICERS.map((each) => [each, t(`officerOf.${each}`)]))}
      {toggle('overdue')}
      {toggle('mine')}
    </div>
  );
}

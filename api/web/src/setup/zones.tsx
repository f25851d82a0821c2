/** Zones of one camera: drawn, named, typed, each with what the law asks for there. */
import { useState } from 'react';
import { TierSign } from '../shell/badges';
import { useWords } from '../words';
import type { Word } from '../words/zh';
import { useDuties, type Duty } from './data';
import { Drawing } from './drawing';
import { BOX, began, done, faultOf, MOST_ZONES, redone, undone, type History, type Polygon, type Zone } from './polygon';

export const TYPES = ['special_room', 'special_area', 'serving', 'cooking', 'rough', 'washing', 'storage', 'dining', 'other'] as const;
export interface ZonesProps {
  site: string;
  picture: string | null;
  size: readonly [number, number];
  history: History<readonly Zone[]>;
  set: (change: (history: History<readonly Zone[]>) => History<readonly Zone[]>) => void;
}
export const newZones = (zones: readonly Zone[]): History<readonly Zone[]> => began(zones.length ? zones : [{ name: 'main', type: 'cooking', polygon: [] }]);
/** What is wrong with all zones together, one word for each. */
export function faultsOf(zones: readonly Zone[]): Word[] {
  const names = zones.map((zone) => zone.name.trim());
  const shapes = zones.map((zone) => faultOf(zone.polygon)).filter((fault) => fault !== null);
  const words: Word[] = shapes.map((fault) => `setup.fault.${fault}` as Word);
  if (names.some((name) => !name)) words.push('setup.fault.nameless');
  if (new Set(names).size < names.length) words.push('setup.fault.sameName');
  return [...new Set(words)];
}

export function Zones({ site, picture, size, history, set }: ZonesProps) {
  const { t } = useWords();
  const [at, setAt] = useState(0);
  const zones = history.now;
  const chosen = Math.min(at, zones.length - 1);
  const zone = zones[chosen];
  const change = (part: Partial<Zone>, whole = true): void =>
    set((h) => {
      const next = h.now.map((each, i) => (i === chosen ? { ...each, ...part } : each));
      return whole ? done(h, next) : { ...h, now: next };
    });
  const add = (): void => {
    const free = Array.from({ length: MOST_ZONES + 1 }, (_, i) => t('setup.zoneName', { n: i + 1 })).find((name) => !zones.some((z) => z.name === name));
    set((h) => done(h, [...h.now, { name: free ?? 'zone', type: 'cooking', polygon: [] }]));
    setAt(zones.length);
  };
  if (!zone) return null;
  const fault = faultOf(zone.polygon);
  return (
    <div className="zones">
      <div className="zones-picture">
        <Drawing picture={picture} size={size} zones={zones} chosen={chosen} choose={setAt} draw={(polygon: Polygon, whole) => change({ polygon }, whole)} />
        <div className="row">
          <button type="button" className="button" disabled={!history.past.length} onClick={() => set(undone)}>↶ {t('setup.undo')}</button>
          <button type="button" className="button" disabled={!history.future.length} onClick={() => set(redone)}>↷ {t('setup.redo')}</button>
          <button type="button" className="button" disabled={!zone.polygon.length} onClick={() => change({ polygon: [] })}>{t('setup.clear')}</button>
          {zone.polygon.length === 0 && <button type="button" className="button" onClick={() => change({ polygon: BOX })}>▢ {t('setup.box')}</button>}
        </div>
        <p className="muted small">{zone.polygon.length ? t('setup.drawHelp') : t('setup.wholeHelp')}</p>
        <p className="wrong" role="status">{fault && t(`setup.fault.${fault}` as Word)}</p>
      </div>
      <div className="zones-list">
        <div className="segments zones-tabs" role="group" aria-label={t('setup.zones')}>
          {zones.map((each, i) => (
            <button type="button" key={i} className="segment" aria-pressed={i === chosen} onClick={() => setAt(i)}>
              <span className={`zone-mark zone-${i % 6}`} aria-hidden="true">{i + 1}</span> {each.name || '—'} {faultOf(each.polygon) && '⚠'}
            </button>
          ))}
        </div>
        <div className="row">
          <button type="button" className="button" disabled={zones.length >= MOST_ZONES} onClick={add}>＋ {t('setup.addZone')}</button>
          <button type="button" className="button" disabled={zones.length < 2} onClick={() => set((h) => done(h, h.now.filter((_, i) => i !== chosen)))}>{t('setup.removeZone')}</button>
        </div>
        <div className="field">
          <label htmlFor="zone-name">{t('setup.zoneNameLabel')}</label>
          <input id="zone-name" value={zone.name} maxLength={64} onChange={(e) => change({ name: e.target.value })} />
        </div>
        <ZoneType value={zone.type} pick={(type) => change({ type })} />
        <Asked duties={useDuties(site)?.find((each) => each.type === zone.type)?.duties ?? []} />
      </div>
    </div>
  );
}

function ZoneType({ value, pick }: { value: string; pick: (type: string) => void }) {
  const { t, name } = useWords();
  return (
    <div className="field">
      <label htmlFor="zone-type">{t('setup.zoneType')}</label>
      <select id="zone-type" className="select" value={value} onChange={(e) => pick(e.target.value)}>
        {TYPES.map((type) => (
          <option key={type} value={type}>{name('zone', type)}</option>
        ))}
      </select>
    </div>
  );
}

/** What is asked here, the mandatory first: the reason why a zone's type matters. */
function Asked({ duties }: { duties: readonly Duty[] }) {
  const { t, kind } = useWords();
  const ours = duties.filter((duty) => !/^camera_|^clock_/.test(duty.kind));
  return (
    <section className="asked" aria-live="polite">
      {(['mandatory', 'recommended'] as const).map((binding) => (
        <div key={binding}>
          <h2>{t(binding === 'mandatory' ? 'setup.must' : 'setup.should')}</h2>
          <ul>
            {ours.filter((duty) => duty.binding === binding).map((duty) => (
              <li key={duty.kind}><TierSign tier={duty.tier} size={16} /> {kind(duty.kind)}</li>
            ))}
            {!ours.some((duty) => duty.binding === binding) && <li className="muted">{t('setup.nothingAsked')}</li>}
          </ul>
        </div>
      ))}
    </section>
  );
}

/** One page for a new camera and for a changed one: site, address, picture or diagnosis, name, zones, save. */
import { useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent, type ReactNode } from 'react';
import { ApiError, get } from '../core/http';
import { format, go } from '../core/route';
import type { Camera } from '../core/types';
import { useCameras, useSites } from '../review/data';
import { useSay } from '../shell/notes';
import { Empty, Failure, Loading, useSentence } from '../shell/states';
import { useWords } from '../words';
import { Address, Diagnosis, type Look } from './address';
import { addCamera, changeCamera, probeOf, useCamera, useRights, type CameraFacts } from './data';
import { AddSite } from './newsite';
import type { Zone } from './polygon';
import { faultsOf, newZones, Zones } from './zones';

const leave = (): void => go(format('cameras', {}));
const freeId = (site: string, cameras: readonly Camera[]): string => {
  const taken = new Set(cameras.map((camera) => camera.id));
  for (let n = cameras.filter((camera) => camera.site === site).length + 1; ; n += 1) if (!taken.has(`${site}-${n}`)) return `${site}-${n}`.slice(0, 64);
};

export function EditCamera({ id }: { id: string }) {
  const query = useCamera(id);
  if (query.isPending) return <Loading />;
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  return <CameraForm key={id} stored={query.data} />;
}

function useLook(stored: CameraFacts | undefined, source: string) {
  const [look, setLook] = useState<Look>({ state: 'none' });
  const take = async (): Promise<void> => {
    setLook({ state: 'busy' });
    try {
      setLook({ state: 'seen', probe: await probeOf(source.trim() || !stored ? { source: source.trim() } : { camera: stored.id }) });
    } catch (error) {
      setLook({ state: 'failed', error });
    }
  };
  return { look, take, forget: () => setLook({ state: 'none' }) };
}

export function CameraForm({ stored }: { stored?: CameraFacts }) {
  const { t } = useWords();
  const say = useSay();
  const sentence = useSentence();
  const queries = useQueryClient();
  const rights = useRights();
  const sites = useSites();
  const cameras = useCameras().data ?? [];
  const [site, setSite] = useState(stored?.site ?? '');
  const [source, setSource] = useState('');
  const [label, setLabel] = useState(stored?.name ?? '');
  const [ownId, setOwnId] = useState('');
  const [enabled, setEnabled] = useState(stored?.enabled ?? true);
  const [history, setHistory] = useState(() => newZones(stored?.zones ?? []));
  const [wrong, setWrong] = useState('');
  const [base, setBase] = useState(stored);
  const [theirs, setTheirs] = useState<CameraFacts | null>(null);
  const [saving, setSaving] = useState(false);
  const { look, take, forget } = useLook(stored, source);
  const here = site || (sites.data?.length === 1 ? sites.data[0]?.id ?? '' : '');
  const faults = faultsOf(history.now);
  const zones: Zone[] = history.now.map((zone) => ({ ...zone, name: zone.name.trim() }));
  const facts = { name: label.trim(), zones, enabled };

  const patchOf = (against: CameraFacts): object => {
    const own = Object.entries(facts).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify((stored as unknown as Record<string, unknown>)[name] ?? (against as unknown as Record<string, unknown>)[name]));
    return { ...Object.fromEntries(own), ...(source.trim() ? { source: source.trim() } : {}) };
  };
  const save = async (event?: FormEvent, over?: CameraFacts): Promise<void> => {
    event?.preventDefault();
    if (faults.length || saving) return setWrong(faults.map((word) => t(word)).join(' '));
    setSaving(true);
    setWrong('');
    try {
      const against = over ?? base;
      if (against) await changeCamera(against.id, against.etag, patchOf(against));
      else await addCamera({ ...facts, id: ownId.trim() || freeId(here, cameras), site: here, source: source.trim() });
      await queries.invalidateQueries({ queryKey: ['cameras'] });
      say({ text: t('setup.saved', { name: label || against?.id || here }) });
      leave();
    } catch (error) {
      if (error instanceof ApiError && error.status === 412 && base) setTheirs(await get<CameraFacts>(`/v1/cameras/${base.id}`));
      else setWrong(error instanceof ApiError && error.errors.length ? error.errors.map((each) => `${each.field}: ${each.allowed ?? ''}`).join('; ') : sentence(error));
    } finally {
      setSaving(false);
    }
  };
  if (!rights.write) return <Empty title={t('error.forbidden')} help={t('setup.adminsOnly')} />;
  if (sites.isPending) return <Loading />;
  const seen = look.state === 'seen' ? look.probe : null;
  return (
    <main id="main" className="room setup">
      <header className="room-head">
        <h1>{stored ? t('setup.edit', { name: stored.name || stored.id }) : t('setup.add')}</h1>
        <button type="button" className="button button-quiet" onClick={leave}>← {t('setup.back')}</button>
      </header>
      {theirs && base && <Conflict before={base} theirs={theirs} mine={() => { setBase(theirs); setTheirs(null); void save(undefined, theirs); }} drop={() => void queries.resetQueries({ queryKey: ['camera', base.id] })} />}
      <form onSubmit={(event) => void save(event)} className="setup-form">
        <Step n={1} title={t('setup.site')}>
          {stored ? <p>{stored.site_name || stored.site}</p> : <SitePick here={here} pick={setSite} />}
        </Step>
        <Step n={2} title={t('setup.address')}>
          <Address source={source} set={(next) => { setSource(next); forget(); }} masked={stored?.source || undefined} />
          <div className="row">
            <button type="button" className={seen ? 'button' : 'button button-main'} disabled={look.state === 'busy' || !(source.trim() || stored?.source)} onClick={() => void take()}>{t('setup.look')}</button>
          </div>
          <Diagnosis look={look} />
        </Step>
        <Step n={3} title={t('setup.nameAndZones')}>
          <div className="setup-names">
            <div className="field">
              <label htmlFor="camera-name">{t('setup.name')}</label>
              <input id="camera-name" value={label} maxLength={128} onChange={(e) => setLabel(e.target.value)} placeholder={t('setup.nameExample')} required />
            </div>
            {!stored && (
              <div className="field">
                <label htmlFor="camera-id">{t('setup.id')}</label>
                <input id="camera-id" value={ownId} onChange={(e) => setOwnId(e.target.value)} placeholder={here ? freeId(here, cameras) : ''} pattern="[A-Za-z0-9][A-Za-z0-9._\-]*" maxLength={64} />
              </div>
            )}
            <label className="row check"><input type="checkbox" checked={enabled} onChange={(e) => setEnabled(e.target.checked)} /> {t('setup.enabled')}</label>
          </div>
          <Zones site={here} picture={seen?.picture ?? null} size={seen ? [seen.width, seen.height] : [1280, 720]} history={history} set={setHistory} />
        </Step>
        <footer className="setup-foot">
          <p role="alert" className="wrong">{wrong}</p>
          {!stored && !seen && <p className="muted small">{t('setup.unseen')}</p>}
          <button type="button" className="button" onClick={leave}>{t('setup.cancel')}</button>
          <button className="button button-main" disabled={saving || faults.length > 0 || !here || (!stored && !source.trim())}>{saving ? t('setup.saving') : t('setup.save')}</button>
        </footer>
      </form>
    </main>
  );
}

/** One of the known sites, or a new one; the first site of all is asked for at once. */
function SitePick({ here, pick }: { here: string; pick: (site: string) => void }) {
  const { t } = useWords();
  const sites = useSites().data ?? [];
  const [adding, setAdding] = useState(sites.length === 0);
  const added = (id: string): void => {
    pick(id);
    setAdding(false);
  };
  if (adding) return <AddSite sites={sites} added={added} close={sites.length > 0 ? () => setAdding(false) : undefined} />;
  return (
    <div className="row">
      <select className="select" aria-label={t('setup.site')} value={here} onChange={(e) => pick(e.target.value)} required>
        <option value="">{t('setup.pickSite')}</option>
        {sites.map((each) => <option key={each.id} value={each.id}>{each.name || each.id}</option>)}
      </select>
      <button type="button" className="button" onClick={() => setAdding(true)}>＋ {t('setup.siteNew')}</button>
    </div>
  );
}

function Step({ n, title, children }: { n: number; title: string; children: ReactNode }) {
  return (
    <section className="step" aria-label={title}>
      <h2><span className="step-number" aria-hidden="true">{n}</span>{title}</h2>
      {children}
    </section>
  );
}

/** Somebody else saved meanwhile: show what they changed, and let the person decide. */
function Conflict(props: { before: CameraFacts; theirs: CameraFacts; mine: () => void; drop: () => void }) {
  const { t, name } = useWords();
  const { before, theirs } = props;
  const shown = (value: unknown): string => (Array.isArray(value) ? (value as Zone[]).map((zone) => `${zone.name} (${name('zone', zone.type)}, ${zone.polygon.length})`).join('、') : typeof value === 'boolean' ? (value ? '✓' : '✕') : String(value ?? '—'));
  const changed = (['name', 'source', 'zones', 'enabled', 'interval_s'] as const).filter((field) => JSON.stringify(before[field]) !== JSON.stringify(theirs[field]));
  return (
    <div className="diagnosis diagnosis-bad conflict" role="alertdialog" aria-label={t('setup.conflict')}>
      <strong>{t('setup.conflict')}</strong>
      <ul>
        {changed.map((field) => <li key={field}>{name('field', field)}: <del>{shown(before[field])}</del> → <ins>{shown(theirs[field])}</ins></li>)}
        {changed.length === 0 && <li>{t('setup.conflictOther')}</li>}
      </ul>
      <div className="row">
        <button type="button" className="button button-main" onClick={props.mine}>{t('setup.keepMine')}</button>
        <button type="button" className="button" onClick={props.drop}>{t('setup.takeTheirs')}</button>
      </div>
    </div>
  );
}

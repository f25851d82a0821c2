/** The camera's address, with the makers' patterns, and what a look at it shows. */
import { useEffect, useRef, useState } from 'react';
import { ApiError } from '../core/http';
import { useSentence } from '../shell/states';
import { useWords } from '../words';
import type { Probe } from './data';
import { addressOf, partsOf, VENDORS } from './vendors';

export type Look = { state: 'none' } | { state: 'busy' } | { state: 'seen'; probe: Probe } | { state: 'failed'; error: unknown };

export function Address({ source, set, masked }: { source: string; set: (source: string) => void; masked?: string | undefined }) {
  const { t, name } = useWords();
  const { host, user, password } = partsOf(source);
  return (
    <>
      <div className="field">
        <label htmlFor="source">{t('setup.source')}</label>
        <input id="source" value={source} onChange={(e) => set(e.target.value)} placeholder={masked ?? 'rtsp://admin:password@192.168.1.64:554/…'} maxLength={2000} autoComplete="off" autoCapitalize="none" spellCheck={false} aria-describedby="source-help" />
        <p id="source-help" className="muted small">{masked ? t('setup.sourceKept', { source: masked }) : t('setup.sourceHelp')}</p>
      </div>
      <div className="vendors" role="group" aria-label={t('setup.vendors')}>
        {VENDORS.map((vendor) => (
          <button type="button" key={vendor.id} className="vendor" onClick={() => set(addressOf(vendor, host, user || 'admin', password || 'password'))}>
            <strong>{name('vendor', vendor.id)}</strong>
            <code>rtsp://…{vendor.path}</code>
          </button>
        ))}
      </div>
    </>
  );
}

const causeOf = (error: unknown): string => (error instanceof ApiError ? /problem:camera-(.+)$/.exec(error.type)?.[1] ?? '' : '');

/** The cause in plain words, what to do, and what exactly was said. */
export function Diagnosis({ look }: { look: Look }) {
  const { t, name } = useWords();
  const sentence = useSentence();
  if (look.state === 'none') return null;
  if (look.state === 'busy') return <Waiting />;
  if (look.state === 'seen') return <Facts probe={look.probe} />;
  const cause = causeOf(look.error);
  const busy = look.error instanceof ApiError && look.error.status === 429;
  const told = look.error instanceof ApiError ? look.error.errors[0]?.allowed : undefined;
  return (
    <div className="diagnosis diagnosis-bad" role="alert" data-cause={cause}>
      <strong>⚠ {cause ? name('cause', cause) : busy ? t('setup.othersLook') : sentence(look.error)}</strong>
      {cause && <p>{name('advice', cause)}</p>}
      {told && <details><summary>{t('setup.details')}</summary><code>{told}</code></details>}
    </div>
  );
}

function Waiting() {
  const { t } = useWords();
  const began = useRef(Date.now());
  const [s, setS] = useState(0);
  useEffect(() => {
    const timer = window.setInterval(() => setS(Math.floor((Date.now() - began.current) / 1000)), 1000);
    return () => window.clearInterval(timer);
  }, []);
  return (
    <div className="diagnosis" role="status">
      <span className="spinner" aria-hidden="true" /> {t('setup.looking')} <span aria-hidden="true">{s} s</span>
    </div>
  );
}

function Facts({ probe }: { probe: Probe }) {
  const { t } = useWords();
  const every = probe.key_frame_interval_s;
  const hints = [
    probe.blurred === 'whole' ? t('setup.wholeBlurred') : t('setup.headsBlurred'),
    probe.width < 1280 ? t('setup.smallPicture') : '',
    every !== null && every > 4 ? t('setup.rareKeys', { n: every }) : '',
  ].filter(Boolean);
  return (
    <div className="diagnosis diagnosis-good" role="status">
      <strong>✓ {t('setup.seen')}</strong>{' '}
      <span className="number">{probe.codec.toUpperCase()} · {probe.width}×{probe.height}{probe.fps ? ` · ${Math.round(probe.fps)} fps` : ''}{every !== null ? ` · ${t('setup.keyEvery', { n: every })}` : ''}</span>
      {hints.map((hint) => <p key={hint} className="small">{hint}</p>)}
    </div>
  );
}

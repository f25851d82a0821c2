/** What it is: kind, urgency, place, clause, times, versions; everything that a verdict stands on. */
import type { ReactNode } from 'react';
import type { Clause, KitchenEvent } from '../core/types';
import { at } from '../core/when';
import { StatusSign, TierSign } from '../shell/badges';
import { useSay } from '../shell/notes';
import { useWords } from '../words';
import { Similar } from './similar';

export function Details({ event, pick }: { event: KitchenEvent; pick: (id: string) => void }) {
  const { t, kind } = useWords();
  return (
    <>
      <header className="details-head">
        <h1>{kind(event.kind)}</h1>
        <code className="muted">{event.kind}</code>
        <div className="row">
          <TierSign tier={event.tier} size={24} />
          <span className={`tier-word tier-text-${event.tier}`}>{t(`tier.${event.tier}`)}</span>
          <span className={`binding binding-${event.binding}`} title={t(`binding.${event.binding}Help`)}>
            {t(`binding.${event.binding}`)}
          </span>
        </div>
        <Standing event={event} />
      </header>
      <Where event={event} />
      <Clauses clauses={event.clause} />
      <When event={event} />
      <Why event={event} />
      <Similar event={event} pick={pick} />
    </>
  );
}

function Standing({ event }: { event: KitchenEvent }) {
  const { t, name } = useWords();
  const { review } = event;
  const unreviewed = event.status === 'pending_review' || event.status === 'unsure';
  return (
    <>
      {review && (
        <p className="standing">
          <StatusSign status={event.status} />
          {review.reason && <span>{name('reason', review.reason)}</span>}
          <span className="muted small">{[review.by, review.at && at(review.at, event.time_zone, 'minute')].filter(Boolean).join(' · ')}</span>
        </p>
      )}
      {unreviewed && (
        <p className="evidence-note">
          <span aria-hidden="true">⚖</span> {t('detail.notEvidence')}
        </p>
      )}
      {event.status === 'confirmed' && <p className="evidence-note evidence-ok">✓ {t('detail.usable')}</p>}
    </>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="part-block">
      <h2>{title}</h2>
      {children}
    </section>
  );
}

function Line({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="line">
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Where({ event }: { event: KitchenEvent }) {
  const { t, name } = useWords();
  return (
    <Part title={t('detail.where')}>
      <dl>
        <Line label={t('detail.zone')}>
          {name('zone', event.zone.type)} {event.zone.name !== 'main' && <span className="muted">{event.zone.name}</span>}
        </Line>
        <Line label={t('detail.camera')}>
          {event.camera_name || event.camera} {event.camera_name && event.camera_name !== event.camera && <code className="muted">{event.camera}</code>}
        </Line>
        <Line label={t('detail.site')}>{event.site_name || event.site}</Line>
      </dl>
    </Part>
  );
}

/** 《…》 around the name of a law, once. */
const titled = (instrument: string): string => (/[\u4e00-\u9fff]/.test(instrument) && !instrument.startsWith('《') ? `《${instrument}》` : instrument);

function Clauses({ clauses }: { clauses: readonly Clause[] }) {
  const { t, language } = useWords();
  const own = language === 'en' ? 'en' : 'zh';
  return (
    <Part title={t('detail.clause')}>
      {clauses.length === 0 && <p className="muted">{t('detail.clauseNone')}</p>}
      {clauses.map((clause) => (
        <blockquote key={clause.id} className="clause">
          <p>
            <strong>{titled(clause.instrument)}</strong> {clause.article}{' '}
            <span className={clause.verified ? 'verified' : 'unverified'}>{clause.verified ? `✓ ${t('detail.verified')}` : t('detail.unverified')}</span>
          </p>
          <p className="clause-text">{clause.text[own] ?? Object.values(clause.text)[0]}</p>
          {/^https?:/.test(clause.source_url) && (
            <a className="small" href={clause.source_url} target="_blank" rel="noreferrer noopener">
              {t('detail.source')} ↗
            </a>
          )}
        </blockquote>
      ))}
    </Part>
  );
}

function lasted(event: KitchenEvent): string {
  const end = event.ended_at ? new Date(event.ended_at).getTime() : Date.now();
  const s = Math.max(0, Math.round((end - new Date(event.started_at).getTime()) / 1000));
  const pad = (n: number): string => String(n).padStart(2, '0');
  return s < 3600 ? `${Math.floor(s / 60)}:${pad(s % 60)}` : `${Math.floor(s / 3600)}:${pad(Math.floor(s / 60) % 60)}:${pad(s % 60)}`;
}

function When({ event }: { event: KitchenEvent }) {
  const { t, name } = useWords();
  const zone = event.time_zone;
  return (
    <Part title={t('detail.time')}>
      <dl className="numbers">
        <Line label={t('detail.started')}>{at(event.started_at, zone)}</Line>
        <Line label={t('detail.opened')}>{at(event.opened_at, zone)}</Line>
        <Line label={t('detail.ended')}>
          {event.ended_at ? at(event.ended_at, zone) : <span className="open-sign">{t('detail.ongoing')}</span>}
        </Line>
        <Line label={t('detail.duration')}>
          {lasted(event)} {event.closed_reason && <span className="muted">{name('closed', event.closed_reason)}</span>}
        </Line>
      </dl>
      <p className="muted small">{t('detail.zoneTime', { zone: zone ?? 'UTC' })}</p>
    </Part>
  );
}

const share = (p: number): string => `${(p * 100).toFixed(p > 0.995 ? 2 : 1)} %`;

function Why({ event }: { event: KitchenEvent }) {
  const { t } = useWords();
  const unknown = event.looks.filter((look) => look.log_odds === null).length;
  return (
    <Part title={t('detail.why')}>
      <dl className="numbers">
        <Line label={t('detail.probability')}>{share(event.probability)}</Line>
        {event.peak !== null && <Line label={t('detail.peak')}>{share(event.peak)}</Line>}
        <Line label={t('detail.looks')}>{t('detail.looksOf', { n: event.looks.length, unknown })}</Line>
        <Line label={t('detail.subject')}>
          <code>{event.subject}</code>
        </Line>
        <Line label={t('detail.model')}>
          {event.model.split('+').map((model) => (
            <code key={model} className="block">
              {model}
            </code>
          ))}
        </Line>
        <Line label={t('detail.rule')}>
          <code>{event.rule_version}</code>
        </Line>
        <Line label={t('detail.id')}>
          <code title={event.id}>{event.id.slice(0, 8)}</code> <CopyLink />
        </Line>
      </dl>
    </Part>
  );
}

function CopyLink() {
  const { t } = useWords();
  const say = useSay();
  const copy = async (): Promise<void> => {
    await navigator.clipboard?.writeText(window.location.href);
    say({ text: t('detail.copied') });
  };
  return (
    <button className="button button-quiet small" onClick={() => void copy().catch(() => undefined)}>
      {t('detail.copy')}
    </button>
  );
}

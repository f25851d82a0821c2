/** Insight: where to go first and why; how much of what, when, how well it was found, and what came of it. */
import '../styles/insight.css';
import { useState } from 'react';
import { format, go, useRoute } from '../core/route';
import type { CatalogueKind } from '../core/types';
import { TierSign } from '../shell/badges';
import { follow } from '../shell/header';
import { Empty, Failure, Loading } from '../shell/states';
import { useWords } from '../words';
import { MapTab } from './map';
import { Bars, HeatTable, Interval, percent } from './charts';
import { periodOf, useFigures, type Funnel, type Heat, type ParetoLine, type PrecisionLine, type Reason, type Score, type Target, type Trends } from './data';

const TABS = ['targets', 'map', 'trends', 'quality', 'reports'] as const;
type Tab = (typeof TABS)[number];
const SPANS = [7, 30, 90] as const;
const DAY_MS = 86_400_000;

export default function Insight({ kinds }: { kinds: readonly CatalogueKind[] }) {
  const { t } = useWords();
  const { params } = useRoute();
  const tab: Tab = TABS.find((each) => each === params.get('tab')) ?? 'targets';
  const days = SPANS.find((each) => String(each) === params.get('days')) ?? 30;
  return (
    <main id="main" className="room insight">
      <header className="room-head">
        <h1>{t('room.insight')}</h1>
        <nav className="segments" aria-label={t('room.insight')}>
          {TABS.map((each) => (
            <a key={each} className="segment" href={format('insight', { tab: each, days: String(days) })} onClick={follow} aria-current={each === tab ? 'page' : undefined}>
              {t(`insightTab.${each}`)}
            </a>
          ))}
        </nav>
        {(tab === 'trends' || tab === 'quality') && (
          <select className="select push" aria-label={t('insight.span')} value={days} onChange={(e) => go(format('insight', { tab, days: e.target.value }), { replace: true })}>
            {SPANS.map((each) => (
              <option key={each} value={each}>
                {t('insight.days', { n: each })}
              </option>
            ))}
          </select>
        )}
      </header>
      {tab === 'targets' && <Targets site={params.get('site')} />}
      {tab === 'map' && <MapTab region={params.get('region') ?? ''} />}
      {tab === 'trends' && <TrendsTab key={days} days={days} kinds={kinds} />}
      {tab === 'quality' && <Quality key={days} days={days} />}
      {tab === 'reports' && <Reports />}
    </main>
  );
}

/** Rounded to the hour: the same question is asked once. */
const since = (days: number): string => new Date(Math.floor(Date.now() / 3_600_000) * 3_600_000 - days * DAY_MS).toISOString();

function Targets({ site }: { site: string | null }) {
  const { t } = useWords();
  const query = useFigures<{ items: Target[]; colours: Record<Target['colour'], number> | null }>('/v1/targets', { limit: 100 });
  if (query.isPending) return <Loading />;
  if (query.isError && !query.data) return <Failure error={query.error} retry={() => void query.refetch()} />;
  const { items, colours } = query.data;
  if (items.length === 0) return <Empty title={t('targets.none')} help={t('targets.noneHelp')} />;
  return (
    <>
      {colours && (
        <p className="row">
          {(['red', 'amber', 'green'] as const).map((colour) => (
            <span key={colour} className={`colour colour-${colour}`}>
              <b aria-hidden="true">{COLOUR_SIGNS[colour]}</b> {t(`colour.${colour}`)} {colours[colour] ?? 0}
            </span>
          ))}
        </p>
      )}
      <ol className="targets">
        {items.map((target, i) => (
          <TargetCard key={target.site} target={target} rank={i + 1} open={site === target.site} />
        ))}
      </ol>
    </>
  );
}

const COLOUR_SIGNS = { red: '✕', amber: '!', green: '✓' } as const;

function TargetCard({ target, rank, open }: { target: Target; rank: number; open: boolean }) {
  const { t } = useWords();
  return (
    <li className="target" data-site={target.site}>
      <header className="row">
        <b className="number rank">{rank}</b>
        <strong>{target.site_name}</strong>
        <span className={`colour colour-${target.colour}`}>
          <b aria-hidden="true">{COLOUR_SIGNS[target.colour]}</b> {t('targets.points', { n: target.points })}
        </span>
        {target.grade && (
          <span className="tag">
            {t('targets.grade', { grade: target.grade })} {target.graded_on && <span className="muted">{target.graded_on}</span>}
          </span>
        )}
        <span className="muted">{t('targets.cameras', { n: target.cameras, ill: target.unhealthy })}</span>
        <span className="push number">{t('targets.risk', { n: target.risk })}</span>
      </header>
      <ul className="reasons">
        {target.reasons.map((reason) => (
          <ReasonLine key={reason.why} reason={reason} most={target.reasons[0]?.points ?? 1} />
        ))}
      </ul>
      <p className="row">
        <a className="button" href={format('insight', { tab: 'targets', site: open ? undefined : target.site })} onClick={follow} aria-expanded={open}>
          {t('targets.score')}
        </a>
        <a className="button" href={format('cases', { view: 'list', site: target.site })} onClick={follow}>
          {t('wall.toCases')}
        </a>
      </p>
      {open && <ScoreLines site={target.site} />}
    </li>
  );
}

const text = (value: unknown): string | number => (typeof value === 'number' ? value : Array.isArray(value) ? value.length : String(value ?? '—'));

function ReasonLine({ reason, most }: { reason: Reason; most: number }) {
  const { name } = useWords();
  const told = Object.fromEntries(Object.entries(reason).map(([key, value]) => [key, text(value)]));
  const sentence = name('risk', reason.why).replace(/\{(\w+)\}/g, (whole, key: string) => String(told[key] ?? whole));
  return (
    <li>
      <span className="reason-bar" style={{ width: `${Math.max(2, (reason.points / most) * 100)}%` }} aria-hidden="true" />
      <span>{sentence}</span>
      <span className="number muted">+{reason.points}</span>
    </li>
  );
}

export function ScoreLines({ site }: { site: string }) {
  const { t, name, kind } = useWords();
  const query = useFigures<Score>(`/v1/sites/${site}/score`, {});
  if (query.isPending) return <Loading />;
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  const { points, lines } = query.data;
  return (
    <section className="score" aria-label={t('targets.score')}>
      <p>
        <strong>{t('score.is', { n: points })}</strong> <span className="muted">{t('score.help')}</span>
      </p>
      {lines.length === 0 && <p className="muted">{t('score.clean')}</p>}
      <ul>
        {lines.map((line) => (
          <li key={line.case} data-counts={line.why === 'counts'}>
            <TierSign tier={line.tier} size={16} />
            <a href={format('cases', { case: line.case })} onClick={follow}>
              {kind(line.kind)}
            </a>
            <span className="muted number">{line.day}</span>
            <span className="push number">
              {line.why === 'counts'
                ? `−${line.points} = ${[line.base, ...Object.values(line.factors).filter((factor) => factor !== 1)].join(' × ')}`
                : name('scoreWhy', line.why)}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

const FUNNEL = ['detected', 'reviewed', 'confirmed', 'cases', 'ordered', 'closed', 'closed_on_time'] as const;

function TrendsTab({ days, kinds }: { days: number; kinds: readonly CatalogueKind[] }) {
  const { t, kind } = useWords();
  const [after] = useState(() => since(days));
  const trends = useFigures<Trends>('/v1/insight/trends', { after, by: 'kind', bucket: days > 45 ? 'week' : 'day' });
  const heat = useFigures<Heat>('/v1/insight/heat', { after });
  const pareto = useFigures<{ items: ParetoLine[]; n: number }>('/v1/insight/pareto', { after, by: 'kind' });
  const funnel = useFigures<Funnel>('/v1/insight/funnel', { after });
  const failed = [trends, heat, pareto, funnel].find((each) => each.isError && !each.data);
  if (failed) return <Failure error={failed.error} retry={() => void failed.refetch()} />;
  if (!trends.data || !heat.data || !pareto.data || !funnel.data) return <Loading />;
  const told = funnel.data;
  const order = new Map(pareto.data.items.map((line, i) => [line.key, i]));
  const series = [...trends.data.series].sort((a, b) => (order.get(a.key) ?? 99) - (order.get(b.key) ?? 99)).map((each) => ({ ...each, name: kind(each.key) }));
  const known = new Set(kinds.map((each) => each.name));
  return (
    <div className="figures">
      <section className="figure figure-wide">
        <h2>{t('figure.trend', { n: trends.data.n })}</h2>
        <Bars buckets={trends.data.buckets} series={series} label={t('figure.trend', { n: trends.data.n })} />
        <ul className="legend">
          {series.map((each, k) => (
            <li key={each.key}>
              <span className={`hue-mark hue-${k % 8}`} aria-hidden="true" /> {each.name} <span className="muted number">{each.counts.reduce((a, b) => a + b, 0)}</span>
            </li>
          ))}
        </ul>
      </section>
      <section className="figure">
        <h2>{t('figure.funnel')}</h2>
        <ol className="funnel">
          {FUNNEL.map((step) => (
            <li key={step}>
              <span className="funnel-bar" style={{ width: `${(told[step] / Math.max(1, told.detected)) * 100}%` }} aria-hidden="true" />
              <span>{t(`funnel.${step}`)}</span>
              <b className="number">{told[step]}</b>
            </li>
          ))}
        </ol>
        <p>
          {t('funnel.onTime')} <Interval share={told.on_time} />
        </p>
      </section>
      <section className="figure">
        <h2>{t('figure.pareto', { n: pareto.data.n })}</h2>
        <ol className="funnel">
          {pareto.data.items.map((line) => (
            <li key={line.key}>
              <span className="funnel-bar" style={{ width: `${line.share * 100}%` }} aria-hidden="true" />
              <span>{line.key === '' ? t('figure.others') : known.has(line.key) ? <a href={format('review', { status: 'confirmed', kind: line.key })} onClick={follow}>{kind(line.key)}</a> : line.key}</span>
              <span className="number">
                <b>{line.count}</b> <span className="muted">Σ {percent(line.cumulative)}</span>
              </span>
            </li>
          ))}
        </ol>
      </section>
      <section className="figure figure-wide">
        <h2>{t('figure.heat', { n: heat.data.n })}</h2>
        <HeatTable rows={heat.data.rows} days={[1, 2, 3, 4, 5, 6, 7].map((day) => t(`weekday.${day as 1}`))} caption={t('figure.heat', { n: heat.data.n })} />
      </section>
    </div>
  );
}

function Quality({ days }: { days: number }) {
  const { t, kind } = useWords();
  const [by, setBy] = useState<'kind' | 'camera'>('kind');
  const [after] = useState(() => since(days));
  const query = useFigures<{ items: PrecisionLine[] }>('/v1/insight/precision', { after, by });
  return (
    <>
      <div className="segments quality-by" role="group" aria-label={t('quality.by')}>
        {(['kind', 'camera'] as const).map((each) => (
          <button key={each} className="segment" aria-pressed={by === each} onClick={() => setBy(each)}>
            {t(`quality.${each}`)}
          </button>
        ))}
      </div>
      {query.isPending && <Loading />}
      {query.isError && !query.data && <Failure error={query.error} retry={() => void query.refetch()} />}
      {query.data?.items.length === 0 && <Empty title={t('quality.none')} help={t('quality.noneHelp')} />}
      {query.data && query.data.items.length > 0 && (
        <div className="table-box" tabIndex={0}>
          <table className="table">
            <thead>
              <tr>
                {(['key', 'precision', 'dismissed', 'unsure', 'pending', 'perDay'] as const).map((head) => (
                  <th key={head} scope="col">
                    {t(`qualityHead.${head}`)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {query.data.items.map((line) => (
                <tr key={line.key}>
                  <th scope="row">{by === 'kind' ? kind(line.key) : line.name || line.key}</th>
                  <td>
                    <Interval share={line.precision} />
                  </td>
                  <td className="number">{line.dismissed}</td>
                  <td className="number">{line.unsure}</td>
                  <td className="number">{line.pending}</td>
                  <td className="number">
                    {line.false_alarms_per_camera_day === null || line.camera_days === 0 ? '—' : line.false_alarms_per_camera_day.toFixed(3)} <span className="muted small">/ {line.camera_days}</span>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <p className="muted small">{t('quality.help')}</p>
    </>
  );
}

const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

function Reports() {
  const { t, language } = useWords();
  const [kind, setKind] = useState<'week' | 'month'>('week');
  const [back, setBack] = useState(1);
  const period = periodOf(kind, back, new Date());
  const asked = new URLSearchParams({ language: language === 'en' ? 'en' : 'zh', time_zone: ZONE }).toString();
  return (
    <section className="report">
      <p className="muted">{t('report.help')}</p>
      <div className="row">
        <div className="segments" role="group" aria-label={t('report.kind')}>
          {(['week', 'month'] as const).map((each) => (
            <button key={each} className="segment" aria-pressed={kind === each} onClick={() => setKind(each)}>
              {t(`report.${each}`)}
            </button>
          ))}
        </div>
        <select className="select" aria-label={t('report.which')} value={back} onChange={(e) => setBack(Number(e.target.value))}>
          {Array.from({ length: 12 }, (_, i) => (
            <option key={i} value={i}>
              {periodOf(kind, i, new Date())}
            </option>
          ))}
        </select>
        <a className="button button-main" href={`/v1/reports/${period}.pdf?${asked}`} download>
          PDF
        </a>
        <a className="button" href={`/v1/reports/${period}.xlsx?${asked}`} download>
          XLSX
        </a>
      </div>
    </section>
  );
}

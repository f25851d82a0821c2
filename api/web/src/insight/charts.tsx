/** Small charts in SVG and HTML: they print, need no second colour system, and each has its figures as text. */
import type { Share } from './data';

const WIDTH = 640;
const HEIGHT = 180;
const LEFT = 34;
const BOTTOM = 22;

/** Stacked bars over time; the legend is the list beside it. */
export function Bars({ buckets, series, label }: { buckets: readonly string[]; series: readonly { key: string; name: string; counts: readonly number[] }[]; label: string }) {
  const totals = buckets.map((_, i) => series.reduce((sum, each) => sum + (each.counts[i] ?? 0), 0));
  const most = Math.max(1, ...totals);
  const step = (WIDTH - LEFT) / Math.max(1, buckets.length);
  const scale = (HEIGHT - BOTTOM - 8) / most;
  const every = Math.max(1, Math.ceil(buckets.length / 8));
  return (
    <svg className="bars" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
      <line className="axis" x1={LEFT} x2={WIDTH} y1={HEIGHT - BOTTOM} y2={HEIGHT - BOTTOM} />
      <text className="tick" x={LEFT - 6} y={16} textAnchor="end">
        {most}
      </text>
      <text className="tick" x={LEFT - 6} y={HEIGHT - BOTTOM} textAnchor="end">
        0
      </text>
      {buckets.map((day, i) => {
        let top = HEIGHT - BOTTOM;
        return (
          <g key={day}>
            <title>{`${day}: ${totals[i]}`}</title>
            {series.map((each, k) => {
              const tall = (each.counts[i] ?? 0) * scale;
              top -= tall;
              return <rect key={each.key} className={`hue hue-${k % 8}`} x={LEFT + i * step + 1} y={top} width={Math.max(1, step - 2)} height={tall} />;
            })}
            {i % every === 0 && (
              <text className="tick" x={LEFT + i * step} y={HEIGHT - 6}>
                {day.slice(5)}
              </text>
            )}
          </g>
        );
      })}
    </svg>
  );
}

/** Hour × weekday; the number stands in the cell, the shade beside it. */
export function HeatTable({ rows, days, caption }: { rows: readonly (readonly number[])[]; days: readonly string[]; caption: string }) {
  const most = Math.max(1, ...rows.flat());
  return (
    <div className="table-box" tabIndex={0}>
      <table className="heat">
        <caption className="unseen">{caption}</caption>
        <thead>
          <tr>
            <td />
            {Array.from({ length: 24 }, (_, hour) => (
              <th key={hour} scope="col">
                {hour}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, day) => (
            <tr key={day}>
              <th scope="row">{days[day]}</th>
              {row.map((count, hour) => (
                <td key={hour} style={{ '--share': `${Math.round((count / most) * 70)}%` } as React.CSSProperties}>
                  {count || ''}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** One share with its interval, drawn: a dot for the share, a line for where it may lie. */
export function Interval({ share }: { share: Share }) {
  if (share.share === null) return <span className="muted">—</span>;
  const [low, high] = [share.low ?? share.share, share.high ?? share.share];
  return (
    <span className="interval">
      <svg viewBox="0 0 100 12" aria-hidden="true" preserveAspectRatio="none">
        <line x1="0" x2="100" y1="6" y2="6" className="axis" />
        <line x1={low * 100} x2={high * 100} y1="6" y2="6" className="reach" />
        <circle cx={share.share * 100} cy="6" r="4" />
      </svg>
      <span className="number">
        {percent(share.share)} <span className="muted small">[{percent(low)}–{percent(high)}] n {share.n}</span>
      </span>
    </span>
  );
}

export const percent = (share: number): string => `${(share * 100).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`;

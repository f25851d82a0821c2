/** Times as people at the site read them: their zone, 24 h, ISO order. */
const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string, parts: 'second' | 'minute' | 'clock'): Intl.DateTimeFormat {
  const key = `${zone}/${parts}`;
  const known = formats.get(key);
  if (known) return known;
  const options: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone: zone };
  if (parts !== 'clock') Object.assign(options, { year: 'numeric', month: '2-digit', day: '2-digit' });
  if (parts !== 'minute') options.second = '2-digit';
  const made = new Intl.DateTimeFormat('sv-SE', options);
  formats.set(key, made);
  return made;
}

/** Zones whose clocks have never moved since cameras exist, in minutes: the browser's tables of zones and languages cost a slow machine a tenth of a second. */
const STEADY_SINCE = Date.UTC(1992, 0, 1);
const STEADY_MIN: Record<string, number> = { 'Asia/Shanghai': 480, UTC: 0 };

/** The same as the browser's own format, by arithmetic. */
function plainly(instant: Date, offset_min: number, parts: 'second' | 'minute' | 'clock'): string {
  const shifted = new Date(instant.getTime() + offset_min * 60_000).toISOString();
  if (parts === 'clock') return shifted.slice(11, 19);
  return `${shifted.slice(0, 10)} ${shifted.slice(11, parts === 'minute' ? 16 : 19)}`;
}

/** 2026-11-23 14:05:09 in this zone; an unknown zone falls back to UTC and says so. */
export function at(iso: string, zone = 'UTC', parts: 'second' | 'minute' | 'clock' = 'second'): string {
  const instant = new Date(iso);
  if (Number.isNaN(instant.getTime())) return '—';
  const steady_min = STEADY_MIN[zone];
  if (steady_min !== undefined && instant.getTime() > STEADY_SINCE) return plainly(instant, steady_min, parts);
  try {
    return formatOf(zone, parts).format(instant);
  } catch {
    return `${formatOf('UTC', parts).format(instant)} UTC`;
  }
}

export interface Age {
  n: number;
  unit: 's' | 'm' | 'h' | 'd';
}

export function ageOf(iso: string, now_ms: number): Age {
  const s = Math.max(0, Math.floor((now_ms - new Date(iso).getTime()) / 1000));
  if (s < 60) return { n: s, unit: 's' };
  if (s < 3600) return { n: Math.floor(s / 60), unit: 'm' };
  if (s < 86400) return { n: Math.floor(s / 3600), unit: 'h' };
  return { n: Math.floor(s / 86400), unit: 'd' };
}

/** The instant that a clock on the wall of this zone shows as `2026-11-23T14:05`; the first of two in the hour that comes twice. */
export function instantOf(wall: string, zone: string): string | null {
  const meant = /^\d{4}-\d\d-\d\dT\d\d:\d\d$/.test(wall) ? Date.parse(`${wall}:00Z`) : Number.NaN;
  if (Number.isNaN(meant)) return null;
  const shown = (ms: number): number => Date.parse(`${at(new Date(ms).toISOString(), zone, 'minute').replace(' ', 'T')}:00Z`);
  const guess = meant - (shown(meant) - meant);
  return new Date(guess - (shown(guess) - meant)).toISOString();
}
export const wallOf = (iso: string, zone: string): string => at(iso, zone, 'minute').replace(' ', 'T');

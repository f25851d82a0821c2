/** The whole story of a case in one column, newest last. */
import { format } from '../core/route';
import { at } from '../core/when';
import { follow } from '../shell/header';
import { useWords } from '../words';
import type { CaseFile, StoryEntry } from './types';

const SIGNS: Record<string, string> = {
  joined: '＋', left: '－', order: '✉', acknowledge: '✔', state: '“', appeal: '⚖', uphold: '✕', reject: '▷', plan: '☰', rectify: '▣',
  accept: '✓', return: '↩', extend: '◷', inspect: '⌂', find_unfixed: '⌂', withdraw: '✕', warn_yellow: 'Y', warn_red: 'R', send_inspector: '!',
};

/** `links`: whoever reads it has a review room. */
export function Story({ file, links = true }: { file: CaseFile; links?: boolean }) {
  const { t } = useWords();
  return (
    <ol className="story" aria-label={t('cases.story')}>
      {file.story.map((entry, i) => (
        <Entry key={i} entry={entry} file={file} links={links} />
      ))}
    </ol>
  );
}

function Entry({ entry, file, links }: { entry: StoryEntry; file: CaseFile; links: boolean }) {
  const { t, name } = useWords();
  const event = file.events.find((each) => each.id === entry.event);
  return (
    <li className="story-entry" data-what={entry.what} data-role={entry.role}>
      <span className="story-sign" aria-hidden="true">
        {SIGNS[entry.what] ?? '·'}
      </span>
      <div className="story-body">
        <p className="story-head">
          <strong>{name('story', entry.what)}</strong>
          <span className="muted">
            {name('party', entry.role)}
            {entry.role !== 'system' && ` · ${entry.by}`}
          </span>
          <time className="number muted push" dateTime={entry.at}>
            {at(entry.at, file.time_zone)}
          </time>
        </p>
        {event && (
          <p className="small">
            {name('zone', event.zone.type)} · {event.camera_name || event.camera} · {at(event.started_at, file.time_zone)}{' '}
            {links && (
              <a href={format('review', { status: 'all', event: event.id })} onClick={follow}>
                {t('cases.seeEvent')}
              </a>
            )}
          </p>
        )}
        {entry.reason && <blockquote className="said">{entry.reason}</blockquote>}
        {entry.until && <p className="small">{t('story.until', { at: at(entry.until, file.time_zone, 'minute') })}</p>}
        {entry.proof && entry.proof.length > 0 && (
          <p className="small muted">
            {t('story.proof', { n: entry.proof.length })} {entry.proof.map((id) => id.slice(0, 8)).join(' ')}
          </p>
        )}
      </div>
    </li>
  );
}

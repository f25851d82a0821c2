/** One line of a self-check: what is asked, what the cameras saw, and the answer. */
import { useId } from 'react';
import type { CheckLine, LineAnswer } from '../core/api.gen';
import { useWords } from '../words';
import { foundIn } from './prefill';
import type { Proof } from './proving';

const RESULTS: readonly LineAnswer['result'][] = ['ok', 'not_ok', 'not_applicable'];

export interface LineProps {
  line: CheckLine;
  answer: LineAnswer | null;
  photos: readonly Proof[];
  /** Nobody has looked it over yet. */
  isPrefilled?: boolean;
  /** Absent where it is only shown. */
  change?: (next: LineAnswer) => void;
  photo?: () => void;
}

export function CheckLineView({ line, answer, photos, isPrefilled = false, change, photo }: LineProps) {
  const { t, name, language } = useWords();
  const id = useId();
  const taken = photos.filter((each) => answer?.photos.includes(each.id));
  const put = (next: Partial<LineAnswer>): void => change?.({ result: 'ok', note: '', photos: [], ...answer, ...next });
  return (
    <li className="check-line" data-line={line.id} data-result={answer?.result ?? 'open'} data-prefilled={isPrefilled}>
      <p id={id}>
        <strong>{language === 'en' ? line.says.en : line.says.zh}</strong>
      </p>
      <Seen line={line} answer={answer} />
      {change ? (
        <div className="segments" role="group" aria-labelledby={id}>
          {RESULTS.map((each) => (
            <button key={each} type="button" className="segment" aria-pressed={answer?.result === each} onClick={() => put({ result: each })}>
              {name('checkResult', each)}
            </button>
          ))}
        </div>
      ) : (
        <p className={answer?.result === 'not_ok' ? 'wrong' : undefined}>{answer ? name('checkResult', answer.result) : t('checks.open')}</p>
      )}
      {isPrefilled && <p className="muted small">{t('checks.isPrefilled')}</p>}
      {change && answer && (answer.result === 'not_ok' || answer.note !== '') ? (
        <textarea aria-label={t('checks.note')} placeholder={t('checks.note')} rows={2} maxLength={500} value={answer.note} onChange={(event) => put({ note: event.target.value.replace(/\n/g, ' ') })} />
      ) : (
        answer?.note && <p className="said">{answer.note}</p>
      )}
      {taken.length > 0 && (
        <p className="check-photos">
          {taken.map((each) => (
            <img key={each.id} src={each.files.scene_blurred?.url ?? Object.values(each.files).find((file) => file.blurred)?.url} alt={t('checks.photoAlt')} />
          ))}
        </p>
      )}
      {photo && line.photo && answer?.result !== 'not_applicable' && (
        <button type="button" className="button" onClick={photo}>
          ◉ {t(answer && answer.photos.length > 0 ? 'checks.anotherPhoto' : answer?.result === 'not_ok' ? 'checks.photoMay' : 'checks.photo')}
        </button>
      )}
    </li>
  );
}

/** In amber where somebody says that it is in order although something was seen. */
function Seen({ line, answer }: Pick<LineProps, 'line' | 'answer'>) {
  const { t, kind } = useWords();
  if (!line.seen) return <p className="muted small">{t('checks.unseen')}</p>;
  const found = foundIn(line);
  if (found.length === 0) return <p className="muted small">{t('checks.nothingSeen')}</p>;
  const told = found.map(([each, n]) => t('checks.times', { kind: kind(each), n })).join(t('checks.and'));
  return <p className={answer?.result === 'ok' ? 'check-doubt small' : 'small'}>{t('checks.seen', { what: told })}</p>;
}

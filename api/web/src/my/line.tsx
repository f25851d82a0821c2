/** One line of a self-check or of an inspection: what is asked, what the cameras saw, and the answer. */
import { useId } from 'react';
import type { CheckLine, LineAnswer } from '../core/api.gen';
import { useWords } from '../words';
import { foundIn } from './prefill';
import type { Proof } from './proving';

const RESULTS: readonly LineAnswer['result'][] = ['ok', 'not_ok', 'not_applicable'];

/** A line of an inspection knows no camera, but may be a key one. */
type AnyLine = Pick<CheckLine, 'id' | 'says'> & Partial<Pick<CheckLine, 'seen' | 'photo'>> & { key?: boolean };

export interface LineProps {
  line: AnyLine;
  answer: LineAnswer | null;
  photos: readonly Proof[];
  /** Nobody has looked it over yet. */
  isPrefilled?: boolean;
  /** Absent where it is only shown. */
  change?: (next: LineAnswer) => void;
  photo?: () => void;
  /** With which results a word is due. */
  needs?: readonly LineAnswer['result'][];
  /** Photos of which some may be put to the answer. */
  choose?: readonly Proof[];
}
const NOT_OK: readonly LineAnswer['result'][] = ['not_ok'];

const sceneOf = (each: Proof): string | undefined => each.files.scene_blurred?.url ?? Object.values(each.files).find((file) => file.blurred)?.url;

export function CheckLineView({ line, answer, photos, isPrefilled = false, change, photo, needs = NOT_OK, choose = [] }: LineProps) {
  const { t, name, language } = useWords();
  const id = useId();
  const taken = photos.filter((each) => answer?.photos.includes(each.id));
  const put = (next: Partial<LineAnswer>): void => change?.({ result: 'ok', note: '', photos: [], ...answer, ...next });
  return (
    <li className="check-line" data-line={line.id} data-result={answer?.result ?? 'open'} data-prefilled={isPrefilled}>
      <p id={id}>
        <strong>{language === 'en' ? line.says.en : line.says.zh}</strong> {line.key && <span className="tag tag-key">{t('inspections.key')}</span>}
      </p>
      {line.seen !== undefined && <Seen seen={line.seen} answer={answer} />}
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
      {change && answer && (needs.includes(answer.result) || answer.note !== '') ? (
        <textarea aria-label={t('checks.note')} placeholder={t('checks.note')} rows={2} maxLength={500} value={answer.note} onChange={(event) => put({ note: event.target.value.replace(/\n/g, ' ') })} />
      ) : (
        answer?.note && <p className="said">{answer.note}</p>
      )}
      {change && choose.length > 0 && <Choosing id={id} answer={answer} photos={choose} put={(chosen) => put({ photos: chosen })} />}
      {taken.length > 0 && choose.length === 0 && (
        <p className="check-photos">
          {taken.map((each) => (
            <img key={each.id} src={sceneOf(each)} alt={t('checks.photoAlt')} />
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
function Seen({ seen, answer }: { seen: CheckLine['seen'] } & Pick<LineProps, 'answer'>) {
  const { t, kind } = useWords();
  if (!seen) return <p className="muted small">{t('checks.unseen')}</p>;
  const found = foundIn({ seen });
  if (found.length === 0) return <p className="muted small">{t('checks.nothingSeen')}</p>;
  const told = found.map(([each, n]) => t('checks.times', { kind: kind(each), n })).join(t('checks.and'));
  return <p className={answer?.result === 'ok' ? 'check-doubt small' : 'small'}>{t('checks.seen', { what: told })}</p>;
}

/** The photos that the site's people took for this inspection: those that show this line are pressed. */
function Choosing({ id, answer, photos, put }: { id: string; answer: LineAnswer | null; photos: readonly Proof[]; put: (chosen: string[]) => void }) {
  const { t } = useWords();
  const chosen = answer?.photos ?? [];
  return (
    <div className="check-photos" role="group" aria-labelledby={id}>
      {photos.map((each, i) => (
        <button
          key={each.id}
          type="button"
          className="thumb"
          aria-pressed={chosen.includes(each.id)}
          aria-label={t('inspections.usePhoto', { n: photos.length - i })}
          onClick={() => put(chosen.includes(each.id) ? chosen.filter((known) => known !== each.id) : [...chosen, each.id])}
        >
          <img src={sceneOf(each)} alt="" />
        </button>
      ))}
    </div>
  );
}

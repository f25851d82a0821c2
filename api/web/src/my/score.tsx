/** The score of this kitchen, line by line: which case takes how much, why, and when it no longer does. */
import type { ScoreLine } from '../core/api.gen';
import { ApiError } from '../core/http';
import { format } from '../core/route';
import { TierSign } from '../shell/badges';
import { follow } from '../shell/header';
import { Empty, Failure, Loading } from '../shell/states';
import { useWords } from '../words';
import { useScore, type Score } from './checkdata';

const FULL = 100;
const short = (n: number): string => String(Math.round(n * 100) / 100);

export function ScorePage() {
  const { t } = useWords();
  const query = useScore();
  if (query.isPending) return <Loading />;
  const missing = query.error instanceof ApiError && query.error.status === 404;
  if (query.isError && !query.data && !missing) return <Failure error={query.error} retry={() => void query.refetch()} />;
  if (!query.data) return <Empty title={t('score.none')} help={t('score.noneHelp')} />;
  return <ScoreView score={query.data} />;
}

function ScoreView({ score }: { score: Score }) {
  const { t, name } = useWords();
  const counting = score.lines.filter((line) => line.points > 0);
  const others = score.lines.filter((line) => line.points <= 0);
  return (
    <>
      <section className="duty score-head" data-colour={score.colour}>
        <p className="score-points number">
          <strong>{short(score.points)}</strong> <span>/ {FULL}</span>
        </p>
        <p>
          <span className="score-colour" aria-hidden="true" /> {name('colour', score.colour)} · {score.site_name}
        </p>
        <p className="muted small">{t('score.public', { n: short(score.final.points), colour: name('colour', score.final.colour) })}</p>
      </section>
      <section>
        <h2 className="my-part">{t('score.sum', { full: FULL, lost: short(FULL - score.points) })}</h2>
        {counting.length === 0 && <p>{t('score.nothing')}</p>}
        <ul className="my-list">
          {counting.map((line) => (
            <Line key={line.case} line={line} />
          ))}
        </ul>
      </section>
      {others.length > 0 && (
        <section>
          <h2 className="my-part">{t('score.others')}</h2>
          <ul className="my-list">
            {others.map((line) => (
              <Line key={line.case} line={line} />
            ))}
          </ul>
        </section>
      )}
      <Rule score={score} />
    </>
  );
}

function Line({ line }: { line: ScoreLine }) {
  const { t, name, kind } = useWords();
  const factors = Object.entries(line.factors).filter(([, factor]) => factor !== 1);
  const product = [t('score.base', { n: short(line.base) }), ...factors.map(([factor, by]) => `× ${short(by)} ${name('scoreFactor', factor)}`)].join(' ');
  return (
    <li>
      <a href={format('my', { case: line.case })} onClick={follow} data-line={line.case} data-why={line.why}>
        <TierSign tier={line.tier} />
        <strong className="my-list-title">{kind(line.kind)}</strong>
        <strong className="push number">{line.points > 0 ? `−${short(line.points)}` : '0'}</strong>
        <span className="muted small my-list-more">
          {line.day} · {line.why === 'counts' ? product : name('scoreWhy', line.why)}
        </span>
      </a>
    </li>
  );
}

function Rule({ score }: { score: Score }) {
  const { t, name } = useWords();
  const { rule } = score;
  return (
    <details className="my-more">
      <summary>{t('score.rule')}</summary>
      <ul className="score-rule">
        <li>{t('score.ruleTiers', { I: short(rule.points.I ?? 0), II: short(rule.points.II ?? 0), III: short(rule.points.III ?? 0) })}</li>
        <li>{t('score.ruleFactors', { repeat: short(rule.repeat), right: short(rule.put_right) })}</li>
        <li>{Object.entries(rule.cards).map(([card, by]) => `${name('scoreCard', card)} × ${short(by)}`).join(' · ')}</li>
        <li>{rule.ages.map((age) => t('score.ruleAge', { days: age.days, share: Math.round(age.share * 100) })).join(' · ')}</li>
        <li>{Object.entries(rule.colours).map(([colour, least]) => t('score.ruleColour', { colour: name('colour', colour), n: short(least) })).join(' · ')}</li>
        <li>{t('score.ruleWhat')}</li>
        <li className="muted small">{t('score.edition', { edition: rule.edition })}</li>
      </ul>
    </details>
  );
}

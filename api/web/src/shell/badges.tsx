/** Small signs that say the same by shape, letter and colour. */
import type { Status, Tier } from '../core/types';
import { useWords } from '../words';

const SHAPES: Record<Tier, string> = {
  I: 'M12 1.5 22.500 12 12 22.500 1.500 12Z',
  II: 'M3 3h18v18H3Z',
  III: 'M12 2a10 10 0 1 1 0 20 10 10 0 0 1 0-20Z',
};

export function TierSign({ tier, size = 20 }: { tier: Tier; size?: number }) {
  const { t } = useWords();
  return (
    <svg className={`tier tier-${tier}`} width={size} height={size} viewBox="0 0 24 24" role="img" aria-label={t(`tier.${tier}`)}>
      <title>{t(`tier.${tier}`)}</title>
      <path d={SHAPES[tier]} />
      <text x="12" y="16" textAnchor="middle">
        {tier}
      </text>
    </svg>
  );
}

const STATUS_SIGNS: Record<Status, string> = { pending_review: '○', unsure: '?', confirmed: '✓', dismissed: '✕' };

export function StatusSign({ status }: { status: Status }) {
  const { t } = useWords();
  return (
    <span className={`status status-${status}`}>
      <span aria-hidden="true">{STATUS_SIGNS[status]}</span>
      {t(`status.${status}`)}
    </span>
  );
}

export const Key = ({ children }: { children: string }) => <kbd className="key">{children}</kbd>;

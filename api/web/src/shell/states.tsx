/** What stands where content should be: loading, empty, error; each says what to do next. */
import type { ReactNode } from 'react';
import { ApiError } from '../core/http';
import { useWords } from '../words';

export function Loading() {
  const { t } = useWords();
  return (
    <div className="state" role="status">
      <span className="spinner" aria-hidden="true" />
      <p>{t('app.loading')}</p>
    </div>
  );
}

export function Empty(props: { title: string; help: string; children?: ReactNode }) {
  return (
    <div className="state">
      <svg className="state-mark" viewBox="0 0 48 48" aria-hidden="true">
        <circle cx="24" cy="24" r="18" />
        <path d="m16 24 6 6 11-12" />
      </svg>
      <h2>{props.title}</h2>
      <p>{props.help}</p>
      {props.children}
    </div>
  );
}

function useFailure(error: unknown): { title: string; help: string } {
  const { t } = useWords();
  if (!(error instanceof ApiError)) return { title: t('error.other', { status: '?' }), help: String(error) };
  if (error.unreachable) return { title: t('error.unreachable'), help: t('error.unreachableHelp') };
  if (error.status === 403) return { title: t('error.forbidden'), help: error.detail || t('error.forbiddenHelp') };
  if (error.status === 404) return { title: t('error.missing'), help: t('error.missingHelp') };
  return { title: t('error.other', { status: error.status }), help: error.detail || error.title };
}

/** One sentence for a line of text. */
export function useSentence(): (error: unknown) => string {
  const { t } = useWords();
  return (error) => {
    if (error instanceof ApiError && error.unreachable) return t('error.unreachable');
    return error instanceof Error ? error.message : String(error);
  };
}

export function Failure({ error, retry }: { error: unknown; retry: () => void }) {
  const { t } = useWords();
  const { title, help } = useFailure(error);
  return (
    <div className="state" role="alert">
      <svg className="state-mark state-mark-bad" viewBox="0 0 48 48" aria-hidden="true">
        <circle cx="24" cy="24" r="18" />
        <path d="M24 14v13M24 33v1" />
      </svg>
      <h2>{title}</h2>
      <p>{help}</p>
      <button className="button" onClick={retry}>
        {t('app.retry')}
      </button>
    </div>
  );
}

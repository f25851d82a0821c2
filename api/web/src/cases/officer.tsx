/** Who answers for a case: shown to everybody, changed by whoever may with one choice. */
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ApiError, newKey, send } from '../core/http';
import { useSay } from '../shell/notes';
import { useSentence } from '../shell/states';
import { useWords } from '../words';
import type { CaseFile } from './types';

export function Officer({ file, me }: { file: CaseFile; me: string }) {
  const { t } = useWords();
  if (file.officers.length === 0) return <>{file.assignee ?? t('officer.none')}</>;
  return <Choice file={file} me={me} />;
}

function Choice({ file, me }: { file: CaseFile; me: string }) {
  const { t } = useWords();
  const queries = useQueryClient();
  const say = useSay();
  const sentence = useSentence();
  const [wrong, setWrong] = useState('');
  const [busy, setBusy] = useState(false);
  const give = async (officer: string | null): Promise<void> => {
    setBusy(true);
    setWrong('');
    try {
      const headers = { 'If-Match': file.etag, 'Idempotency-Key': newKey() };
      const answer = await send(`/v1/cases/${file.id}/assignee`, { method: 'PUT', body: { officer }, headers });
      queries.setQueryData(['cases', 'one', file.id], (await answer.json()) as CaseFile);
      say({ text: officer ? t('officer.given', { name: officer }) : t('officer.taken') });
    } catch (error) {
      const stale = error instanceof ApiError && (error.status === 409 || error.status === 412);
      setWrong(stale ? t('step.conflict') : sentence(error));
    } finally {
      setBusy(false);
      void queries.invalidateQueries({ queryKey: ['cases'] });
    }
  };
  const known = file.assignee && !file.officers.includes(file.assignee) ? [file.assignee, ...file.officers] : file.officers;
  return (
    <span className="officer">
      <select className="select" aria-label={t('officer.title')} value={file.assignee ?? ''} disabled={busy} onChange={(event) => void give(event.target.value || null)}>
        <option value="">{t('officer.none')}</option>
        {known.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
      {file.assignee !== me && file.officers.includes(me) && (
        <button className="button button-quiet small no-print" disabled={busy} onClick={() => void give(me)}>
          {t('officer.take')}
        </button>
      )}
      <span className="wrong" role="alert">
        {wrong}
      </span>
    </span>
  );
}

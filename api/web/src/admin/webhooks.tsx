/** Webhooks: who is told, how it stands with each, tried on the spot, with what was sent and what never arrived. */
import { useQuery } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import type { NewWebhook } from '../core/api.gen';
import { get, send } from '../core/http';
import { at } from '../core/when';
import { Empty, Failure, Loading } from '../shell/states';
import { useWords } from '../words';
import { Grave, Told, useDoing } from './doing';

interface Hook {
  id: string;
  name: string;
  url: string;
  state: string;
  reason: string;
  enabled: boolean;
  behind: number;
  failures: number;
  dead_letters: number;
  etag: string;
}
interface Delivery {
  number: number;
  type: string;
  attempt: number;
  took_ms: number;
  outcome: string;
  reason: string;
  status: number | null;
  at: string;
}
interface Tried {
  verdict: string;
  status: number | null;
  reason: string;
  took_ms: number;
}
const HERE = Intl.DateTimeFormat().resolvedOptions().timeZone;

export function Webhooks() {
  const { t } = useWords();
  const query = useQuery({ queryKey: ['webhooks'], queryFn: async ({ signal }) => (await get<{ items: Hook[] }>('/v1/webhooks', {}, signal)).items, refetchInterval: 10_000 });
  const [secret, setSecret] = useState<{ name: string; secret: string } | null>(null);
  if (query.isPending) return <Loading />;
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  return (
    <>
      {secret && <Told label={t('hooks.secret', { name: secret.name })} value={secret.secret} close={() => setSecret(null)} />}
      <AddHook added={setSecret} />
      {query.data.length === 0 && <Empty title={t('hooks.none')} help={t('hooks.noneHelp')} />}
      {query.data.map((hook) => (
        <HookCard key={hook.id} hook={hook} told={setSecret} />
      ))}
    </>
  );
}

function AddHook({ added }: { added: (told: { name: string; secret: string }) => void }) {
  const { t } = useWords();
  const doing = useDoing('webhooks');
  const [url, setUrl] = useState('');
  const [called, setCalled] = useState('');
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const body: NewWebhook = { url: url.trim(), name: called.trim() };
    const went = await doing.run(async () => added({ name: called || url, secret: ((await (await send('/v1/webhooks', { method: 'POST', body })).json()) as { secret: string }).secret }));
    if (went) setUrl('');
  };
  return (
    <form className="admin-form" onSubmit={(event) => void submit(event)}>
      <div className="field grow">
        <label htmlFor="hook-url">{t('hooks.url')}</label>
        <input id="hook-url" type="url" value={url} onChange={(e) => setUrl(e.target.value)} required placeholder="https://" maxLength={2048} />
      </div>
      <div className="field">
        <label htmlFor="hook-name">{t('hooks.name')}</label>
        <input id="hook-name" value={called} onChange={(e) => setCalled(e.target.value)} maxLength={128} />
      </div>
      <button className="button button-main" disabled={doing.busy}>
        {t('hooks.add')}
      </button>
      <p className="wrong" role="alert">
        {doing.wrong}
      </p>
    </form>
  );
}

function HookCard({ hook, told }: { hook: Hook; told: (secret: { name: string; secret: string }) => void }) {
  const { t, name } = useWords();
  const doing = useDoing('webhooks');
  const [tried, setTried] = useState<Tried | null>(null);
  const [open, setOpen] = useState(false);
  const tryIt = (): void => void doing.run(async () => setTried((await (await send(`/v1/webhooks/${hook.id}/test`, { method: 'POST', body: {} })).json()) as Tried));
  const patch = (body: object): void => void doing.run(() => send(`/v1/webhooks/${hook.id}`, { method: 'PATCH', body, headers: { 'If-Match': hook.etag } }));
  const rotate = (): void =>
    void doing.run(async () => told({ name: hook.name || hook.url, secret: ((await (await send(`/v1/webhooks/${hook.id}/secret`, { method: 'POST', body: {} })).json()) as { secret: string }).secret }));
  const again = (): void => void doing.run(() => send(`/v1/webhooks/${hook.id}/replay`, { method: 'POST', body: { letters: [] } }), t('hooks.replayed'));
  const remove = (): void => void doing.run(() => send(`/v1/webhooks/${hook.id}`, { method: 'DELETE', headers: { 'If-Match': hook.etag } }));
  return (
    <article className="hook" data-state={hook.state}>
      <header className="row">
        <strong>{hook.name || hook.url}</strong>
        <span className="tag">{name('hook', hook.state)}</span>
        {hook.behind > 0 && <span className="muted small">{t('hooks.behind', { n: hook.behind })}</span>}
        {hook.failures > 0 && <span className="wrong small">{t('hooks.failures', { n: hook.failures })}</span>}
        {hook.dead_letters > 0 && (
          <span className="wrong small">
            {t('hooks.dead', { n: hook.dead_letters })}{' '}
            <button className="button button-quiet small" onClick={again}>
              {t('hooks.again')}
            </button>
          </span>
        )}
      </header>
      <code className="source">{hook.url}</code>
      {hook.reason && <p className="muted small">{hook.reason}</p>}
      <p className="row">
        <button className="button" disabled={doing.busy} onClick={tryIt}>
          {t('hooks.test')}
        </button>
        <button className="button" aria-expanded={open} onClick={() => setOpen(!open)}>
          {t('hooks.log')}
        </button>
        <button className="button" disabled={doing.busy} onClick={() => patch({ enabled: !hook.enabled })}>
          {t(hook.enabled ? 'hooks.pause' : 'hooks.resume')}
        </button>
        <Grave label={t('hooks.rotate')} ask={t('hooks.rotateAsk')} act={rotate} busy={doing.busy} />
        <Grave label={t('setup.remove')} ask={t('hooks.removeAsk')} act={remove} busy={doing.busy} />
      </p>
      {tried && (
        <p className={tried.verdict === 'taken' ? 'tried tried-good' : 'tried wrong'} role="status">
          {t('hooks.tried', { status: tried.status ?? '—', ms: tried.took_ms, reason: tried.reason || name('sent', tried.verdict) })}
        </p>
      )}
      <p className="wrong" role="alert">
        {doing.wrong}
      </p>
      {open && <Deliveries id={hook.id} />}
    </article>
  );
}

function Deliveries({ id }: { id: string }) {
  const { t, name } = useWords();
  const query = useQuery({ queryKey: ['webhooks', id, 'deliveries'], queryFn: async ({ signal }) => (await get<{ items: Delivery[] }>(`/v1/webhooks/${id}/deliveries`, {}, signal)).items, refetchInterval: 5000, staleTime: 0 });
  if (query.isPending) return <Loading />;
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  if (query.data.length === 0) return <p className="muted">{t('hooks.logNone')}</p>;
  return (
    <div className="table-box" tabIndex={0}>
      <table className="table">
        <thead>
          <tr>
            {(['at', 'type', 'attempt', 'status', 'took', 'outcome'] as const).map((head) => (
              <th key={head} scope="col">
                {t(`deliveryHead.${head}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {query.data.map((each) => (
            <tr key={each.number}>
              <td className="number">{at(each.at, HERE)}</td>
              <th scope="row">
                <code>{each.type.replace('cn.mingchu.', '')}</code>
              </th>
              <td className="number">{each.attempt}</td>
              <td className="number">{each.status ?? '—'}</td>
              <td className="number">{each.took_ms} ms</td>
              <td>{[name('sent', each.outcome), each.reason].filter(Boolean).join(' · ')}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

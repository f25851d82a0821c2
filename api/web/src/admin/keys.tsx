/** Keys of programs: what each may do, when it was used last, rotated and revoked. */
import { useQuery } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import type { WantedKey } from '../core/api.gen';
import { get, send } from '../core/http';
import { useNow } from '../core/now';
import { at } from '../core/when';
import { Empty, Failure, Loading } from '../shell/states';
import { useWords } from '../words';
import { Grave, Told, useDoing } from './doing';

type Scope = WantedKey['scopes'][number];
interface Key {
  id: string;
  prefix: string;
  name: string;
  scopes: Scope[];
  region: string;
  created_at: string;
  expires_at: string | null;
  last_used_at: string | null;
  revoked_at: string | null;
}
const SCOPES: readonly Scope[] = ['detect', 'events:read', 'events:write', 'sites:read', 'sites:write', 'webhooks', 'workers'];
const HERE = Intl.DateTimeFormat().resolvedOptions().timeZone;

export function Keys() {
  const { t, age } = useWords();
  const now = useNow();
  const query = useQuery({ queryKey: ['keys'], queryFn: async ({ signal }) => (await get<{ items: Key[] }>('/v1/keys', { limit: 200 }, signal)).items });
  const doing = useDoing('keys');
  const [secret, setSecret] = useState<{ name: string; key: string } | null>(null);
  if (query.isPending) return <Loading />;
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  const rotate = (key: Key): void =>
    void doing.run(async () => {
      const told = (await (await send(`/v1/keys/${key.id}/rotate`, { method: 'POST', body: {} })).json()) as { key: string };
      setSecret({ name: key.name, key: told.key });
    });
  return (
    <>
      {secret && <Told label={t('keys.secret', { name: secret.name })} value={secret.key} close={() => setSecret(null)} />}
      <AddKey added={setSecret} />
      <p className="wrong" role="alert">
        {doing.wrong}
      </p>
      {query.data.length === 0 ? (
        <Empty title={t('keys.none')} help={t('keys.noneHelp')} />
      ) : (
        <div className="table-box" tabIndex={0}>
          <table className="table">
            <thead>
              <tr>
                {(['name', 'scopes', 'region', 'used', 'state'] as const).map((head) => (
                  <th key={head} scope="col">
                    {t(`keyHead.${head}`)}
                  </th>
                ))}
                <th scope="col">{t('admin.actions')}</th>
              </tr>
            </thead>
            <tbody>
              {query.data.map((key) => (
                <tr key={key.id}>
                  <th scope="row">
                    {key.name} <code className="muted small">{key.prefix}…</code>
                  </th>
                  <td>
                    {key.scopes.map((scope) => (
                      <code key={scope} className="tag">
                        {scope}
                      </code>
                    ))}
                  </td>
                  <td>{key.region}</td>
                  <td>{key.last_used_at ? age(key.last_used_at, now) : t('keys.never')}</td>
                  <td>{key.revoked_at ? t('keys.revoked') : key.expires_at ? t('keys.until', { at: at(key.expires_at, HERE, 'minute') }) : t('keys.lasting')}</td>
                  <td>
                    {!key.revoked_at && (
                      <span className="row-tools">
                        <button className="button button-quiet small" disabled={doing.busy} onClick={() => rotate(key)}>
                          {t('keys.rotate')}
                        </button>
                        <Grave label={t('keys.revoke')} ask={t('keys.revokeAsk', { name: key.name })} busy={doing.busy} act={() => void doing.run(() => send(`/v1/keys/${key.id}`, { method: 'DELETE' }), t('keys.gone', { name: key.name }))} />
                      </span>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}

function AddKey({ added }: { added: (told: { name: string; key: string }) => void }) {
  const { t } = useWords();
  const doing = useDoing('keys');
  const [called, setCalled] = useState('');
  const [scopes, setScopes] = useState<readonly Scope[]>(['events:read']);
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const body: WantedKey = { name: called.trim(), scopes: [...scopes] };
    const went = await doing.run(async () => added({ name: body.name, key: ((await (await send('/v1/keys', { method: 'POST', body })).json()) as { key: string }).key }));
    if (went) setCalled('');
  };
  const toggle = (scope: Scope): void => setScopes((now) => (now.includes(scope) ? now.filter((each) => each !== scope) : [...now, scope]));
  return (
    <form className="admin-form" onSubmit={(event) => void submit(event)}>
      <div className="field">
        <label htmlFor="key-name">{t('keys.newName')}</label>
        <input id="key-name" value={called} onChange={(e) => setCalled(e.target.value)} required maxLength={64} />
      </div>
      <fieldset className="field">
        <legend>{t('keyHead.scopes')}</legend>
        <span className="row">
          {SCOPES.map((scope) => (
            <label key={scope} className="row check">
              <input type="checkbox" checked={scopes.includes(scope)} onChange={() => toggle(scope)} /> <code>{scope}</code>
            </label>
          ))}
        </span>
      </fieldset>
      <button className="button button-main" disabled={doing.busy || scopes.length === 0}>
        {t('keys.add')}
      </button>
      <p className="wrong" role="alert">
        {doing.wrong}
      </p>
    </form>
  );
}

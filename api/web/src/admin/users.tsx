/** People: who may come in, as what, and where. */
import { useQuery } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { get, send } from '../core/http';
import { useSites } from '../review/data';
import { Failure, Loading } from '../shell/states';
import { useWords } from '../words';
import { Grave, Told, useDoing } from './doing';

interface Person {
  id: string;
  name: string;
  role: string;
  region: string;
  site: string;
  language: string;
  disabled: boolean;
  has_password: boolean;
  second_factor: boolean;
  etag: string;
}
const ROLES = ['admin', 'supervisor', 'analyst', 'kitchen'] as const;
type Invited = { first_login: { code: string } } & Person;

export function Users({ me }: { me: string }) {
  const { t, name } = useWords();
  const query = useQuery({ queryKey: ['users'], queryFn: async ({ signal }) => (await get<{ items: Person[] }>('/v1/users', { limit: 200 }, signal)).items });
  const doing = useDoing('users');
  const [code, setCode] = useState<{ name: string; code: string } | null>(null);
  if (query.isPending) return <Loading />;
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  const invite = (person: Person): void =>
    void doing.run(async () => {
      const told = (await (await send(`/v1/users/${person.id}/code`, { method: 'POST' })).json()) as { code: string };
      setCode({ name: person.name, code: told.code });
    });
  const disable = (person: Person): void =>
    void doing.run(
      () => send(`/v1/users/${person.id}`, { method: 'PATCH', body: { disabled: !person.disabled }, headers: { 'If-Match': person.etag } }),
      t(person.disabled ? 'users.enabled' : 'users.disabled', { name: person.name }),
    );
  return (
    <>
      {code && <Told label={t('users.code', { name: code.name })} value={code.code} close={() => setCode(null)} />}
      <AddUser added={(person) => setCode({ name: person.name, code: person.first_login.code })} />
      <p className="wrong" role="alert">
        {doing.wrong}
      </p>
      <div className="table-box" tabIndex={0}>
        <table className="table">
          <thead>
            <tr>
              {(['name', 'role', 'place', 'factor', 'state'] as const).map((head) => (
                <th key={head} scope="col">
                  {t(`userHead.${head}`)}
                </th>
              ))}
              <th scope="col">{t('admin.actions')}</th>
            </tr>
          </thead>
          <tbody>
            {query.data.map((person) => (
              <tr key={person.id}>
                <th scope="row">{person.name}</th>
                <td>{name('role', person.role)}</td>
                <td>{person.site || person.region}</td>
                <td>{person.second_factor ? '✓' : '—'}</td>
                <td>{t(person.disabled ? 'users.isOut' : person.has_password ? 'users.isIn' : 'users.isInvited')}</td>
                <td>
                  {person.name !== me && (
                    <span className="row-tools">
                      <button className="button button-quiet small" disabled={doing.busy} onClick={() => invite(person)}>
                        {t('users.invite')}
                      </button>
                      {person.disabled ? (
                        <button className="button button-quiet small" disabled={doing.busy} onClick={() => disable(person)}>
                          {t('users.enable')}
                        </button>
                      ) : (
                        <Grave label={t('users.disable')} ask={t('users.disableAsk', { name: person.name })} act={() => disable(person)} busy={doing.busy} />
                      )}
                    </span>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function AddUser({ added }: { added: (person: Invited) => void }) {
  const { t, name } = useWords();
  const sites = useSites().data ?? [];
  const doing = useDoing('users');
  const [who, setWho] = useState('');
  const [role, setRole] = useState<(typeof ROLES)[number]>('supervisor');
  const [site, setSite] = useState('');
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const body = { name: who.trim().toLowerCase(), role, ...(role === 'kitchen' ? { site } : {}) };
    const went = await doing.run(async () => added((await (await send('/v1/users', { method: 'POST', body })).json()) as Invited), t('users.added', { name: body.name }));
    if (went) setWho('');
  };
  return (
    <form className="admin-form" onSubmit={(event) => void submit(event)}>
      <div className="field">
        <label htmlFor="user-name">{t('users.newName')}</label>
        <input id="user-name" value={who} onChange={(e) => setWho(e.target.value)} required pattern="[A-Za-z0-9][A-Za-z0-9._@\-]*" maxLength={64} autoCapitalize="none" />
      </div>
      <div className="field">
        <label htmlFor="user-role">{t('userHead.role')}</label>
        <select id="user-role" className="select" value={role} onChange={(e) => setRole(ROLES.find((each) => each === e.target.value) ?? 'supervisor')}>
          {ROLES.map((each) => (
            <option key={each} value={each}>
              {name('role', each)}
            </option>
          ))}
        </select>
      </div>
      {role === 'kitchen' && (
        <div className="field">
          <label htmlFor="user-site">{t('cameras.site')}</label>
          <select id="user-site" className="select" value={site} required onChange={(e) => setSite(e.target.value)}>
            <option value="">{t('setup.pickSite')}</option>
            {sites.map((each) => (
              <option key={each.id} value={each.id}>
                {each.name ?? each.id}
              </option>
            ))}
          </select>
        </div>
      )}
      <button className="button button-main" disabled={doing.busy}>
        {t('users.add')}
      </button>
      <p className="wrong" role="alert">
        {doing.wrong}
      </p>
    </form>
  );
}

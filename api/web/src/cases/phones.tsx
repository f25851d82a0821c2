/** Phones that wait for a supervisor: a cook's second phone takes no proof before somebody has let it in. */
import { useQuery } from '@tanstack/react-query';
import { useDoing } from '../admin/doing';
import { get, send } from '../core/http';
import { at } from '../core/when';
import { useWords } from '../words';

interface Phone {
  id: string;
  name: string;
  state: string;
  user: string;
  site: string;
  phone: string;
  registered_at: string;
}
const HERE = Intl.DateTimeFormat().resolvedOptions().timeZone;

export function WaitingPhones() {
  const { t } = useWords();
  const query = useQuery({ queryKey: ['phones'], queryFn: async ({ signal }) => (await get<{ items: Phone[] }>('/v1/photos/devices', {}, signal)).items });
  const doing = useDoing('phones');
  const waiting = query.data?.filter((phone) => phone.state === 'pending') ?? [];
  if (waiting.length === 0) return null;
  const decide = (phone: Phone, approve: boolean): void =>
    void doing.run(() => send(`/v1/photos/devices/${phone.id}`, { method: 'POST', body: { approve } }), t(approve ? 'phones.approved' : 'phones.refused', { user: phone.user }));
  return (
    <section className="phones" aria-label={t('phones.title')}>
      <p>
        <strong>{t('phones.title')}</strong> <span className="muted">{t('phones.help')}</span>
      </p>
      <ul>
        {waiting.map((phone) => (
          <li key={phone.id} className="row">
            <span>
              {phone.user} · {phone.site} · <span className="number">{phone.phone}</span> · {at(phone.registered_at, HERE, 'minute')}
            </span>
            <button className="button button-main" disabled={doing.busy} onClick={() => decide(phone, true)}>
              {t('phones.approve')}
            </button>
            <button className="button" disabled={doing.busy} onClick={() => decide(phone, false)}>
              {t('phones.refuse')}
            </button>
          </li>
        ))}
      </ul>
      <p className="wrong" role="alert">
        {doing.wrong}
      </p>
    </section>
  );
}

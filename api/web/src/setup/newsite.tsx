/** A site from the page itself: whoever opens the console for the first time has none, and a camera needs one. */
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { NewSite } from '../core/api.gen';
import { send } from '../core/http';
import type { Site } from '../core/types';
import { useDoing } from '../admin/doing';
import { useWords } from '../words';

const freeSiteId = (sites: readonly Site[]): string => {
  const taken = new Set(sites.map((site) => site.id));
  for (let n = sites.length + 1; ; n += 1) if (!taken.has(`site-${n}`)) return `site-${n}`;
};

export function AddSite({ sites, added, close }: { sites: readonly Site[]; added: (id: string) => void; close: (() => void) | undefined }) {
  const { t } = useWords();
  const doing = useDoing('sites');
  const queries = useQueryClient();
  const [called, setCalled] = useState('');
  const [address, setAddress] = useState('');
  const save = async (): Promise<void> => {
    const body: NewSite = { id: freeSiteId(sites), name: called.trim(), address: address.trim() };
    const went = await doing.run(async () => {
      await send('/v1/sites', { method: 'POST', body });
      await queries.invalidateQueries({ queryKey: ['sites'] });
    }, t('setup.siteAdded', { name: body.name }));
    if (went) added(body.id);
  };
  return (
    <div className="new-site">
      <div className="setup-names">
        <div className="field">
          <label htmlFor="site-name">{t('setup.siteName')}</label>
          <input id="site-name" value={called} maxLength={128} autoFocus onChange={(e) => setCalled(e.target.value)} placeholder={t('setup.siteExample')} />
        </div>
        <div className="field">
          <label htmlFor="site-address">{t('setup.siteAddress')}</label>
          <input id="site-address" value={address} maxLength={256} onChange={(e) => setAddress(e.target.value)} />
        </div>
      </div>
      <p className="row">
        <button type="button" className="button button-main" disabled={doing.busy || !called.trim()} onClick={() => void save()}>
          {t('setup.siteAdd')}
        </button>
        {close && (
          <button type="button" className="button" onClick={close}>
            {t('setup.cancel')}
          </button>
        )}
      </p>
      <p className="wrong" role="alert">
        {doing.wrong}
      </p>
    </div>
  );
}

/** A new inspection: where, and by which list; the lists that fit the site, each with what its result will do. */
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useDoing } from '../admin/doing';
import type { ListInFull, Site } from '../core/api.gen';
import { format, go } from '../core/route';
import { useWords } from '../words';
import { begin, useLists, useSite, useSitesLike } from './data';
import { Supply } from './parts';

export function Beginning({ site }: { site: string }) {
  const { t } = useWords();
  const [chosen, setChosen] = useState(site);
  const known = useSite(chosen).data;
  const close = (): void => go('/inspections', { replace: true });
  return (
    <section className="beginning" aria-label={t('inspections.new')}>
      {known ? (
        <>
          <p className="row">
            <strong>{known.name}</strong> <span className="muted">{known.address}</span>
            <button className="button button-quiet" onClick={() => setChosen('')}>
              {t('inspections.otherSite')}
            </button>
          </p>
          <Supply site={known} />
          <Choice site={known} />
        </>
      ) : (
        <SiteSearch choose={(each) => setChosen(each.id)} />
      )}
      <p>
        <button className="button" onClick={close}>
          {t('setup.cancel')}
        </button>
      </p>
    </section>
  );
}

export function SiteSearch({ choose, label }: { choose: (site: Site) => void; label?: string }) {
  const { t } = useWords();
  const [text, setText] = useState('');
  const found = useSitesLike(text).data;
  return (
    <div className="field">
      <label htmlFor="inspected-site">{label ?? t('inspections.where')}</label>
      <input id="inspected-site" type="search" maxLength={64} value={text} placeholder={t('inspections.search')} onChange={(event) => setText(event.target.value)} />
      {found?.length === 0 && <p className="muted">{t('inspections.noSite')}</p>}
      <ul className="choices">
        {found?.map((each) => (
          <li key={each.id}>
            <button type="button" className="choice" onClick={() => choose(each)}>
              <strong>{each.name}</strong> <span className="muted small">{each.address || each.id}</span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

const fits = (list: ListInFull, site: Site): boolean => list.sites.length === 0 || list.sites.includes(site.type);

function Choice({ site }: { site: Site }) {
  const { t, language } = useWords();
  const doing = useDoing('inspections');
  const lists = (useLists().data ?? []).filter((list) => fits(list, site));
  const own = language === 'en' ? 'en' : 'zh';
  const queries = useQueryClient();
  const start = (list: string): Promise<boolean> =>
    doing.run(async () => {
      const begun = await begin(site.id, list);
      // From now on the site waits for the result of a list that gates.
      void queries.invalidateQueries({ queryKey: ['sites'] });
      go(format('inspections', { inspection: begun.id }));
    });
  return (
    <div className="field">
      <span id="which-list">{t('inspections.which')}</span>
      <ul className="choices" aria-labelledby="which-list">
        {lists.map((list) => (
          <li key={list.id}>
            <button className="choice" data-list={list.id} disabled={doing.busy} onClick={() => void start(list.id)}>
              <strong>{list.name[own]}</strong>
              <span className="small">{t('inspections.lines', { n: list.lines.length, key: list.lines.filter((line) => line.key).length })}</span>
              <span className="muted small">{list.gates ? t('inspections.gates', { days: list.valid_days ?? 0, correct: list.correct_days ?? 0 }) : t('inspections.gatesNot')}</span>
            </button>
          </li>
        ))}
      </ul>
      <p className="wrong" role="alert">
        {doing.wrong}
      </p>
    </div>
  );
}

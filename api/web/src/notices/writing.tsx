/** A notice, a warning or a training for every kitchen of one's region, or for those that are named. */
import { useState } from 'react';
import { useDoing } from '../admin/doing';
import type { NewNotice, Site } from '../core/api.gen';
import { SiteSearch } from '../inspections/beginning';
import { useWords } from '../words';
import { KINDS, newKey, sendNotice } from './data';

type Kind = (typeof KINDS)[number];
type Own = 'zh' | 'en';
interface Text {
  title: string;
  body: string;
}
const NOTHING: Text = { title: '', body: '' };
const isWhole = (text: Text): boolean => text.title.trim() !== '' && text.body.trim() !== '';
const isEmpty = (text: Text): boolean => text.title.trim() === '' && text.body.trim() === '';

export function Writing({ close }: { close: () => void }) {
  const { t, name, language } = useWords();
  const first: Own = language === 'en' ? 'en' : 'zh';
  const other: Own = first === 'en' ? 'zh' : 'en';
  const [kind, setKind] = useState<Kind>('training');
  const [texts, setTexts] = useState<Record<Own, Text>>({ zh: NOTHING, en: NOTHING });
  const [sites, setSites] = useState<readonly Site[] | null>(null);
  const [key] = useState(newKey);
  const doing = useDoing('notices');
  const put = (own: Own, change: Partial<Text>): void => setTexts((known) => ({ ...known, [own]: { ...known[own], ...change } }));
  const ready = isWhole(texts[first]) && (isWhole(texts[other]) || isEmpty(texts[other])) && sites?.length !== 0;
  const submit = async (): Promise<void> => {
    const told = ([first, other] as const).filter((own) => isWhole(texts[own]));
    const body: NewNotice = {
      kind,
      texts: Object.fromEntries(told.map((own) => [own, { title: texts[own].title.trim(), body: texts[own].body.trim() }])),
      to: sites ? { sites: sites.map((site) => site.id) } : {},
    };
    if (await doing.run(() => sendNotice(body, key), t('sent.sent'))) close();
  };
  return (
    <form className="beginning" aria-label={t('sent.write')} onSubmit={(event) => (event.preventDefault(), void submit())}>
      <div className="segments" role="group" aria-label={t('sent.kind')}>
        {KINDS.map((each) => (
          <button key={each} type="button" className="segment" aria-pressed={kind === each} onClick={() => setKind(each)}>
            {name('noticeKind', each)}
          </button>
        ))}
      </div>
      <Words own={first} text={texts[first]} put={(change) => put(first, change)} />
      <details>
        <summary>{t(`sent.also.${other}`)}</summary>
        <Words own={other} text={texts[other]} put={(change) => put(other, change)} />
      </details>
      <div className="segments" role="group" aria-label={t('sent.to')}>
        <button type="button" className="segment" aria-pressed={sites === null} onClick={() => setSites(null)}>
          {t('sent.toAll')}
        </button>
        <button type="button" className="segment" aria-pressed={sites !== null} onClick={() => setSites((known) => known ?? [])}>
          {t('sent.toSome')}
        </button>
      </div>
      {sites && <Named sites={sites} put={setSites} />}
      <p className="wrong" role="alert">
        {doing.wrong}
      </p>
      <p className="row">
        <button className="button button-main" disabled={doing.busy || !ready}>
          {sites ? t('sent.goSome', { n: sites.length }) : t('sent.goAll')}
        </button>
        <button type="button" className="button" onClick={close}>
          {t('setup.cancel')}
        </button>
      </p>
    </form>
  );
}

function Words({ own, text, put }: { own: Own; text: Text; put: (change: Partial<Text>) => void }) {
  const { t } = useWords();
  return (
    <div className="notice-words">
      <div className="field">
        <label htmlFor={`notice-title-${own}`}>{t(`sent.title.${own}`)}</label>
        <input id={`notice-title-${own}`} lang={own} maxLength={120} value={text.title} onChange={(event) => put({ title: event.target.value })} />
      </div>
      <div className="field">
        <label htmlFor={`notice-body-${own}`}>{t(`sent.body.${own}`)}</label>
        <textarea id={`notice-body-${own}`} lang={own} rows={4} maxLength={8000} value={text.body} onChange={(event) => put({ body: event.target.value })} />
      </div>
    </div>
  );
}

function Named({ sites, put }: { sites: readonly Site[]; put: (sites: readonly Site[]) => void }) {
  const { t } = useWords();
  return (
    <>
      {sites.length > 0 && (
        <p className="row">
          {sites.map((site) => (
            <button key={site.id} type="button" className="button" onClick={() => put(sites.filter((each) => each.id !== site.id))}>
              {site.name} ✕
            </button>
          ))}
        </p>
      )}
      <SiteSearch label={t('sent.which')} choose={(site) => !sites.some((each) => each.id === site.id) && put([...sites, site])} />
    </>
  );
}

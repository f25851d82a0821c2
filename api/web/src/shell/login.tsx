/** The door: a code from the terminal or name and password; after a code, the offer of a password. */
import { useEffect, useState, type FormEvent } from 'react';
import { ApiError, get, send } from '../core/http';
import { usePref } from '../core/prefs';
import type { Session } from '../core/types';
import { Enrol } from './factor';
import { useSentence } from './states';
import { languageOf, switchLanguage, useWords } from '../words';

const SHORTEST_PASSWORD = 10;
const FACTOR_NEEDED = 'urn:mingchu:problem:second-factor-needed';
type Way = 'code' | 'password';
type Step = { at: 'entry' } | { at: 'password' | 'enrol'; session: Session; current: string };

function codeInAddress(): string {
  const hash = new URLSearchParams(window.location.hash.slice(1));
  return new URLSearchParams(window.location.search).get('code') ?? hash.get('code') ?? '';
}

const REFUSALS = { provider: 'login.refused.provider', account: 'login.refused.account', 'second-factor': 'login.refused.second-factor' } as const;

/** Why the organisation's login has sent somebody back, as the address says it. */
function refusalInAddress(): (typeof REFUSALS)[keyof typeof REFUSALS] | undefined {
  const told = new URLSearchParams(window.location.hash.slice(1)).get('refused');
  return told && told in REFUSALS ? REFUSALS[told as keyof typeof REFUSALS] : undefined;
}

/** The code is a secret that works once: it must not stay in the address bar or the history. */
function forgetCode(): void {
  if (codeInAddress()) window.history.replaceState(null, '', window.location.pathname);
}

export interface LoginProps {
  begun: () => void;
  enter: (session: Session) => void;
}

export function Login({ begun, enter }: LoginProps) {
  const [step, setStep] = useState<Step>({ at: 'entry' });
  const onward = (session: Session, current: string): void => {
    if (session.user.second_factor !== 'to_enrol') return enter(session);
    begun();
    setStep({ at: 'enrol', session, current });
  };
  const accept = (session: Session, way: Way, current: string): void => {
    forgetCode();
    if (way === 'password') return onward(session, current);
    begun();
    setStep({ at: 'password', session, current: '' });
  };
  return (
    <main className="login">
      <div className="login-card">
        <LoginHead />
        {step.at === 'entry' && <Entry accept={accept} />}
        {step.at === 'password' && <SetPassword session={step.session} done={(chosen) => onward(step.session, chosen)} />}
        {step.at === 'enrol' && <Enrol session={step.session} current={step.current} done={() => enter({ ...step.session, user: { ...step.session.user, second_factor: 'on' } })} />}
      </div>
    </main>
  );
}

function LoginHead() {
  const { t, language } = useWords();
  const chosen = usePref('language');
  return (
    <header className="login-head">
      <img src="/icon.svg" width="28" height="28" alt="" />
      <strong>{t('app.name')}</strong>
      <span className="muted">{t('app.sub')}</span>
      <button className="button button-quiet push" onClick={() => switchLanguage(languageOf(chosen))} lang={language === 'en' ? 'zh-CN' : 'en'}>
        {language === 'en' ? '中文' : 'English'}
      </button>
    </header>
  );
}

function Entry({ accept }: { accept: (session: Session, way: Way, current: string) => void }) {
  const { t } = useWords();
  const [way, setWay] = useState<Way>('code');
  const [code, setCode] = useState(codeInAddress);
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [factor, setFactor] = useState('');
  const [factorAsked, setFactorAsked] = useState(false);
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState('');
  const sentence = useSentence();
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setWrong('');
    try {
      const who = way === 'code' ? { code: code.trim() } : { name, password };
      const response = await send('/v1/session', { method: 'POST', body: { ...who, second_factor: factor.trim() } });
      accept((await response.json()) as Session, way, password);
    } catch (error) {
      if (error instanceof ApiError && error.type === FACTOR_NEEDED) setFactorAsked(true);
      else setWrong(sentence(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form onSubmit={(event) => void submit(event)} className="form">
      <h1>{t('login.title')}</h1>
      <div className="segments" role="tablist">
        <Tab way="code" now={way} pick={setWay} label={t('login.byCode')} />
        <Tab way="password" now={way} pick={setWay} label={t('login.byPassword')} />
      </div>
      {way === 'code' ? (
        <Field id="code" label={t('login.code')} help={t('login.codeHelp')} value={code} set={setCode} complete="one-time-code" />
      ) : (
        <>
          <Field id="name" label={t('login.name')} value={name} set={setName} complete="username" />
          <Field id="password" label={t('login.password')} value={password} set={setPassword} complete="current-password" secret />
        </>
      )}
      {factorAsked && <Field id="second-factor" label={t('login.factor')} help={t('login.factorHelp')} value={factor} set={setFactor} complete="one-time-code" />}
      <p role="alert" className="wrong">
        {wrong && t('login.wrong', { detail: wrong })}
      </p>
      <button className="button button-main" disabled={busy}>
        {busy ? t('login.wait') : t('login.go')}
      </button>
      <Organisation />
    </form>
  );
}

/** The organisation's own login, where there is one; a link, because the browser must go there itself. */
function Organisation() {
  const { t } = useWords();
  const [offered, setOffered] = useState(false);
  const refused = refusalInAddress();
  useEffect(() => {
    const asked = new AbortController();
    get<{ organisation: boolean }>('/v1/session/organisation/ways', {}, asked.signal).then(
      (ways) => setOffered(ways.organisation),
      () => undefined,
    );
    return () => asked.abort();
  }, []);
  if (!offered) return null;
  return (
    <>
      {refused && (
        <p role="alert" className="wrong">
          {t(refused)}
        </p>
      )}
      <a className="button" href="/v1/session/organisation">
        {t('login.organisation')}
      </a>
    </>
  );
}

function Tab(props: { way: Way; now: Way; pick: (way: Way) => void; label: string }) {
  const on = props.way === props.now;
  return (
    <button type="button" role="tab" aria-selected={on} className="segment" onClick={() => props.pick(props.way)}>
      {props.label}
    </button>
  );
}

interface FieldProps {
  id: string;
  label: string;
  help?: string;
  value: string;
  set: (value: string) => void;
  complete: string;
  secret?: boolean;
}

export function Field({ id, label, help, value, set, complete, secret = false }: FieldProps) {
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        name={id}
        type={secret ? 'password' : 'text'}
        value={value}
        onChange={(event) => set(event.target.value)}
        autoComplete={complete}
        autoCapitalize="none"
        spellCheck={false}
        required
        autoFocus={complete !== 'current-password'}
        aria-describedby={help ? `${id}-help` : undefined}
      />
      {help && (
        <p id={`${id}-help`} className="muted small">
          {help}
        </p>
      )}
    </div>
  );
}

function SetPassword({ session, done }: { session: Session; done: (chosen: string) => void }) {
  const { t } = useWords();
  const [password, setPassword] = useState('');
  const [wrong, setWrong] = useState('');
  const sentence = useSentence();
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (password.length < SHORTEST_PASSWORD) return setWrong(t('login.setShort', { n: SHORTEST_PASSWORD }));
    try {
      const headers = { 'X-CSRF-Token': session.csrf };
      await send('/v1/session/password', { method: 'POST', body: { password }, headers });
      done(password);
    } catch (error) {
      setWrong(sentence(error));
    }
  };
  return (
    <form onSubmit={(event) => void submit(event)} className="form">
      <h1>{t('login.setTitle')}</h1>
      <p className="muted">{t('login.setHelp', { name: session.user.name })}</p>
      <input type="text" name="username" autoComplete="username" value={session.user.name} readOnly hidden />
      <Field id="new-password" label={t('login.password')} help={t('login.setShort', { n: SHORTEST_PASSWORD })} value={password} set={setPassword} complete="new-password" secret />
      <p role="alert" className="wrong">
        {wrong}
      </p>
      <div className="row">
        <button className="button button-main">{t('login.setGo')}</button>
        <button type="button" className="button" onClick={() => done('')}>
          {t('login.setSkip')}
        </button>
      </div>
    </form>
  );
}

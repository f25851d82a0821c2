/** Where the role needs a second factor: a picture to scan, six digits to prove it, recovery codes to keep. */
import { useEffect, useState, type FormEvent } from 'react';
import { send } from '../core/http';
import type { Session } from '../core/types';
import { useWords } from '../words';
import { Field } from './login';
import { useSentence } from './states';

const PLACE = '/v1/session/second-factor';
interface Offer {
  secret: string;
  qr_svg: string;
}

export function Enrol({ session, current, done }: { session: Session; current: string; done: () => void }) {
  const [offer, setOffer] = useState<Offer | null>(null);
  const [codes, setCodes] = useState<readonly string[]>([]);
  const [wrong, setWrong] = useState('');
  const sentence = useSentence();
  const headers = { 'X-CSRF-Token': session.csrf };
  useEffect(() => {
    void send(PLACE, { method: 'POST', body: { current }, headers: { 'X-CSRF-Token': session.csrf } })
      .then(async (answer) => setOffer((await answer.json()) as Offer))
      .catch((error: unknown) => setWrong(sentence(error)));
    // Once: a second offer would replace the secret that was just scanned.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, []);
  const confirm = async (code: string): Promise<void> => {
    setWrong('');
    try {
      const answer = await send(PLACE, { method: 'PUT', body: { code: code.trim() }, headers });
      setCodes(((await answer.json()) as { recovery_codes: string[] }).recovery_codes);
    } catch (error) {
      setWrong(sentence(error));
    }
  };
  if (codes.length) return <Codes codes={codes} done={done} />;
  return <Scan offer={offer} wrong={wrong} confirm={confirm} />;
}

function Scan({ offer, wrong, confirm }: { offer: Offer | null; wrong: string; confirm: (code: string) => Promise<void> }) {
  const { t } = useWords();
  const [code, setCode] = useState('');
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void confirm(code);
  };
  return (
    <form onSubmit={submit} className="form">
      <h1>{t('factor.title')}</h1>
      <p className="muted">{t('factor.help')}</p>
      {offer && (
        <>
          <img className="factor-qr" src={`data:image/svg+xml,${encodeURIComponent(withNamespace(offer.qr_svg))}`} alt="QR" width="200" height="200" />
          <p className="muted small">
            {t('factor.byHand')} <code>{offer.secret}</code>
          </p>
        </>
      )}
      <Field id="factor-code" label={t('factor.code')} value={code} set={setCode} complete="one-time-code" />
      <p role="alert" className="wrong">
        {wrong}
      </p>
      <button className="button button-main" disabled={!offer}>
        {t('factor.go')}
      </button>
    </form>
  );
}

/** Inline SVG needs no namespace, a picture of its own does. */
function withNamespace(svg: string): string {
  return svg.includes('xmlns=') ? svg : svg.replace('<svg', '<svg xmlns="http://www.w3.org/2000/svg"');
}

function Codes({ codes, done }: { codes: readonly string[]; done: () => void }) {
  const { t } = useWords();
  return (
    <div className="form">
      <h1>{t('factor.codesTitle')}</h1>
      <p className="muted">{t('factor.codesHelp')}</p>
      <ul className="factor-codes">
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ul>
      <button className="button button-main" onClick={done}>
        {t('factor.done')}
      </button>
    </div>
  );
}

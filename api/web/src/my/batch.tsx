/** Batch codes: what comes in, goes out or is sold is told by its code, and whatever may not be sold is refused at once. */
import { useRef, useState, type FormEvent } from 'react';
import type { NewScan } from '../core/api.gen';
import { ApiError, newKey, send } from '../core/http';
import { useSentence } from '../shell/states';
import { useWords } from '../words';
import { hasCamera } from './live';
import { Scanner } from './scanner';

const WAYS: readonly NewScan['direction'][] = ['in', 'out', 'sale'];
/** As the API takes it. */
const CODE = /^[0-9A-Za-z._-]{1,64}$/;
interface Done {
  code: string;
  stock: string;
}

export function BatchPage() {
  const { t, language } = useWords();
  const sentence = useSentence();
  const [code, setCode] = useState('');
  const [direction, setDirection] = useState<NewScan['direction']>('sale');
  const [amount, setAmount] = useState('');
  const [busy, setBusy] = useState(false);
  const [done, setDone] = useState<Done | null>(null);
  const [wrong, setWrong] = useState('');
  const [scanning, setScanning] = useState(false);
  const amountField = useRef<HTMLInputElement>(null);
  const read = (text: string): void => {
    setScanning(false);
    const fits = CODE.test(text.trim());
    setWrong(fits ? '' : t('scan.notOurs', { text: text.slice(0, 80) }));
    if (!fits) return;
    setCode(text.trim());
    setDone(null);
    window.setTimeout(() => amountField.current?.focus());
  };
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setDone(null);
    setWrong('');
    const body: NewScan = { direction, amount };
    try {
      const told = await send(`/v1/batches/${encodeURIComponent(code.trim())}/scans`, { method: 'POST', body, headers: { 'Idempotency-Key': newKey() } });
      setDone((await told.json()) as Done);
      setAmount('');
    } catch (error) {
      const says = error instanceof ApiError ? error.says : undefined;
      setWrong(says ? t('batch.refused', { why: language === 'en' ? says.en : says.zh }) : sentence(error));
    } finally {
      setBusy(false);
    }
  };
  if (scanning) return <Scanner found={read} close={() => setScanning(false)} />;
  return (
    <form className="step-form" onSubmit={(event) => void submit(event)}>
      <p>{t('batch.help')}</p>
      {hasCamera() && (
        <button type="button" className="button button-big" onClick={() => setScanning(true)}>
          ▣ {t('scan.begin')}
        </button>
      )}
      <div className="field">
        <label htmlFor="batch-code">{t('batch.code')}</label>
        <input id="batch-code" value={code} required maxLength={64} pattern="[0-9A-Za-z._\-]+" autoCapitalize="characters" autoComplete="off" onChange={(e) => setCode(e.target.value)} />
      </div>
      <div className="segments" role="group" aria-label={t('batch.way')}>
        {WAYS.map((each) => (
          <button key={each} type="button" className="segment" aria-pressed={direction === each} onClick={() => setDirection(each)}>
            {t(`batchWay.${each}`)}
          </button>
        ))}
      </div>
      <div className="field">
        <label htmlFor="batch-amount">{t('batch.amount')}</label>
        <input id="batch-amount" ref={amountField} value={amount} required inputMode="decimal" pattern="[0-9]+(\.[0-9]{1,3})?" onChange={(e) => setAmount(e.target.value)} />
      </div>
      <p className="wrong" role="alert">
        {wrong}
      </p>
      {done && <p role="status">✓ {t('batch.done', { code: done.code, stock: done.stock })}</p>}
      <button className="button button-main button-big" disabled={busy}>
        {t('batch.go')}
      </button>
    </form>
  );
}

/** The five-fixed camera: register the phone once, take the scene, take the portrait, send, and hear what each check says. */
import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useState, type FormEvent } from 'react';
import { useCase } from '../cases/data';
import { ProofChecks } from '../cases/proof';
import { ApiError } from '../core/http';
import { useNow } from '../core/now';
import { format, go } from '../core/route';
import { follow } from '../shell/header';
import { Loading, useSentence } from '../shell/states';
import { useWords } from '../words';
import { useCheck } from './checkdata';
import { useLive } from './live';
import { answer } from './outbox';
import { PREFILLED } from './prefill';
import { canSign, knownPhone, registerPhone, type Phone } from './phonekey';
import { challenged, distance_m, proven, shot, type Challenge, type Check, type Matter, type Place, type Proof, type Shot } from './proving';

type Step = 'scene' | 'portrait' | 'sending' | 'sent' | 'refused';

/** What is proven: that a case was put right, one line of a self-check, or what an inspector wants to see. */
export interface Proving {
  matter: Matter;
  id: string;
  /** The line of a self-check. */
  line: string | null;
}
const PAGES = { case: 'case', selfcheck: 'check', inspection: 'inspection' } as const;
const LISTS = { case: 'cases', selfcheck: 'selfchecks', inspection: 'inspections' } as const;
const backOf = ({ matter, id }: Proving): string => format('my', { [PAGES[matter]]: id });
const SCENES = { case: 'camera.scene', selfcheck: 'camera.sceneOfLine', inspection: 'camera.sceneOfLine' } as const;
const DONE = { case: 'camera.handIn', selfcheck: 'camera.useIt', inspection: 'my.back' } as const;

export function CameraPage({ about, account }: { about: Proving; account: string }) {
  const { t } = useWords();
  const sentence = useSentence();
  const [phone, setPhone] = useState<Phone | null | undefined>(undefined);
  const [wrong, setWrong] = useState('');
  useEffect(() => {
    if (!canSign()) return;
    knownPhone(account).then(setPhone, (error: unknown) => setWrong(sentence(error)));
  }, [account]);
  return (
    <>
      <a className="my-back" href={backOf(about)} onClick={follow}>
        ← {t('my.back')}
      </a>
      <h1>{t('camera.title')}</h1>
      {!canSign() && <p className="wrong">{t('camera.insecure')}</p>}
      {wrong && <p className="wrong" role="alert">{wrong}</p>}
      {canSign() && phone === undefined && !wrong && <Loading />}
      {phone === null && <Registration account={account} done={setPhone} />}
      {phone && phone.state !== 'active' && <p className="waiting">{t('camera.pending')}</p>}
      {phone?.state === 'active' && <Taking about={about} phone={phone} />}
    </>
  );
}

function Registration({ account, done }: { account: string; done: (phone: Phone) => void }) {
  const { t } = useWords();
  const sentence = useSentence();
  const [number, setNumber] = useState('');
  const [wrong, setWrong] = useState('');
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    try {
      done(await registerPhone(account, t('camera.myPhone'), number.replace(/[\s-]/g, '')));
    } catch (error) {
      setWrong(sentence(error));
      setBusy(false);
    }
  };
  return (
    <form className="step-form" onSubmit={(event) => void submit(event)}>
      <p>{t('camera.registerHelp')}</p>
      <div className="field">
        <label htmlFor="phone-number">{t('camera.number')}</label>
        <input id="phone-number" type="tel" inputMode="tel" autoComplete="tel" required pattern="\+?[0-9 \-]{6,24}" value={number} onChange={(e) => setNumber(e.target.value)} />
      </div>
      <p className="wrong" role="alert">
        {wrong}
      </p>
      <button className="button button-main button-big" disabled={busy}>
        {t('camera.register')}
      </button>
    </form>
  );
}

function usePlace(): [Place | null, boolean] {
  const [place, setPlace] = useState<Place | null>(null);
  const [refused, setRefused] = useState(false);
  useEffect(() => {
    const watch = navigator.geolocation.watchPosition(
      ({ coords, timestamp }) => setPlace({ latitude: coords.latitude, longitude: coords.longitude, accuracy_m: coords.accuracy, at: new Date(timestamp).toISOString() }),
      () => setRefused(true),
      { enableHighAccuracy: true, maximumAge: 5000 },
    );
    return () => navigator.geolocation.clearWatch(watch);
  }, []);
  return [place, refused];
}

/** Hands the proof in: as a step of its case, or as the photo of its line; an inspector has it already. */
function useHandIn(about: Proving): (proof: Proof) => Promise<void> {
  const { matter, id, line } = about;
  const queries = useQueryClient();
  const file = useCase(id, matter === 'case').data;
  const check = useCheck(id, matter === 'selfcheck').data;
  return async (proof) => {
    if (file) await answer({ about: 'cases', id, action: 'rectify', body: { proof: [proof.id] }, etag: file.etag });
    const asked = check?.lines.find((each) => each.id === line);
    if (check && asked) {
      const known = asked.answer ?? PREFILLED;
      await answer({ about: 'selfchecks', id, action: 'fill', body: { answers: { [asked.id]: { ...known, photos: [...known.photos, proof.id] } } }, etag: check.etag });
    }
    if (!file && !asked && matter !== 'inspection') return;
    void queries.invalidateQueries({ queryKey: [LISTS[matter]] });
    go(backOf(about));
  };
}

function Taking({ about, phone }: { about: Proving; phone: Phone }) {
  const { matter, id } = about;
  const { t, language } = useWords();
  const sentence = useSentence();
  const queries = useQueryClient();
  const hand = useHandIn(about);
  const [challenge, setChallenge] = useState<Challenge | null>(null);
  const [step, setStep] = useState<Step>('scene');
  const [scene, setScene] = useState<Shot | null>(null);
  const [proof, setProof] = useState<Proof | null>(null);
  const [refused, setRefused] = useState<Check[]>([]);
  const [wrong, setWrong] = useState('');
  const [place, placeRefused] = usePlace();
  const [video, cameraWrong] = useLive(step === 'scene' ? 'environment' : step === 'portrait' ? 'user' : null);
  const now = useNow(1000);
  const begin = useCallback(async () => {
    setWrong('');
    setScene(null);
    try {
      setChallenge(await challenged(phone.id, matter, id));
      setStep('scene');
    } catch (error) {
      setWrong(sentence(error));
    }
  }, [phone.id, matter, id]);
  useEffect(() => void begin(), [begin]);

  const press = async (): Promise<void> => {
    if (!challenge || !video.current || !place) return;
    try {
      const taken = await shot(video.current, challenge);
      if (step === 'scene') {
        setScene(taken);
        setStep('portrait');
        return;
      }
      if (!scene) return;
      setStep('sending');
      const told = await proven(phone, challenge, { scene, portrait: taken }, place);
      setProof(told);
      setStep('sent');
      void queries.invalidateQueries({ queryKey: [LISTS[matter], 'photos'] });
    } catch (error) {
      const checks = error instanceof ApiError ? [...error.checks] : [];
      setRefused(checks);
      setWrong(checks.length > 0 ? '' : sentence(error));
      setStep('refused');
    }
  };
  const handIn = async (): Promise<void> => {
    if (!proof) return;
    try {
      await hand(proof);
    } catch (error) {
      setWrong(sentence(error));
    }
  };
  const left_s = challenge ? Math.max(0, Math.floor((new Date(challenge.expires_at).getTime() - now) / 1000)) : 0;
  const away = place && challenge?.fence ? distance_m(place, challenge.fence) : null;
  const fits = place !== null && place.accuracy_m <= (challenge?.allowed.accuracy_m ?? Infinity);
  if (wrong && !challenge) return <p className="wrong" role="alert">{wrong}</p>;
  if (step === 'sending') return <Loading />;
  if (step === 'sent' && proof)
    return (
      <section className="step-form" data-outcome={proof.outcome}>
        <p>
          <strong>✓ {t('camera.sent', { id: proof.id.slice(0, 8) })}</strong>
        </p>
        {proof.outcome === 'doubtful' && <p>{t('camera.doubtful')}</p>}
        <ProofChecks checks={proof.checks} />
        <p className="wrong" role="alert">
          {wrong}
        </p>
        <button className="button button-main button-big" onClick={() => void handIn()}>
          {t(DONE[matter])}
        </button>
      </section>
    );
  if (step === 'refused')
    return (
      <section className="step-form">
        <p className="wrong" role="alert">
          {wrong || t('camera.refused')}
        </p>
        <ProofChecks checks={refused.filter((each) => each.result !== 'passed')} />
        <button className="button button-main button-big" onClick={() => void begin()}>
          {t('camera.again')}
        </button>
      </section>
    );
  return (
    <section className="camera" data-step={step}>
      <p>
        <strong>{t(step === 'portrait' ? 'camera.portrait' : SCENES[matter])}</strong>
      </p>
      <div className="camera-view">
        <video ref={video} playsInline muted data-mirror={step === 'portrait'} aria-label={t('camera.live')} />
        {challenge && (
          <>
            <span className="camera-nonce">{challenge.nonce}</span>
            <img className="camera-mark" src={`data:image/png;base64,${challenge.mark.png}`} alt="" style={{ width: `${challenge.mark.share * 56}%` }} />
          </>
        )}
      </div>
      {cameraWrong && <p className="wrong" role="alert">{t('camera.noCamera', { why: cameraWrong })}</p>}
      <ul className="camera-facts" lang={language}>
        <li data-good={fits}>
          {placeRefused && !place ? t('camera.noPlace') : place ? t('camera.accuracy', { n: Math.round(place.accuracy_m) }) : t('camera.placing')}
        </li>
        {away !== null && challenge?.fence && <li data-good={away <= challenge.fence.radius_m}>{t('camera.away', { n: Math.round(away) })}</li>}
        <li data-good={left_s > 30}>{t('camera.left', { n: left_s })}</li>
      </ul>
      {left_s === 0 && challenge ? (
        <button className="button button-main button-big" onClick={() => void begin()}>
          {t('camera.again')}
        </button>
      ) : (
        <button className="button button-main button-big shutter" disabled={!challenge || !place} onClick={() => void press()}>
          ◉ {t('camera.shutter')}
        </button>
      )}
      <p className="muted small">{t('camera.privacy')}</p>
    </section>
  );
}

/** Reads a code from the phone's camera: by the browser itself where it can, otherwise by a small decoder of our own bundle. */
import { useEffect, useRef } from 'react';
import { useWords } from '../words';
import { useLive } from './live';

type Read = (video: HTMLVideoElement) => Promise<string | null>;
interface Detector {
  detect(source: HTMLVideoElement): Promise<{ rawValue: string }[]>;
}
interface DetectorClass {
  new (options: { formats: string[] }): Detector;
  getSupportedFormats(): Promise<string[]>;
}
const FORMATS = ['qr_code', 'code_128', 'data_matrix'];
const EVERY_MS = 120;
/** Wide enough for a code at arm's length, and read in some milliseconds on a cheap phone. */
const WIDE_PX = 720;

async function reader(): Promise<Read> {
  const Native = (window as { BarcodeDetector?: DetectorClass }).BarcodeDetector;
  const known = (await Native?.getSupportedFormats().catch(() => [])) ?? [];
  const formats = FORMATS.filter((each) => known.includes(each));
  if (Native && formats.includes('qr_code')) {
    const detector = new Native({ formats });
    return async (video) => (await detector.detect(video))[0]?.rawValue ?? null;
  }
  const { decodeQR } = await import('qr/decode.js');
  const canvas = document.createElement('canvas');
  const pen = canvas.getContext('2d', { willReadFrequently: true });
  return async (video) => {
    canvas.width = Math.min(WIDE_PX, video.videoWidth);
    canvas.height = Math.round((canvas.width * video.videoHeight) / video.videoWidth);
    pen?.drawImage(video, 0, 0, canvas.width, canvas.height);
    const picture = pen?.getImageData(0, 0, canvas.width, canvas.height);
    try {
      return picture ? decodeQR(picture) : null;
    } catch {
      return null; // its way of saying that there is no code in the picture
    }
  };
}

export function Scanner({ found, close }: { found: (code: string) => void; close: () => void }) {
  const { t } = useWords();
  const [video, wrong] = useLive('environment');
  const tell = useRef(found);
  tell.current = found;
  useEffect(() => {
    let over = false;
    const watch = async (): Promise<void> => {
      const read = await reader();
      while (!over) {
        const code = video.current?.videoWidth ? await read(video.current).catch(() => null) : null;
        if (code && !over) {
          navigator.vibrate?.(60);
          return tell.current(code);
        }
        await new Promise((done) => window.setTimeout(done, EVERY_MS));
      }
    };
    void watch();
    return () => {
      over = true;
    };
  }, [video]);
  return (
    <section className="scanner" aria-label={t('scan.title')}>
      <div className="camera-view">
        <video ref={video} playsInline muted aria-label={t('camera.live')} />
        <span className="scanner-frame" aria-hidden="true" />
      </div>
      <p role="status">{wrong ? t('camera.noCamera', { why: wrong }) : t('scan.help')}</p>
      <button type="button" className="button button-big" onClick={close}>
        {t('scan.type')}
      </button>
    </section>
  );
}

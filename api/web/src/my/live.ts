/** The phone's own camera on a page. */
import { useEffect, useRef, useState } from 'react';

export const hasCamera = (): boolean => window.isSecureContext && Boolean(navigator.mediaDevices);

/** A live picture from this side of the phone; closed when the side changes or the page goes. */
export function useLive(facing: 'environment' | 'user' | null): [React.RefObject<HTMLVideoElement | null>, string] {
  const video = useRef<HTMLVideoElement>(null);
  const [wrong, setWrong] = useState('');
  useEffect(() => {
    if (!facing) return undefined;
    let stream: MediaStream | null = null;
    let over = false;
    navigator.mediaDevices.getUserMedia({ audio: false, video: { facingMode: facing, width: { ideal: 1920 }, height: { ideal: 1080 } } }).then(
      (found) => {
        stream = found;
        if (over) return found.getTracks().forEach((track) => track.stop());
        if (video.current) {
          video.current.srcObject = found;
          void video.current.play().catch(() => undefined);
        }
      },
      (error: unknown) => setWrong(String(error)),
    );
    return () => {
      over = true;
      stream?.getTracks().forEach((track) => track.stop());
    };
  }, [facing]);
  return [video, wrong];
}

/** A proof from challenge to answer: what is drawn into the pictures, claimed, signed and sent. */
import type { NewChallenge } from '../core/api.gen';
import { newKey, send, type Told } from '../core/http';
import { sha256, signed, type Phone } from './phonekey';

export interface Challenge {
  id: string;
  nonce: string;
  mark: { png: string; share: number };
  expires_at: string;
  fence: { latitude: number; longitude: number; radius_m: number } | null;
  allowed: { most_pixels: number; accuracy_m: number };
}
export type Check = Told;
export interface Proof {
  id: string;
  outcome: 'passed' | 'doubtful';
  received_at: string;
  by: string;
  device_name: string;
  checks: Check[];
  files: Record<string, { url: string; blurred: boolean }>;
}
export interface Shot {
  jpeg: Blob;
  taken_at: string;
}
export interface Place {
  latitude: number;
  longitude: number;
  accuracy_m: number;
  at: string;
}
const QUALITY = 0.85;
const LONGEST_PX = 1920;

/** What a photo may be about. */
export type Matter = 'case' | 'selfcheck' | 'inspection';

export async function challenged(device: string, subject: Matter, about: string): Promise<Challenge> {
  const body: NewChallenge = { device, subject, about };
  return (await (await send('/v1/photos/challenge', { method: 'POST', body, headers: { 'Idempotency-Key': newKey() } })).json()) as Challenge;
}

async function pictureOf(png: string): Promise<ImageBitmap> {
  const bytes = Uint8Array.from(atob(png), (c) => c.charCodeAt(0));
  return createImageBitmap(new Blob([bytes], { type: 'image/png' }));
}

/** The live picture with the mark burnt into its lower right corner. */
export async function shot(video: HTMLVideoElement, challenge: Challenge): Promise<Shot> {
  const taken_at = new Date().toISOString();
  const scale = Math.min(1, LONGEST_PX / Math.max(video.videoWidth, video.videoHeight));
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(video.videoWidth * scale);
  canvas.height = Math.round(video.videoHeight * scale);
  const pen = canvas.getContext('2d');
  if (!pen) throw new Error('no canvas');
  pen.drawImage(video, 0, 0, canvas.width, canvas.height);
  const side = Math.round(challenge.mark.share * Math.min(canvas.width, canvas.height));
  pen.imageSmoothingEnabled = false;
  pen.drawImage(await pictureOf(challenge.mark.png), canvas.width - side, canvas.height - side, side, side);
  const jpeg = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/jpeg', QUALITY));
  if (!jpeg) throw new Error('no picture');
  return { jpeg, taken_at };
}

export async function proven(phone: Phone, challenge: Challenge, shots: { scene: Shot; portrait: Shot }, position: Place): Promise<Proof> {
  const told = async (each: Shot) => ({ sha256: await sha256(await each.jpeg.arrayBuffer()), taken_at: each.taken_at });
  const claim = JSON.stringify({
    challenge: challenge.id,
    nonce: challenge.nonce,
    device: phone.id,
    scene: await told(shots.scene),
    portrait: await told(shots.portrait),
    position,
  });
  const form = new FormData();
  form.set('claim', claim);
  form.set('signature', await signed(phone.pair, claim));
  form.set('scene', shots.scene.jpeg, 'scene.jpg');
  form.set('portrait', shots.portrait.jpeg, 'portrait.jpg');
  return (await (await send('/v1/photos', { method: 'POST', form })).json()) as Proof;
}

const EARTH_M = 6_371_009;
const rad = (degrees: number): number => (degrees * Math.PI) / 180;

/** The way along the surface (haversine formula). */
export function distance_m(a: { latitude: number; longitude: number }, b: { latitude: number; longitude: number }): number {
  const up = rad(b.latitude - a.latitude) / 2;
  const across = rad(b.longitude - a.longitude) / 2;
  const chord = Math.sin(up) ** 2 + Math.cos(rad(a.latitude)) * Math.cos(rad(b.latitude)) * Math.sin(across) ** 2;
  return 2 * EARTH_M * Math.asin(Math.min(1, Math.sqrt(chord)));
}

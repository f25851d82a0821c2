/** The phone's own key: made here, kept where no page can read it out, and what it signs. */
import type { NewPhone } from '../core/api.gen';
import { get, send } from '../core/http';
import { put, take } from './drawer';

export interface Phone {
  id: string;
  state: string;
  pair: CryptoKeyPair;
}
const CURVE = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const SIGNING = { name: 'ECDSA', hash: 'SHA-256' } as const;

/** Keys exist only on https and localhost. */
export const canSign = (): boolean => window.isSecureContext && Boolean(crypto.subtle) && Boolean(navigator.mediaDevices);

export function spelled(bytes: ArrayBuffer): string {
  return btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}
export async function sha256(content: ArrayBuffer): Promise<string> {
  return Array.from(new Uint8Array(await crypto.subtle.digest('SHA-256', content)), (b) => b.toString(16).padStart(2, '0')).join('');
}
export async function signed(pair: CryptoKeyPair, text: string): Promise<string> {
  return spelled(await crypto.subtle.sign(SIGNING, pair.privateKey, new TextEncoder().encode(text)));
}

const shelf = (account: string): string => `phone/${account}`;

/** The phone as it is registered now; null where this browser has no key of this account. */
export async function knownPhone(account: string): Promise<Phone | null> {
  const kept = await take<{ id: string; pair: CryptoKeyPair }>('keys', shelf(account));
  if (!kept) return null;
  const { items } = await get<{ items: { id: string; state: string }[] }>('/v1/photos/devices');
  const found = items.find((each) => each.id === kept.id);
  return found && found.state !== 'retired' ? { ...kept, state: found.state } : null;
}

export async function registerPhone(account: string, name: string, phone: string): Promise<Phone> {
  // Not extractable: the private half never leaves the browser's own store, not even to this page.
  const pair = (await crypto.subtle.generateKey(CURVE, false, ['sign', 'verify'])) as CryptoKeyPair;
  const jwk = await crypto.subtle.exportKey('jwk', pair.publicKey);
  const public_key = { kty: jwk.kty, crv: jwk.crv, x: jwk.x, y: jwk.y };
  const body: NewPhone = { name, phone, public_key, signature: await signed(pair, `mingchu phone\n${account}\n${phone}`) };
  const told = (await (await send('/v1/photos/devices', { method: 'POST', body })).json()) as { id: string; state: string };
  await put('keys', shelf(account), { id: told.id, pair });
  return { ...told, pair };
}

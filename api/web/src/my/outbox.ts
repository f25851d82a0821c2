/** Answers that could not be sent yet: kept in the browser for whoever gave them, sent again when the network is back, each once. */
import { useSyncExternalStore } from 'react';
import type { AnswerBody, SelfCheck, StepBody } from '../core/api.gen';
import { ApiError, get, newKey, send, type ApiPath } from '../core/http';
import type { Session } from '../core/types';
import type { CaseFile } from '../cases/types';
import { all, put, remove } from './drawer';

/** What a kitchen tells: a step of a case, lines of a self-check, that a notice was read. */
export type Told =
  | { about: 'cases'; id: string; action: string; body: StepBody; etag: string }
  | { about: 'selfchecks'; id: string; action: 'fill'; body: { answers: Record<string, AnswerBody> }; etag: string }
  | { about: 'notices'; id: string; action: 'read'; body: undefined; etag: '' };

export type Waiting = Told & {
  /** Also its Idempotency-Key: sending it twice does it once. */
  key: string;
  at: string;
  /** Who gave it: on a phone that several people use, nobody sends another's. */
  account: string;
  /** Why it was refused; empty while it waits. */
  refused: string;
};

let known: readonly Waiting[] = [];
let owner = '';
const listeners = new Set<() => void>();

const own = async (): Promise<Waiting[]> => (await all<Waiting>('waiting')).filter((item) => item.account === owner);

/** From now on the pages are this account's; nobody's where it is empty. */
export async function openFor(account: string): Promise<void> {
  if (account !== owner) known = [];
  owner = account;
  await reread();
}

async function reread(): Promise<void> {
  known = (await own()).sort((a, b) => a.at.localeCompare(b.at));
  listeners.forEach((listener) => listener());
}

/** One function for all renders: a new one each time would read the drawer again after every reading, without end. */
function listen(listener: () => void): () => void {
  listeners.add(listener);
  void reread().catch(() => undefined);
  return () => listeners.delete(listener);
}

export const useWaiting = (): readonly Waiting[] => useSyncExternalStore(listen, () => known);

const isAway = (error: unknown): boolean => error instanceof ApiError && (error.unreachable || error.status >= 500 || error.status === 401 || error.status === 429);

/** A bad connection may hang for minutes: then it counts as away. */
const PATIENCE_MS = 12_000;

async function deliver(item: Waiting): Promise<void> {
  if (!navigator.onLine) throw new ApiError(0, 'unreachable', '');
  const headers = { ...(item.etag && { 'If-Match': item.etag }), 'Idempotency-Key': item.key };
  const [method, path] = callOf(item);
  await send(path, { method, body: item.body, headers, signal: AbortSignal.timeout(PATIENCE_MS) });
}

const callOf = (item: Told): [string, ApiPath] =>
  item.about === 'selfchecks' ? ['PATCH', `/v1/selfchecks/${item.id}`] : ['POST', item.about === 'notices' ? `/v1/notices/${item.id}/read` : `/v1/cases/${item.id}/${item.action}`];

/** While it waited what it is about may have moved on: it is sent for that as it is now, if it still may be. */
async function deliverAnew(item: Waiting): Promise<void> {
  const etag = item.about === 'cases' ? await caseStill(item) : (await get<SelfCheck>(`/v1/selfchecks/${item.id}`)).etag;
  await deliver({ ...item, etag } as Waiting);
}

async function caseStill({ id, action }: Waiting): Promise<string> {
  const now = await get<CaseFile>(`/v1/cases/${id}`);
  if (!now.permitted.some((each) => each.action === action)) throw new ApiError(409, 'conflict', '');
  return now.etag;
}

async function settle(item: Waiting): Promise<'sent' | 'waits' | 'refused'> {
  try {
    await deliver(item).catch((error: unknown) => {
      if (error instanceof ApiError && error.status === 412) return deliverAnew(item);
      throw error;
    });
  } catch (error) {
    if (isAway(error)) return 'waits';
    await put('waiting', item.key, { ...item, refused: error instanceof ApiError ? error.detail || error.title : String(error) });
    return 'refused';
  }
  await remove('waiting', item.key);
  return 'sent';
}

/** Answer now, or as soon as the network is back. */
export async function answer(wanted: Told): Promise<'sent' | 'waits'> {
  const item: Waiting = { ...wanted, key: newKey(), at: new Date().toISOString(), account: owner, refused: '' };
  try {
    await deliver(item);
    return 'sent';
  } catch (error) {
    if (!isAway(error)) throw error;
    await put('waiting', item.key, item);
    await reread();
    return 'waits';
  }
}

let flushing: Promise<number> | null = null;

/** Send what waits, oldest first; stops at the first that the network does not take. Returns how many went. */
export function flush(): Promise<number> {
  flushing ??= emptied().finally(() => {
    flushing = null;
  });
  return flushing;
}

/** Another tab may have signed somebody else in: then nothing is sent from this one. */
const stillHere = async (account: string): Promise<boolean> => (await get<Session | null>('/v1/session').catch(() => null))?.user?.name === account;

async function emptied(): Promise<number> {
  let sent = 0;
  const mine = (await own()).filter((item) => !item.refused);
  for (const item of mine.length > 0 && (await stillHere(owner)) ? mine : []) {
    if (item.account !== owner) break;
    const fate = await settle(item);
    if (fate === 'sent') sent += 1;
    if (fate === 'waits') break;
  }
  await reread();
  return sent;
}

export async function forget(key: string): Promise<void> {
  await remove('waiting', key);
  await reread();
}

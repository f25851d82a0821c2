/** The only door to the API: cookie session, CSRF header on writes, problem+json turned into one error. */
import type { Paths } from './api.gen';

type Open<P extends string> = P extends `${infer Before}{${string}}${infer After}` ? `${Before}${string}${Open<After>}` : P;
/** Any address that the API has: one that it does not have is a type error. */
export type ApiPath = Open<keyof Paths>;

export interface FieldError {
  field: string;
  value?: unknown;
  allowed?: string;
}

/** What one check of a proof says. */
export interface Told {
  check: string;
  result: string;
  name: { zh: string; en: string };
  says: { zh: string; en: string };
}

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string,
    readonly errors: readonly FieldError[] = [],
    /** What happened, for programs: a URN. */
    readonly type: string = '',
    /** Of a refused proof: what each check says. */
    readonly checks: readonly Told[] = [],
    /** Why not, for people, where the API says it itself. */
    readonly says: { zh: string; en: string } | undefined = undefined,
  ) {
    super(detail || title);
  }
  /** No answer at all: the network or the server is away. */
  get unreachable(): boolean {
    return this.status === 0;
  }
}

let csrf = '';
let onSignedOut: () => void = () => undefined;

export function useToken(token: string): void {
  csrf = token;
}
export function whenSignedOut(act: () => void): void {
  onSignedOut = act;
}

/** `crypto.randomUUID` exists only on https and localhost; consoles on a plain LAN address need a key too. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
}

type Value = string | number | boolean;
/** Several values of one name are alternatives. */
export type Query = Record<string, Value | readonly Value[] | null | undefined>;

export function withQuery(path: string, query: Query = {}): string {
  const pairs = Object.entries(query).flatMap(([name, v]) => [v ?? ''].flat().map((each) => [name, String(each)]));
  const text = new URLSearchParams(pairs.filter(([, v]) => v !== '')).toString();
  return text ? `${path}?${text}` : path;
}

async function problem(response: Response): Promise<ApiError> {
  try {
    const body = (await response.json()) as Partial<ApiError> & { errors?: FieldError[] };
    return new ApiError(response.status, body.title ?? response.statusText, body.detail ?? '', body.errors ?? [], body.type ?? '', body.checks ?? [], body.says);
  } catch {
    return new ApiError(response.status, response.statusText || `HTTP ${response.status}`, '');
  }
}

export interface Call {
  method?: string;
  query?: Query;
  body?: unknown;
  /** Instead of a body: files. */
  form?: FormData;
  headers?: Record<string, string>;
  signal?: AbortSignal | undefined;
}

export async function send(path: ApiPath, call: Call = {}): Promise<Response> {
  const headers: Record<string, string> = { Accept: 'application/json', ...call.headers };
  if (call.body !== undefined) headers['Content-Type'] = 'application/json';
  if (call.method && call.method !== 'GET' && csrf) headers['X-CSRF-Token'] = csrf;
  const init: RequestInit = { method: call.method ?? 'GET', headers, credentials: 'same-origin' };
  if (call.body !== undefined) init.body = JSON.stringify(call.body);
  if (call.form) init.body = call.form;
  if (call.signal) init.signal = call.signal;
  let response: Response;
  try {
    response = await fetch(withQuery(path, call.query), init);
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiError(0, 'unreachable', '');
  }
  if (response.ok) return response;
  if (response.status === 401 && !path.startsWith('/v1/session')) onSignedOut();
  throw await problem(response);
}

export async function get<T>(path: ApiPath, query: Query = {}, signal?: AbortSignal): Promise<T> {
  return (await (await send(path, { query, signal })).json()) as T;
}

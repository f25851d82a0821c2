/** Who is here, and what the kinds are called. */
import { ApiError, get, useToken } from './core/http';
import type { CatalogueKind, Session } from './core/types';

/** A visitor without a session is no error: the answer is null. */
export async function known(asked: Promise<Session | null>): Promise<Session | null> {
  try {
    const found = await asked;
    if (!found?.user) return null;
    useToken(found.csrf);
    return found;
  } catch (error) {
    if (error instanceof ApiError && (error.status === 401 || error.status === 403)) return null;
    throw error;
  }
}
export const session = (): Promise<Session | null> => known(get<Session | null>('/v1/session'));

export type Catalogue = { kinds?: CatalogueKind[]; items?: CatalogueKind[] } | CatalogueKind[];
export const kindsOf = (c: Catalogue): CatalogueKind[] => (Array.isArray(c) ? c : (c.kinds ?? c.items ?? []));

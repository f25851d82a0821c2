/** Puts what was asked ahead where the rooms look for it. */
import type { QueryClient } from '@tanstack/react-query';
import { takeAhead } from './core/ahead';
import { kindsOf, known, type Catalogue } from './signed';

/** Resolves when the first screen can be drawn whole, or when it is clear that it must ask for itself. */
export async function fillIn(client: QueryClient): Promise<void> {
  const ahead = takeAhead();
  if (!ahead) return;
  await client.prefetchQuery({ queryKey: ['session'], queryFn: () => known(ahead.session) });
  if (!client.getQueryData(['session'])) return;
  const catalogue = client.prefetchQuery({ queryKey: ['catalogue'], queryFn: async () => kindsOf((await ahead.catalogue) as Catalogue) });
  // A room that is not shown keeps no failed question.
  const events = ahead.events.then((page) => client.setQueryData(['events', ahead.filters], { pages: [page], pageParams: [null] })).catch(() => undefined);
  await Promise.all([catalogue, events]);
}

/** Who is here, in which language, in which room. */
import { QueryClient, QueryClientProvider, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { ApiError, get, useToken, whenSignedOut } from './core/http';
import { paintTheme, usePref } from './core/prefs';
import type { Session } from './core/types';
import { forgetReason } from './review/original';
import { kindsOf, session, type Catalogue } from './signed';
import { Login } from './shell/login';
import { Shell } from './shell/shell';
import { Failure, Loading } from './shell/states';
import { WordsProvider } from './words';

export const client = new QueryClient({
  defaultOptions: {
    queries: {
      // Without a network the service worker of the kitchen's pages may still answer: every question is asked.
      networkMode: 'always',
      staleTime: 30_000,
      refetchOnWindowFocus: false,
      retryDelay: (count) => 400 * 2 ** count,
      retry: (count, error) => count < 2 && (!(error instanceof ApiError) || error.status >= 500 || error.unreachable),
    },
  },
});

function Signed({ signed }: { signed: Session }) {
  const catalogue = useQuery({
    queryKey: ['catalogue'],
    queryFn: async ({ signal }) => kindsOf(await get<Catalogue>('/v1/catalogue', {}, signal)),
    staleTime: Infinity,
  });
  return (
    <WordsProvider account={signed.user.language ?? null} kinds={catalogue.data ?? []}>
      <Shell session={signed} kinds={catalogue.data ?? []} />
    </WordsProvider>
  );
}

function Door() {
  const queries = useQueryClient();
  const query = useQuery({ queryKey: ['session'], queryFn: session, staleTime: Infinity });
  const [entering, setEntering] = useState(false);
  useEffect(() => whenSignedOut(() => queries.setQueryData(['session'], null)), [queries]);
  if (query.isPending) return <WordsProvider>{<Loading />}</WordsProvider>;
  if (query.isError && !query.data) {
    return (
      <WordsProvider>
        <Failure error={query.error} retry={() => void query.refetch()} />
      </WordsProvider>
    );
  }
  if (query.data && !entering) return <Signed signed={query.data} />;
  const enter = (signed: Session): void => {
    useToken(signed.csrf);
    // Another person may see other sites: nothing of the one before stays.
    forgetReason();
    queries.removeQueries({ predicate: (each) => each.queryKey[0] !== 'session' });
    queries.setQueryData(['session'], signed);
    setEntering(false);
  };
  return (
    <WordsProvider>
      <Login begun={() => setEntering(true)} enter={enter} />
    </WordsProvider>
  );
}

export function App() {
  const theme = usePref('theme');
  useEffect(() => paintTheme(theme), [theme]);
  return (
    <QueryClientProvider client={client}>
      <Door />
    </QueryClientProvider>
  );
}

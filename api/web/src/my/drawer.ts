/** A drawer in this browser (IndexedDB) for what waits to be sent and for the phone's own key. */
const NAME = 'mingchu';
const STORES = ['waiting', 'keys'] as const;
type Store = (typeof STORES)[number];

let opened: Promise<IDBDatabase> | null = null;

function database(): Promise<IDBDatabase> {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      for (const store of STORES) if (!request.result.objectStoreNames.contains(store)) request.result.createObjectStore(store);
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => {
      opened = null;
      reject(request.error ?? new Error('no storage'));
    };
  });
  return opened;
}

async function asked<T>(store: Store, mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const base = await database();
  return new Promise((resolve, reject) => {
    const transaction = base.transaction(store, mode);
    const request = act(transaction.objectStore(store));
    transaction.oncomplete = () => resolve(request.result);
    transaction.onerror = () => reject(transaction.error ?? new Error('no storage'));
  });
}

export const put = (store: Store, key: string, value: unknown): Promise<unknown> => asked(store, 'readwrite', (s) => s.put(value, key));
export const take = <T>(store: Store, key: string): Promise<T | undefined> => asked(store, 'readonly', (s) => s.get(key) as IDBRequest<T | undefined>);
export const remove = (store: Store, key: string): Promise<unknown> => asked(store, 'readwrite', (s) => s.delete(key));
export const all = <T>(store: Store): Promise<T[]> => asked(store, 'readonly', (s) => s.getAll() as IDBRequest<T[]>);
export const clear = (store: Store): Promise<unknown> => asked(store, 'readwrite', (s) => s.clear());

/** Words in the reader's language: a typed dictionary, numbers put in, nothing concatenated. */
import { createContext, useContext, useMemo, type ReactNode } from 'react';
import { keep, usePref } from '../core/prefs';
import { ageOf } from '../core/when';
import { en } from './en';
import { zh, type Dictionary, type Word } from './zh';

export type Language = 'zh-CN' | 'en';
export const DICTIONARIES: Record<Language, Dictionary> = { 'zh-CN': zh, en };
export type Values = Record<string, string | number>;

export function fill(sentence: string, values: Values = {}): string {
  return sentence.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

export function languageOf(choice: string | null | undefined): Language {
  return choice?.toLowerCase().startsWith('en') ? 'en' : 'zh-CN';
}

export interface Words {
  language: Language;
  t: (word: Word, values?: Values) => string;
  /** For names that come as data: the dictionary if it knows them, else the name itself. */
  name: (family: string, value: string) => string;
  kind: (kind: string) => string;
  age: (iso: string, now_ms: number) => string;
}

function wordsOf(language: Language, kinds: ReadonlyMap<string, string>): Words {
  const dictionary: Dictionary = DICTIONARIES[language];
  const t = (word: Word, values?: Values): string => fill(dictionary[word], values);
  const name = (family: string, value: string): string => {
    const word = `${family}.${value}`;
    return word in dictionary ? dictionary[word as Word] : value;
  };
  return {
    language,
    t,
    name,
    kind: (kind) => kinds.get(kind) ?? name('kind', kind),
    age: (iso, now_ms) => {
      const { n, unit } = ageOf(iso, now_ms);
      return t(`age.${unit}`, { n });
    },
  };
}

const NONE: ReadonlyMap<string, string> = new Map();
const Context = createContext<Words>(wordsOf('zh-CN', NONE));
export const useWords = (): Words => useContext(Context);

export interface KindNames {
  name: string;
  zh: string;
  en: string;
}

/** The language is the browser's own choice first, then the account's, then Chinese. */
export function WordsProvider(props: { account?: string | null; kinds?: readonly KindNames[]; children: ReactNode }) {
  const chosen = usePref('language');
  const language = languageOf(chosen ?? props.account);
  const { kinds } = props;
  const words = useMemo(() => {
    const names = (kinds ?? []).map((k): [string, string] => [k.name, language === 'en' ? k.en : k.zh]);
    return wordsOf(language, new Map(names));
  }, [language, kinds]);
  if (typeof document !== 'undefined') document.documentElement.lang = language;
  return <Context value={words}>{props.children}</Context>;
}

export const switchLanguage = (now: Language): void => keep('language', now === 'en' ? 'zh-CN' : 'en');

/** Fails on a word that is used but missing, or there but never used; TypeScript already keeps en equal to zh. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const SRC = new URL('../src', import.meta.url).pathname;
const files = readdirSync(SRC, { recursive: true }).filter((name) => /\.tsx?$/.test(name) && !/\.test\.ts$/.test(name));
const inWords = (name) => name.startsWith('words');
/** All of words/ but its reader: zh.ts and en.ts, and one file per room that holds both languages. */
const isDictionary = (name) => /^words.\w+\.ts$/.test(name);
const code = files.filter((name) => !isDictionary(name)).map((name) => readFileSync(join(SRC, name), 'utf8')).join('\n');
const HALF = /^export const en:/m;
const halves = files.filter(isDictionary).map((name) => {
  const text = readFileSync(join(SRC, name), 'utf8');
  return /^words.en\.ts$/.test(name) ? ['', text] : HALF.test(text) ? text.split(HALF) : [text, ''];
});
const keysOf = (half) => new Set(halves.flatMap((each) => [...(each[half] ?? '').matchAll(/^ {2}'([^']+)':/gm)].map((m) => m[1])));
const zh = keysOf(0);
const en = keysOf(1);
const family = [...zh].map((key) => key.split('.')[0]);
const families = new Set(family);

const literal = new Set([...code.matchAll(/'([a-zA-Z]+\.[A-Za-z0-9_.-]+)'/g)].map((m) => m[1]).filter((key) => families.has(key.split('.')[0])));
const built = [...code.matchAll(/`([a-zA-Z]+(?:\.[a-z]+)*\.)\$\{/g), ...code.matchAll(/name\('([a-zA-Z.]+)',/g)].map((m) => (m[1].endsWith('.') ? m[1] : `${m[1]}.`));
const used = (key) => literal.has(key) || built.some((prefix) => key.startsWith(prefix) && !key.slice(prefix.length).includes('.'));

const faults = [
  ...[...literal].filter((key) => !zh.has(key)).map((key) => `missing: ${key}`),
  ...[...zh].filter((key) => !en.has(key)).map((key) => `missing in en: ${key}`),
  ...[...en].filter((key) => !zh.has(key)).map((key) => `only in en: ${key}`),
  ...[...zh].filter((key) => !used(key)).map((key) => `unused: ${key}`),
];
console.log(faults.length ? faults.join('\n') : `words: ${zh.size} keys, zh and en complete, none unused (${files.filter((f) => !inWords(f)).length} files read)`);
process.exit(faults.length ? 1 : 0);

import { expect, test } from 'vitest';
import { DICTIONARIES, fill, languageOf } from './index';
import type { Word } from './zh';

const holes = (sentence: string): string[] => [...sentence.matchAll(/\{(\w+)\}/g)].map((m) => m[1] ?? '').sort();

test('both languages have the same keys, the same holes and nothing empty', () => {
  const { 'zh-CN': zh, en } = DICTIONARIES;
  expect(Object.keys(en).sort()).toEqual(Object.keys(zh).sort());
  for (const word of Object.keys(zh) as Word[]) {
    expect(holes(en[word]), word).toEqual(holes(zh[word]));
    expect(zh[word] && en[word], word).toBeTruthy();
  }
});

test('holes are filled, unknown ones stay visible', () => {
  expect(fill('{n} 条，{x}', { n: 0 })).toBe('0 条，{x}');
});

test('Chinese unless somebody chose English', () => {
  expect([languageOf(null), languageOf('zh'), languageOf('en'), languageOf('en-GB')]).toEqual(['zh-CN', 'zh-CN', 'en', 'en']);
});

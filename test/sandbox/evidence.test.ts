import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { EVIDENCE } from '../support/evidence.ts';

const folder = new URL('../../src/sandbox/', import.meta.url);
const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => readFileSync(new URL(name, folder), 'utf8'))
  .join('\n');
const named = new Set([...sources.matchAll(/(?:assumed|evidence): ([a-z0-9.-]*[a-z0-9])/g)].map((match) => match[1]));

it('has an id for each row that no other row has', () => {
  expect(new Set(EVIDENCE.map((row) => row.id)).size).toBe(EVIDENCE.length);
});

it('each assumed behaviour is named where it is implemented, so that finding out the truth leads to the code', () => {
  const assumed = EVIDENCE.filter((row) => row.evidence === 'assumed').map((row) => row.id);
  expect(assumed.filter((id) => !named.has(id))).toEqual([]);
});

it('code names no evidence that the file lacks', () => {
  const known = new Set(EVIDENCE.map((row) => row.id));
  expect([...named].filter((id) => id !== undefined && !known.has(id))).toEqual([]);
});

import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ANSWERS } from '../../src/sandbox/answers/index.ts';
import { EVIDENCE } from '../support/evidence.ts';

const folder = new URL('../../src/sandbox/', import.meta.url);
const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => readFileSync(new URL(name, folder), 'utf8'))
  .join('\n');
const named = new Set([...sources.matchAll(/(?:assumed|evidence): ([a-z0-9.-]*[a-z0-9])/g)].map((match) => match[1]));

it('each evidence row has an id of its own', () => {
  expect(new Set(EVIDENCE.map((row) => row.id)).size).toBe(EVIDENCE.length);
});

it('the code names each assumed behaviour where it implements it, so that a correction finds the code', () => {
  const assumed = EVIDENCE.filter((row) => row.evidence === 'assumed').map((row) => row.id);
  expect(assumed.filter((id) => !named.has(id))).toEqual([]);
});

it('the code names no evidence row that does not exist', () => {
  const known = new Set(EVIDENCE.map((row) => row.id));
  expect([...named].filter((id) => id !== undefined && !known.has(id))).toEqual([]);
});

it('the answer schemas name no evidence row that does not exist', () => {
  const known = new Set(EVIDENCE.map((row) => row.id));
  const rows = [...JSON.stringify(ANSWERS).matchAll(/"evidence":"([^"]+)"/g)].map(([, id = '']) => id);
  expect(rows.length).toBeGreaterThan(20);
  expect(rows.filter((id) => !known.has(id))).toEqual([]);
});

it('cites no section of a document that is not in the repository', () => {
  const evidence = readFileSync(new URL('evidence.json', folder), 'utf8');
  const citation = /API\s+contract|\bsections?\s+\d/gi;
  expect([...sources.matchAll(citation), ...evidence.matchAll(citation)].map(([text]) => text)).toEqual([]);
});

import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { EVIDENCE } from '../../src/sandbox/evidence.ts';

const folder = new URL('../../src/sandbox/', import.meta.url);
const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && !name.startsWith('evidence'))
  .map((name) => readFileSync(new URL(name, folder), 'utf8'))
  .join('\n');
const named = new Set([...sources.matchAll(/(?:assumed|evidence): ([a-z0-9.-]*[a-z0-9])/g)].map((match) => match[1]));

it('ids are unique and each row is complete', () => {
  expect(new Set(EVIDENCE.map((e) => e.id)).size).toBe(EVIDENCE.length);
  for (const row of EVIDENCE) {
    expect(row.behaviour.length, row.id).toBeGreaterThan(10);
    expect(row.source, row.id).not.toBe('');
  }
});

it('each assumed behaviour is named where it is implemented, so that finding out the truth leads to the code', () => {
  const assumed = EVIDENCE.filter((e) => e.evidence === 'assumed').map((e) => e.id);
  expect(assumed.filter((id) => !named.has(id))).toEqual([]);
});

it('code names no evidence that the table does not hold', () => {
  const known = new Set(EVIDENCE.map((e) => e.id));
  expect([...named].filter((id) => id !== undefined && !known.has(id))).toEqual([]);
});

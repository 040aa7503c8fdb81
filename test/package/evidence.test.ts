/** The evidence of the sandbox as the build leaves it. */
import { expect, it } from 'vitest';
import { CHECKS } from '../../src/doctor/contract-results.ts';
import { ANSWERS, REFUSALS } from '../../src/sandbox/answers/index.ts';
import { EVIDENCE } from '../support/evidence.ts';
import { builtFiles } from './built.ts';

const SOURCE = 'src/sandbox/evidence.json';
const text = [...builtFiles().values()].find(({ sources }) => sources.includes(SOURCE))?.text ?? '';
const [, rows = ''] = /^var evidence_default = \{ rows: \[(.*)\] \};$/m.exec(text) ?? [];

it('has each row that a comparison with a workspace can name', () => {
  const inAnswers = [...JSON.stringify(ANSWERS).matchAll(/"evidence":"([^"]+)"/g)].map(([, id = '']) => id);
  const named = new Set([...CHECKS, ...Object.values(REFUSALS)].map(({ row }) => row).concat(inAnswers));
  expect([...named].filter((id) => !rows.includes(`{ id: "${id}", behaviour: `))).toEqual([]);
});

it('counts the others, and leaves out what only a change of the sandbox needs', () => {
  const empty = rows.match(/\{\}/g)?.length ?? 0;
  const kept = rows.match(/\bid: "/g)?.length ?? 0;
  expect(empty).toBeGreaterThan(kept);
  expect(empty + kept).toBe(EVIDENCE.length);
  expect(rows).not.toContain('source: "');
});

/** What a saved report is, and what it is not. */
import { describe, expect, it } from 'vitest';
import { MAX_REPORT, readSaved } from '../../src/dashboard/saved-report.ts';
import { PLANTED_BY_FORM } from '../support/planted-secrets.ts';

const bytes = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));

const ROLLOUT = { outcome: 'rolled_back', endpoint: 'churn', version: '3', report: [{ percent: 50, verdict: 'pass' }] };
const DIAGNOSIS = { endpoint: 'churn', verdict: 'failing', findings: [{ code: 'errors_5xx' }] };

describe('a saved report', () => {
  it.each<[string, object, string]>([
    ['the report of the rollout command', ROLLOUT, 'rollout'],
    ['a diagnosis of one endpoint', DIAGNOSIS, 'endpoint'],
    ['a diagnosis of all endpoints', { total: 8, judged: 8, need_a_person: 0, endpoints: [] }, 'workspace'],
    ['a list of endpoints', { total: 1, endpoints: [{ name: 'churn' }] }, 'workspace'],
    ['an endpoint', { endpoint: 'churn', status: 'ready', serving: [] }, 'endpoint'],
    ['metrics', { endpoint: 'churn', as_of: '2026-01-05T09:00:00Z', total: { requests: 0 } }, 'endpoint'],
    ['a report of usage', { report: 'cost', rows: [] }, 'usage'],
  ])('can be %s', (_what, answer, view) => {
    expect(readSaved(bytes(answer))).toEqual({ data: answer, view });
  });

  it.each<[string, unknown]>([
    ['with structuredContent', { content: [], structuredContent: DIAGNOSIS }],
    ['with text alone', { content: [{ type: 'text', text: JSON.stringify(DIAGNOSIS) }], isError: false }],
    ['in a message of the protocol', { jsonrpc: '2.0', id: 1, result: { content: [], structuredContent: DIAGNOSIS } }],
  ])('can be the result of a call as a client keeps it, %s', (_what, result) => {
    expect(readSaved(bytes(result))).toEqual({ data: DIAGNOSIS, view: 'endpoint' });
  });

  it.each<[string, Buffer]>([
    ['UTF-8 with a mark', bytes(`\ufeff${JSON.stringify(ROLLOUT)}`)],
    ['UTF-16, as PowerShell writes it', Buffer.from(`\ufeff${JSON.stringify(ROLLOUT)}`, 'utf16le')],
    ['UTF-16 in the other order', Buffer.from(`\ufeff${JSON.stringify(ROLLOUT)}`, 'utf16le').swap16()],
  ])('can be %s', (_what, content) => {
    expect(readSaved(content)).toEqual({ data: ROLLOUT, view: 'rollout' });
  });

  it.each<[string, Buffer, RegExp]>([
    ['nothing', bytes(''), /^is empty/],
    ['blanks', bytes(' \n'), /^is empty/],
    ['a text', bytes('churn: done; churn-3 serves'), /^is not JSON/],
    ['half a report', bytes(JSON.stringify(ROLLOUT).slice(0, 40)), /^is not JSON/],
    ['two reports', bytes(`${JSON.stringify(ROLLOUT)}\n${JSON.stringify(ROLLOUT)}`), /^is not JSON/],
    ['a picture', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0xff, 0xfe, 0x00]), /^is not a text/],
    ['a list', bytes([ROLLOUT]), /^has a form that no view draws/],
    ['a number', bytes('7'), /^has a form/],
    ['null', bytes('null'), /^has a form/],
    ['an answer of another tool', bytes({ total: 0, changes: [] }), /^has a form/],
    ['an error alone', bytes({ error: { code: 'not_found', message: 'no' } }), /^has a form/],
    ['a deep one', bytes(`{"outcome":${'['.repeat(150)}${']'.repeat(150)}}`), /^is nested more than 100 levels/],
    ['a large one', Buffer.alloc(MAX_REPORT + 1, ' '), /^has more than 2 MiB/],
  ])('is not %s, and the error says what can be drawn', (_what, content, words) => {
    const problem = readSaved(content);
    expect(problem).toMatch(words);
    expect(problem).toMatch(/the report of the rollout command, or an answer of diagnose_endpoint/);
  });

  it('has no secrets and no control characters, whoever wrote it', () => {
    const hostile = { ...DIAGNOSIS, note: `\u001b[31mred\u202e ${Object.values(PLANTED_BY_FORM).join(' ')}` };
    const read = readSaved(bytes(hostile));
    const text = JSON.stringify(read);
    expect(text).toContain('red');
    for (const secret of Object.values(PLANTED_BY_FORM)) expect(text).not.toContain(secret);
    expect(text).not.toMatch(/\\u001b|\u202e/);
  });

  it('that has a field of the name __proto__ changes nothing but itself', () => {
    const read = readSaved(bytes(`{"outcome":"done","__proto__":{"polluted":true}}`));
    expect(typeof read).toBe('object');
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});

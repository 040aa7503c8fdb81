/** The lines of a journal: how long they can be. */
import { describe, expect, it } from 'vitest';
import type { WriteStart } from '../../src/journal/entry.ts';
import { entriesOf, toLine } from '../../src/journal/lines.ts';
import { EVERY_CHANGE } from '../support/harness.ts';
import { RECORD } from '../support/journal-record.ts';

describe('a line has a bound, whatever the caller sends', () => {
  const long = 'x'.repeat(300_000);
  it.each<[string, Partial<WriteStart>]>([
    ['the settings before', { prior: { note: long } }],
    ['the differences', { changes: [{ field: 'a', from: 1, to: long }] }],
    ['the undo', { undo: [{ tool: 'update_endpoint', args: { note: long } }] }],
    ['the call', { call: `update_endpoint {"note":"${long}"}` }],
    ['a call with few characters and many bytes', { call: 'é'.repeat(200_000) }],
    ['what the undo cannot restore', { not_undone: [long] }],
    ['everything', { call: long, changes: [{ field: 'é'.repeat(300_000), from: 1, to: 2 }], prior: long }],
  ])('%s too long: who, when, what and how it ended are kept', async (_what, more) => {
    const begun = toLine({ event: 'begin', id: 'c1', at: '2026-01-01', ...RECORD, ...more });
    const ended = toLine({ event: 'end', id: 'c1', ended_at: '2026-01-01', outcome: 'done', request_ids: [long] });
    for (const line of [begun, ended]) expect(Buffer.byteLength(line)).toBeLessThan(257 * 1024);
    const { entries, unreadable } = await entriesOf([begun, ended], EVERY_CHANGE);
    expect(unreadable).toBe(0);
    expect(entries).toMatchObject([{ id: 'c1', tool: 'set_rate_limits', subject: { name: 'churn' }, outcome: 'done' }]);
  });
});

it('an end without a code drops the code of an earlier end: a change that was interrupted and finished has no fault', async () => {
  const begun = toLine({ event: 'begin', id: 'c1', at: '2026-01-01', ...RECORD });
  const end = (more: object) => toLine({ event: 'end', id: 'c1', ended_at: '2026-01-01', ...more });
  const lines = [begun, end({ outcome: 'started', code: 'interrupted' }), end({ outcome: 'done' })];
  const { entries } = await entriesOf(lines, EVERY_CHANGE);
  expect(entries[0]?.outcome).toBe('done');
  expect(entries[0]?.code).toBeUndefined();
});

it('an undone entry keeps how it had ended, so that an undo of the undo can say it again', async () => {
  const begun = toLine({ event: 'begin', id: 'c1', at: '2026-01-01', ...RECORD });
  const end = (outcome: string) => toLine({ event: 'end', id: 'c1', ended_at: '2026-01-01', outcome });
  const { entries } = await entriesOf([begun, end('partly'), end('undone'), end('undone')], EVERY_CHANGE);
  expect(entries[0]).toMatchObject({ outcome: 'undone', before_undo: 'partly' });
});

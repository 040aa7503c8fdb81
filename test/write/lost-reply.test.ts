/** A write that may or may not have taken effect: the first error is reported, nothing is sent twice, and the journal says unknown. */
import { describe, expect, it } from 'vitest';
import type { FaultEffect, FaultRule } from '../../src/sandbox/index.ts';
import { everyWrite, newest, useFaults } from '../support/faults-on-write.ts';
import { CHURN_PATH, writes } from '../support/workspace.ts';
import { WRITES } from '../support/writes.ts';

const faulty = useFaults();

const reading = (effect: FaultEffect): FaultRule => ({ match: { method: 'GET', path: '/api/**' }, effect });

const READS: [string, FaultEffect][] = [
  ['500', { status: 500, body: {} }],
  ['403', { status: 403, body: { error_code: 'PERMISSION_DENIED', message: 'not yours' } }],
  ['404', { status: 404, body: { error_code: 'NOT_FOUND', message: 'no such route' } }],
  ['a login page', { html: true }],
  ['a cut answer', { truncate: 1 }],
  ['a lost answer', { lost_reply: true }],
];

describe('when the reply is lost and the state cannot be read, the answer says that the outcome is unknown', () => {
  const cases = WRITES.flatMap(([tool, what, args], at) =>
    READS.filter((_read, index) => index === at % READS.length || tool === 'delete_endpoint').map(
      ([read, effect]) => [tool, what, read, args, effect] as const,
    ),
  );
  it.each(cases)('%s %s, reads: %s', async (tool, _what, _read, args, effect) => {
    const h = await faulty(...everyWrite({ lost_reply: true }), reading(effect));
    const { data, isError } = await h.call(tool, args);
    h.sandbox.faults.clear();
    expect(isError).toBe(true);
    expect(data.error).toMatchObject({ code: 'connection', retryable: false });
    expect(data.error.message).toMatch(/the answer to (POST|PUT|PATCH|DELETE) .* was lost/);
    expect(data.error.next).toMatch(/may or may not have taken effect.*Call [a-z_]+/);
    expect(data.changed).toBeUndefined();
    expect(await newest(h)).toMatchObject({ tool, outcome: 'unknown' });
  });
});

describe('any failure that can follow the effect leaves the outcome open: state first, then repeat', () => {
  const statuses = [500, 502, 504, 520, 522, 524, 529, 530, 599, 408, 499];

  it.each(statuses)('%i before the effect: nothing is sent twice, and no one is asked to repeat', async (status) => {
    for (const [tool, args] of ONCE) {
      const h = await faulty(...everyWrite({ status, body: { error_code: 'X', message: 'm' } }));
      const { data } = await h.call(tool, args);
      expect(data.error).toMatchObject({ code: 'X', retryable: false });
      expect(data.error.next).toMatch(/may or may not have taken effect. Call get_endpoint/);
      expect(writes(h)).toHaveLength(1);
      expect((await newest(h)).outcome).toBe('unknown');
    }
  });

  it.each(statuses)('%i after the effect: a read finds it', async (status) => {
    for (const [tool, args] of ONCE) {
      const h = await faulty(...everyWrite({ late_status: status }));
      const { data } = await h.call(tool, args);
      expect(data.error).toBeUndefined();
      expect(data).toMatchObject({ changed: true });
      expect(writes(h)).toHaveLength(1);
      expect((await newest(h)).outcome).toMatch(/done|started/);
    }
  });

  it.each([429, 503, 501])('%i means that nothing was accepted', async (status) => {
    const h = await faulty(...everyWrite({ status, body: { error_code: 'X', message: 'm' } }));
    const { data } = await h.call('set_rate_limits', { endpoint: 'churn', set: [{ key: 'user', calls: 9 }] });
    expect(data.error).toMatchObject({ code: 'X', retryable: status !== 501 });
    expect(data.error.next).not.toMatch(/may or may not/);
    expect((await newest(h)).outcome).toBe('failed');
  });

  it.each([408, 499, 520, 529])('an inference that got %i may have run, so it is not retryable', async (status) => {
    const h = await faulty();
    h.sandbox.faults.add({ match: { method: 'POST' }, effect: { status, body: {} } });
    const { data } = await h.call('query_endpoint', { endpoint: 'churn', dataframe_records: [{ x: 1 }] });
    expect(data.error).toMatchObject({ retryable: false, next: expect.stringMatching(/may have run/) });
    expect(writes(h)).toHaveLength(1);
  });
});

/** Writes that are sent once. */
const ONCE: [string, Record<string, unknown>][] = [
  ['create_endpoint', { endpoint: 'new', model: 'ml.prod.churn', version: '1' }],
  ['set_rate_limits', { endpoint: 'churn', set: [{ key: 'user', calls: 9 }] }],
  ['delete_endpoint', { endpoint: 'churn' }],
];

describe('a later try that is refused does not undo an earlier one that may have run', () => {
  const TAGS = { method: 'PATCH', path: `${CHURN_PATH}/tags` };
  it.each<[string, FaultEffect]>([
    ['429', { status: 429, body: {} }],
    ['503', { status: 503, body: {} }],
    ['403', { status: 403, body: { error_code: 'PERMISSION_DENIED', message: 'no more' } }],
    ['404', { status: 404, body: {} }],
    ['a login page', { html: true }],
  ])('%s', async (_what, then) => {
    const first = { match: TAGS, times: 1, effect: { late_status: 520 } };
    const h = await faulty(first, { match: TAGS, skip: 1, effect: then }, reading({ status: 403, body: {} }));
    const { data } = await h.call('update_endpoint', { endpoint: 'churn', tags: { team: 'x' } });
    h.sandbox.faults.clear();
    expect(data.error).toMatchObject({ message: expect.stringContaining('520'), retryable: false });
    expect(data.error.next).toContain('may or may not have taken effect');
    expect((await newest(h)).outcome).toBe('unknown');
  });
});

/** A success without content proves nothing: the state decides what the answer says. */
import { describe, expect, it } from 'vitest';
import { everyWrite, newest, useFaults } from '../support/faults-on-write.ts';
import { workspaceSettings } from '../support/invariants.ts';
import { ALIAS_PATH, aliasVersion, writes } from '../support/workspace.ts';
import { WRITES } from '../support/writes.ts';

const faulty = useFaults();

/** An answer without ids and times, which differ between two workspaces. */
function lasting({
  undo: _undo,
  endpoint_id: _id,
  service_principal: _principal,
  rollout: _rollout,
  ...answer
}: Record<string, unknown>) {
  return JSON.stringify(answer).replace(
    /\d{4}-\d\d-\d\dT[\d:.]+Z|[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g,
    '',
  );
}

describe('an empty success without an effect is an error, and the journal says that the outcome is unknown', () => {
  it.each(WRITES.map((change, at) => [...change, at % 2 === 0 ? 200 : 204] as const))(
    '%s %s',
    async (tool, _what, args, status) => {
      const h = await faulty(...everyWrite({ status }));
      const before = workspaceSettings(h.sandbox);
      const { data, isError } = await h.call(tool, args);
      expect(isError).toBe(true);
      expect(data.error).toMatchObject({
        code: 'no_effect_seen',
        message: expect.stringContaining('accepted with an empty answer, but the state did not change'),
        retryable: false,
      });
      expect(data).toMatchObject({ unknown: [expect.any(String)] });
      expect(data.changed).toBeUndefined();
      expect(data.undo).toBeUndefined();
      expect(workspaceSettings(h.sandbox)).toEqual(before);
      expect(writes(h)).toHaveLength(1);
      expect(await newest(h)).toMatchObject({ outcome: 'unknown', code: 'no_effect_seen' });
      // The advice is true: the same call makes the change.
      h.sandbox.faults.clear();
      expect((await h.call(tool, args)).data).toMatchObject({ changed: true });
    },
  );
});

describe('an empty success with its effect is a success, and the answer shows the state that was read', () => {
  it.each(WRITES)('%s %s', async (tool, _what, args) => {
    const whole = await (await faulty()).call(tool, args);
    const h = await faulty(...everyWrite({ late_status: 200 }));
    const { data } = await h.call(tool, args);
    expect(lasting(data)).toEqual(lasting(whole.data));
    expect(data.changed).toBe(true);
    const two = tool === 'roll_out' || (tool === 'swap_version' && 'alias' in args);
    expect(writes(h)).toHaveLength(two ? 2 : 1);
  });
});

it('an empty success whose state cannot be read says so', async () => {
  const unreadable = { match: { method: 'GET' }, effect: { status: 403, body: {} } };
  const h = await faulty(...everyWrite({ status: 200 }), unreadable);
  const { data } = await h.call('update_endpoint', { endpoint: 'churn', tags: { team: 'x' } });
  h.sandbox.faults.clear();
  expect(data.error).toMatchObject({
    code: 'no_effect_seen',
    message: expect.stringContaining('accepted with an empty answer, and the state cannot be read'),
  });
  expect((await newest(h)).outcome).toBe('unknown');
});

it('an alias whose move had an empty answer and no effect is not reported as moved; the swap is', async () => {
  const h = await faulty({ match: { method: 'PUT', path: ALIAS_PATH }, effect: { status: 200 } });
  const swap = { endpoint: 'churn', version: '3', alias: 'champion', wait_seconds: 1800 };
  const { data } = await h.call('swap_version', swap);
  expect(data).toMatchObject({
    error: { code: 'no_effect_seen' },
    changed: true,
    done: ['config'],
    unknown: ['alias champion'],
  });
  expect(await aliasVersion(h)).toBe(1);
});

describe('a model that answered nothing', () => {
  const ask = { endpoint: 'churn', dataframe_records: [{ x: 1 }] };

  it.each([200, 204])('is an error (%i), and the request is not sent again', async (status) => {
    const h = await faulty();
    h.sandbox.faults.add({ match: { method: 'POST' }, effect: { status } });
    const { data } = await h.call('query_endpoint', ask);
    expect(data.error).toMatchObject({
      code: 'empty_answer',
      message: expect.stringContaining('the model answered nothing'),
      next: expect.stringContaining('may have run'),
      retryable: false,
    });
    expect(data.answer).toBeUndefined();
    expect(writes(h)).toHaveLength(1);
  });

  it('does not pass for a probe: the alias stays', async () => {
    const h = await faulty();
    h.sandbox.faults.add({ match: { method: 'POST', path: '/**/invocations' }, effect: { status: 200 } });
    const probe = { dataframe_records: [{ x: 1 }] };
    const swap = { endpoint: 'churn', version: '3', alias: 'champion', probe, wait_seconds: 1800 };
    expect((await h.call('swap_version', swap)).data.error.code).toBe('probe_failed');
    expect(await aliasVersion(h)).toBe(1);
  });
});

it.each([
  ['list_endpoints', {}],
  ['get_permissions', { endpoint: 'churn' }],
  ['list_model_versions', { model: 'ml.prod.churn' }],
])('an empty answer to a read is no empty list: %s', async (tool, args) => {
  const h = await faulty();
  h.sandbox.faults.add({ match: { method: 'GET' }, effect: { status: 200 } });
  const { data } = await h.call(tool, args);
  expect(data.error).toMatchObject({ code: 'empty_answer', retryable: true });
});

it('a revoke never replaces the grants by what an empty answer seems to say', async () => {
  const h = await faulty();
  h.sandbox.faults.add({ match: { method: 'GET', path: '/api/2.0/permissions/**' }, effect: { status: 200 } });
  const { data } = await h.call('update_permissions', { endpoint: 'churn', revoke: ['analyst@example.com'] });
  expect(data.error.code).toBe('empty_answer');
  expect(writes(h)).toEqual([]);
});

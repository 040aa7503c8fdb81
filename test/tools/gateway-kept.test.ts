/** After a change of the gateway: success only if the service kept all of it. */
import { describe, expect, it } from 'vitest';
import type { Harness } from '../support/harness.ts';
import { ask, withEndpoints } from '../support/tool-test.ts';
import { useHarness } from '../support/use-harness.ts';
import { CHURN_PATH, churnEntity, endpoint, parseCall } from '../support/workspace.ts';

const begin = useHarness(withEndpoints);

const churn = (ai_gateway: unknown) => endpoint('churn', [churnEntity('1')], [], { ai_gateway });
/** A guardrail that the service has and drops at the next PUT. */
const STRANGE = { guardrails: { input: { safety: true, jailbreak: true } } };
const LIMIT = { endpoint: 'churn', set: [{ key: 'user', calls: 5 }] };

const gatewayOf = async (h: Harness) => ((await ask(h, CHURN_PATH)) as { ai_gateway: unknown }).ai_gateway;

describe('a guardrail that the service drops', () => {
  it.each<[string, Record<string, unknown>]>([
    ['set_rate_limits', LIMIT],
    ['update_ai_gateway', { endpoint: 'churn', usage_tracking: true }],
  ])('makes %s %j an error with the exact state, never a success', async (tool, args) => {
    const h = await begin([churn(STRANGE)]);
    const { data, isError } = await h.call(tool, args);
    expect(isError).toBe(true);
    expect(data.error).toMatchObject({ code: 'gateway_differs', next: expect.stringContaining('Tell the user') });
    expect(data).toMatchObject({ changed: true, dropped: ['guardrails.input.jailbreak'], still_there: [] });
    expect(data.ai_gateway).toEqual(await gatewayOf(h));
    expect(parseCall(data.undo).name).toBe('undo_change');
  });

  it('is announced before the change, by the preview', async () => {
    const h = await begin([churn(STRANGE)]);
    const { data } = await h.call('set_rate_limits', { ...LIMIT, dry_run: true });
    expect(data.warning).toContain('may drop guardrails.input.jailbreak');
  });

  it('is recorded as a change that was made in part', async () => {
    const h = await begin([churn(STRANGE)]);
    await h.call('set_rate_limits', LIMIT);
    const { data } = await h.call('list_changes', {});
    expect(data.changes[0]).toMatchObject({ tool: 'set_rate_limits', outcome: 'partly' });
  });
});

describe('a gateway that is kept', () => {
  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['custom guardrails', { guardrails: { input: { custom_guardrails: [{ endpoint_name: 'g' }] } } }],
    ['a table that is off', { inference_table_config: { enabled: false, catalog_name: 'ml', schema_name: 'logs' } }],
    ['usage tracking', { usage_tracking_config: { enabled: true } }],
  ])('next to %s is a success', async (_what, gateway) => {
    const h = await begin([churn(gateway)]);
    const { data } = await h.call('set_rate_limits', LIMIT);
    expect(data).toMatchObject({ changed: true, rate_limits: [{ key: 'user', calls: 5 }] });
    expect(data.warning).toBeUndefined();
    expect(data.not_checked).toBeUndefined();
  });
});

describe('the look after the change', () => {
  const stale = { name: 'churn', state: { ready: 'READY' }, config: {}, ai_gateway: {} };
  const GET = { method: 'GET', path: CHURN_PATH };

  it('is repeated once, because it can show the earlier state', async () => {
    const h = await begin([churn({})]);
    h.sandbox.faults.add({ match: GET, effect: { status: 200, body: stale }, skip: 1, times: 1 });
    const before = h.slept();
    expect((await h.call('set_rate_limits', LIMIT)).data.changed).toBe(true);
    expect(h.slept() - before).toBe(1_000);
  });

  it('that shows the earlier state twice proves nothing against the answer to the change, and says so', async () => {
    const h = await begin([churn({})]);
    h.sandbox.faults.add({ match: GET, effect: { status: 200, body: stale }, skip: 1, times: 2 });
    const { data } = await h.call('set_rate_limits', LIMIT);
    expect(data).toMatchObject({ changed: true, rate_limits: [{ key: 'user', calls: 5 }] });
    expect(data.not_checked).toEqual([expect.stringContaining('still reads as before')]);
  });

  it('that shows no guardrail is an error, although the answer to the change repeats it', async () => {
    const h = await begin([churn({})]);
    const guardrails = { input: { safety: true } };
    const match = { method: 'PUT', path: `${CHURN_PATH}/ai-gateway` };
    h.sandbox.faults.add({ match, effect: { status: 200, body: { guardrails } } });
    const { data } = await h.call('update_ai_gateway', { endpoint: 'churn', guardrails });
    expect(data.error.code).toBe('gateway_differs');
    expect(data).toMatchObject({ dropped: ['guardrails.input.safety'], ai_gateway: {} });
  });

  it('that shows neither the earlier state nor the change is an error', async () => {
    const h = await begin([churn({})]);
    const other = { ...stale, ai_gateway: { rate_limits: [{ key: 'user', calls: 9, renewal_period: 'minute' }] } };
    h.sandbox.faults.add({ match: GET, effect: { status: 200, body: other }, skip: 1, times: 2 });
    const { data } = await h.call('set_rate_limits', LIMIT);
    expect(data.error.code).toBe('gateway_differs');
    expect(data.ai_gateway).toEqual(other.ai_gateway);
  });

  it('that fails leaves the answer to the change, and says so', async () => {
    const h = await begin([churn({})]);
    const body = { error_code: 'PERMISSION_DENIED', message: 'no' };
    h.sandbox.faults.add({ match: GET, effect: { status: 403, body }, skip: 1 });
    const { data } = await h.call('set_rate_limits', LIMIT);
    expect(data).toMatchObject({ changed: true, rate_limits: [{ key: 'user', calls: 5 }] });
    expect(data.not_checked).toEqual([expect.stringContaining('could not be read')]);
  });
});

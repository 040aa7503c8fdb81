/** The tool through the protocol, against the sandbox. */
import { describe, expect, it } from 'vitest';
import { withEndpoints } from '../support/tool-test.ts';
import { useHarness } from '../support/use-harness.ts';
import { CHURN, CHURN_PATH, churnEntity, endpoint, version } from '../support/workspace.ts';

const begin = useHarness(withEndpoints);
const BUSY = { traffic: { requests_per_minute: 60 } };
const busy = () => endpoint('churn', [churnEntity('1')], [], BUSY);

describe('diagnose_endpoint', () => {
  it('calls an endpoint healthy that answers, and finds nothing', async () => {
    const h = await begin([busy()]);
    const { data } = await h.call('diagnose_endpoint', { endpoint: 'churn' });
    expect(data).toMatchObject({ verdict: 'healthy', findings: [], not_checked: [] });
  });

  it.each([
    ['4', 'sklearn_version', 'service log'],
    ['7', 'pip_conflict', 'build log'],
  ])('finds in one call why version %s was not deployed', async (version, code, source) => {
    const h = await begin([busy()]);
    await h.call('swap_version', { endpoint: 'churn', version, wait_seconds: 1800 });
    const { data, text } = await h.call('diagnose_endpoint', { endpoint: 'churn' });
    expect(data.verdict).toBe('update_failed');
    expect(data.findings.map((each: { code: string }) => each.code)).toEqual([code]);
    const [found] = data.findings;
    expect(found).toMatchObject({ severity: 'critical', confidence: 'certain' });
    expect(found.evidence[0]).toMatchObject({ source, of: `churn-${version}, config version 2` });
    expect(found.remedy).toMatchObject({
      person: 'model author',
      after: 'list_model_versions {"model":"ml.prod.churn"}',
    });
    expect(text.length / 4).toBeLessThanOrEqual(2_000);
  });

  it('finds why a first deployment failed, whose logs need the version of the config', async () => {
    const h = await begin([]);
    await h.call('create_endpoint', { endpoint: 'fresh', model: 'ml.prod.churn', version: '4', wait_seconds: 1800 });
    const { data } = await h.call('diagnose_endpoint', { endpoint: 'fresh' });
    expect(data).toMatchObject({ verdict: 'not_serving', findings: [{ code: 'sklearn_version' }] });
  });

  it('shows what changed, by whom and when, the newest last', async () => {
    const h = await begin([busy()]);
    await h.call('swap_version', { endpoint: 'churn', version: '4', wait_seconds: 1800 });
    const { data } = await h.call('diagnose_endpoint', { endpoint: 'churn' });
    const times = data.timeline.map(({ at }: { at: string }) => at);
    expect(times).toEqual(times.toSorted());
    expect(data.timeline).toContainEqual({
      at: expect.any(String),
      what: 'the update to config version 2 began',
      by: 'admin@example.com',
    });
    expect(data.timeline.at(-1).what).toBe('Endpoint update failed for endpoint churn');
    expect(data.timeline.some(({ what }: { what: string }) => what.startsWith('swap_version from here'))).toBe(true);
  });

  it('offers to start a stopped endpoint, as a write for a person to choose', async () => {
    const h = await begin([endpoint('churn', [churnEntity('1')], [], { stopped: true })]);
    const { data } = await h.call('diagnose_endpoint', { endpoint: 'churn' });
    expect(data).toMatchObject({
      verdict: 'stopped',
      findings: [
        {
          code: 'endpoint_stopped',
          remedy: { call: 'update_endpoint {"endpoint":"churn","start":true}', writes: true },
        },
      ],
    });
    expect(data.next).toBeUndefined();
  });

  it('finds a missing right of the creator, and names it', async () => {
    const model = { ...CHURN, owner: 'boss@example.com', grants: { 'admin@example.com': ['EXECUTE'] } };
    const users = [{ user_name: 'admin@example.com', admin: true }, { user_name: 'eve@example.com' }];
    const h = await begin(
      [endpoint('churn', [churnEntity('1')], [], { ...BUSY, creator: 'eve@example.com' })],
      {},
      { models: [model], users },
    );
    const { data } = await h.call('diagnose_endpoint', { endpoint: 'churn' });
    expect(data.findings).toMatchObject([
      { code: 'uc_execute_missing', severity: 'minor', remedy: { person: 'object owner' } },
    ]);
    expect(data.findings[0].remedy.say).toContain('ml.prod.churn');
  });

  it.each([
    ['metrics', `${CHURN_PATH}/metrics`],
    ['events', `${CHURN_PATH}/events`],
    ['service log', '**/logs'],
    ['build log', '**/build-logs'],
    ['model versions', '**/versions/*'],
    ['grants', '**/permissions/serving-endpoints/*'],
    ['creator', '**/scim/v2/Users'],
  ])('says that it could not read the %s, and answers with the rest', async (what, path) => {
    const h = await begin([busy()]);
    await h.call('swap_version', { endpoint: 'churn', version: '7', wait_seconds: 1800 });
    h.sandbox.faults.add({
      match: { path },
      effect: { status: 403, body: { error_code: 'PERMISSION_DENIED', message: 'no' } },
      times: 50,
    });
    const { data, isError } = await h.call('diagnose_endpoint', { endpoint: 'churn' });
    expect(isError).toBe(false);
    expect(data.verdict).toBe('update_failed');
    expect(data.not_checked.map((each: { what: string }) => each.what)).toContain(what);
  });

  it('does not call an endpoint healthy whose metrics it could not read', async () => {
    const h = await begin([busy()]);
    h.sandbox.faults.add({ match: { path: `${CHURN_PATH}/metrics` }, effect: { status: 403, body: {} }, times: 5 });
    const { data } = await h.call('diagnose_endpoint', { endpoint: 'churn' });
    expect(data.verdict).toBe('unknown');
    expect(data.not_checked.map((each: { what: string }) => each.what)).toContain('metrics');
  });

  it('sends no write, and at most ten requests at a time', async () => {
    const h = await begin([busy()]);
    h.sent();
    await h.call('diagnose_endpoint', { endpoint: 'churn' });
    expect(h.sent().filter((each) => !each.startsWith('GET '))).toEqual([]);
  });

  it('offers a near name for an endpoint that does not exist', async () => {
    const h = await begin([busy()]);
    const { data, isError } = await h.call('diagnose_endpoint', { endpoint: 'chrun' });
    expect(isError).toBe(true);
    expect(data.error.next).toContain('churn');
  });

  it('keeps a flood of evidence within 2,000 tokens', async () => {
    const long = `ValueError: ${'x'.repeat(3_000)}`;
    const noisy = version(8, {
      deploy_minutes: 2,
      failure: {
        phase: 'load',
        message: 'y'.repeat(4_000),
        log_lines: Array.from({ length: 40 }, (_, at) => `${long} ${at}`),
      },
    });
    const h = await begin([busy()], {}, { models: [{ ...CHURN, versions: [...CHURN.versions, noisy] }] });
    await h.call('swap_version', { endpoint: 'churn', version: '8', wait_seconds: 1800 });
    const { data, text } = await h.call('diagnose_endpoint', { endpoint: 'churn' });
    expect(data.findings.length).toBeGreaterThan(0);
    expect(text.length / 4).toBeLessThanOrEqual(2_000);
  });
});

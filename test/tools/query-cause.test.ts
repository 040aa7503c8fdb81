/** A failed query carries its cause, and leads to the diagnosis where the fault lies with the endpoint. */
import { describe, expect, it } from 'vitest';
import { INCIDENTS, incidentSeed } from '../../src/sandbox/incidents/index.ts';
import { start } from '../support/harness.ts';
import { withEndpoints } from '../support/tool-test.ts';
import { useHarness } from '../support/use-harness.ts';
import { churnEntity, endpoint } from '../support/workspace.ts';

const begin = useHarness(withEndpoints);
const ROW = { x: 1 };

async function incident(name: string) {
  const wording = INCIDENTS.find((each) => each.name === name)?.wordings[0];
  if (!wording) throw new Error(`no incident ${name}`);
  return { h: await start({ seed: incidentSeed(name, 1) as object }), wording };
}

describe('a query that fails', () => {
  it('names the cause at the provider, and a diagnosis remembers the answer', async () => {
    const { h, wording } = await incident('assistant-silent');
    const { data } = await h.call('query_endpoint', { endpoint: wording.endpoint, ...wording.query });
    expect(data.error).toMatchObject({ cause: 'provider_key_invalid', retryable: false });
    expect(data.error.next).toContain(`diagnose_endpoint {"endpoint":"${wording.endpoint}"}`);
    const { data: found } = await h.call('diagnose_endpoint', { endpoint: wording.endpoint });
    expect(found.findings.map(({ code }: { code: string }) => code)).toEqual(['provider_key_invalid']);
    expect(found.verdict).toBe('failing');
    await h.close();
  });

  it('is explained by its text too, in the first call', async () => {
    const { h, wording } = await incident('assistant-silent');
    const error = 'The provider openai refused: Incorrect API key provided (401 UNAUTHENTICATED)';
    const { data } = await h.call('diagnose_endpoint', { endpoint: wording.endpoint, error });
    expect(data.findings.map(({ code }: { code: string }) => code)).toEqual(['provider_key_invalid']);
    await h.close();
  });

  const answering = async (status: number, body: unknown, times = 1) => {
    const h = await begin([endpoint('churn', [churnEntity('1')], [], { traffic: { requests_per_minute: 60 } })]);
    const effect = { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    h.sandbox.faults.add({ match: { path: '/serving-endpoints/churn/invocations' }, times, effect });
    return { h, ask: () => h.call('query_endpoint', { endpoint: 'churn', dataframe_records: [ROW] }) };
  };
  const codesOf = (data: { findings: { code: string }[] }) => data.findings.map(({ code }) => code);

  it.each([
    ['BAD_REQUEST', "Failed to enforce schema of data. Error: Model is missing inputs ['age'].", 'payload_rejected'],
    ['BAD_REQUEST', 'Guardrail blocked the input: it was flagged.', 'guardrail_input_safety'],
  ])('does not send a caller to a diagnosis for what the caller sent: %s %s', async (error_code, message, cause) => {
    const { h, ask } = await answering(400, { error_code, message });
    const { data } = await ask();
    expect(data.error.cause).toBe(cause);
    expect(data.error.next).not.toContain('diagnose_endpoint');
    expect(codesOf((await h.call('diagnose_endpoint', { endpoint: 'churn' })).data)).toEqual([]);
  });

  it('is forgotten once a query works, so that a repaired endpoint has no finding', async () => {
    const text = 'no healthy upstream';
    const { h, ask } = await answering(502, { error_code: 'BAD_GATEWAY', message: text });
    expect((await ask()).data.error).toMatchObject({ cause: 'no_replica_answers' });
    expect((await ask()).isError).toBe(false);
    expect(codesOf((await h.call('diagnose_endpoint', { endpoint: 'churn' })).data)).toEqual([]);
  });

  it('that may have run says so, and its advice agrees with retryable', async () => {
    const { ask } = await answering(502, { error_code: 'BAD_GATEWAY', message: 'upstream gone' });
    const { data } = await ask();
    expect(data.error.retryable).toBe(false);
    expect(data.error.next).toContain('Do not repeat the call unless running it twice does no harm');
  });
});

describe('a diagnosis', () => {
  it('reads the usage table where requests fail for no cause that the rest shows', async () => {
    const { h, wording } = await incident('assistant-silent');
    const { data } = await h.call('diagnose_endpoint', { endpoint: wording.endpoint });
    expect(data).toMatchObject({
      verdict: 'failing',
      findings: [{ code: 'provider_key_invalid', confidence: 'likely' }],
    });
    expect(data.findings[0].evidence[0]).toMatchObject({
      source: 'usage',
      text: expect.stringContaining('status 401'),
    });
    // Bodies of answers are the data of customers.
    expect(data.not_checked).toMatchObject([{ what: 'failed answers', why: expect.stringContaining('--payloads') }]);
    await h.close();
  });

  it('sends no statement for an endpoint whose requests work', async () => {
    const h = await begin([endpoint('churn', [churnEntity('1')], [], { traffic: { requests_per_minute: 60 } })]);
    await h.call('diagnose_endpoint', { endpoint: 'churn' });
    expect(h.sent().filter((line) => line.includes('/sql/'))).toEqual([]);
  });

  it('compares with what an earlier call of any tool measured, and what it measures itself is kept', async () => {
    const h = await begin([endpoint('churn', [churnEntity('1')], [], { traffic: { requests_per_minute: 120 } })]);
    const slower = async (latency_ms: number) => {
      const body = JSON.stringify({ match: { endpoint: 'churn' }, set: { latency_ms, p95_ms: 2 * latency_ms } });
      const headers = { authorization: `Bearer ${h.sandbox.token}`, 'content-type': 'application/json' };
      expect((await fetch(`${h.sandbox.host}/sandbox/behaviours`, { method: 'POST', headers, body })).status).toBe(200);
      h.sandbox.clock.advance(3 * 60_000);
    };
    await slower(60);
    const first = await h.call('diagnose_endpoint', { endpoint: 'churn' });
    expect(first.data).toMatchObject({ verdict: 'healthy', findings: [] });
    h.sandbox.clock.advance(20 * 60_000);
    await slower(900);
    const { data } = await h.call('diagnose_endpoint', { endpoint: 'churn' });
    expect(data.findings).toMatchObject([{ code: 'latency_increased', severity: 'minor', confidence: 'likely' }]);
    expect(data.findings[0].evidence).toHaveLength(2);
  });
});

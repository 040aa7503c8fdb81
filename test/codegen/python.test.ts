import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { generate, machine, run, serve, startHarness } from './generated.ts';
import { FAMILIES } from './workspace.ts';

const FILE = 'databricks_endpoint.py';
const hasPython = spawnSync('python3', ['--version']).status === 0;
/** Runs the program, which prints its sleeps instead of waiting. */
const TOLD_SLEEPS = `import runpy, sys, time
time.sleep = lambda seconds: print("slept", seconds, file=sys.stderr)
runpy.run_path("${FILE}", run_name="__main__")`;

async function python(
  endpoint: string,
  change: (harness: Awaited<ReturnType<typeof startHarness>>) => void = () => {},
) {
  const harness = await startHarness();
  const folder = await generate(harness, endpoint, 'python');
  change(harness);
  harness.sent();
  const ended = await run('python3', ['-c', TOLD_SLEEPS], folder, machine(harness));
  return { ...ended, sent: harness.sent() };
}

describe.skipIf(!hasPython)('generated Python', () => {
  it.each(Object.entries(FAMILIES))('for a %s endpoint compiles and runs', async (_family, endpoint) => {
    const harness = await startHarness();
    const folder = await generate(harness, endpoint, 'python');
    const compiled = await run('python3', ['-m', 'py_compile', FILE], folder, machine(harness));
    expect(compiled).toEqual({ code: 0, out: '', err: '' });
    const { code, out, err } = await run('python3', [FILE], folder, machine(harness));
    expect([code, err]).toEqual([0, '']);
    expect(out.trim().length).toBeGreaterThan(10);
  });

  it('reaches a route-optimized endpoint with a narrowed token', async () => {
    const { code, out, sent } = await python('churn-direct');
    expect([code, sent.length]).toEqual([0, 3]);
    expect(out).toContain('churn_probability');
    expect(sent[2]).toMatch(/^POST \/route-optimized\//);
  });

  const faults = (path: string) => ({ match: { path: `/serving-endpoints/${path}/invocations` } });

  it.each([
    ['404', { status: 404, body: { error_code: 'ENDPOINT_NOT_FOUND', message: 'does not exist' } }, 'does not exist'],
    ['an error event', { sse_error_after: 3 }, 'The model server closed the stream.'],
    ['a cut stream', { sse_cut_after: 3 }, 'the stream '],
    ['a lost answer', { lost_reply: true as const }, ''],
  ])('ends with an error for %s, and asks once', async (_name, effect, words) => {
    const { code, err, sent } = await python(FAMILIES.chat, (harness) =>
      harness.sandbox.faults.add({ ...faults(FAMILIES.chat), effect }),
    );
    expect(code).toBe(1);
    expect(err).toContain(words);
    expect(sent).toHaveLength(2);
  });

  it('waits as Retry-After says, and repeats', async () => {
    const effect = { status: 429, headers: { 'retry-after': '7' } };
    const { code, err, sent } = await python(FAMILIES.chat, (harness) =>
      harness.sandbox.faults.add({ ...faults(FAMILIES.chat), times: 1, effect }),
    );
    expect([code, sent.length, err.trim()]).toEqual([0, 3, 'slept 7']);
  });

  it('prints how an answer ended when it is not the usual way, and fails for an error inside a 200', async () => {
    const frame = (value: unknown) => `data: ${JSON.stringify(value)}\n\n`;
    const half = frame({ choices: [{ index: 0, delta: { content: 'half' }, finish_reason: 'length' }] });
    const streamed = (body: string) =>
      python(FAMILIES.chat, (harness) =>
        harness.sandbox.faults.add({
          ...faults(FAMILIES.chat),
          effect: { status: 200, body, headers: { 'content-type': 'text/event-stream' } },
        }),
      );
    const short = await streamed(`${half}data: [DONE]\n\n`);
    expect(short).toMatchObject({ code: 0, out: 'half\n', err: expect.stringContaining("'finish_reason': 'length'") });
    const failed = await streamed(`${half}event: error\ndata: {"message":"the tool failed"}\n\n`);
    expect(failed).toMatchObject({ code: 1, err: expect.stringContaining('the tool failed') });
  });

  it('serves the answer over HTTP, and keeps the status of a refusal', async () => {
    const harness = await startHarness();
    const folder = await generate(harness, FAMILIES.responses, 'python');
    const served = await serve(folder, 'server.py', machine(harness), 'python3');
    const question = { messages: [{ role: 'user', content: 'When does one plant a tree?' }] };
    expect(await served.post(question)).toMatchObject({ status: 200, text: expect.stringContaining('plant a tree') });
    expect((await served.post({})).status).toBe(400);
    const body = { error_code: 'ENDPOINT_NOT_FOUND', message: 'does not exist' };
    harness.sandbox.faults.add({ ...faults(FAMILIES.responses), effect: { status: 404, body } });
    expect(await served.post(question)).toMatchObject({ status: 404, text: 'does not exist' });
  });

  it.each(['http://workspace.example.com', 'http://127.0.0.1.example.com'])('sends no token to %s', async (host) => {
    const harness = await startHarness();
    const folder = await generate(harness, FAMILIES.custom, 'python');
    const { code, err } = await run('python3', [FILE], folder, { ...machine(harness), DATABRICKS_HOST: host });
    expect(code).toBe(1);
    expect(err).toContain('DATABRICKS_HOST must start with https://');
  });

  it('takes no credentials along when it is redirected', async () => {
    const { code, err, sent } = await python(FAMILIES.chat, (harness) =>
      harness.sandbox.faults.add({ ...faults(FAMILIES.chat), effect: { redirect: '/api/2.0/serving-endpoints' } }),
    );
    expect([code, sent.length]).toEqual([1, 2]);
    expect(err).toContain('DatabricksError');
  });
});

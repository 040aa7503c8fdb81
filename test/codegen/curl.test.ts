import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { generate, machine, run, startHarness } from './generated.ts';
import { FAMILIES } from './workspace.ts';

const hasCurl = spawnSync('curl', ['--version']).status === 0 && spawnSync('bash', ['--version']).status === 0;

/** Bash reads this before the script. It prints each sleep instead of waiting. */
const TOLD_SLEEPS = 'sleep() { echo "slept $1" >&2; }';

async function script(
  endpoint: string,
  change: (harness: Awaited<ReturnType<typeof startHarness>>) => void = () => {},
) {
  const harness = await startHarness();
  const folder = await generate(harness, endpoint, 'curl');
  change(harness);
  harness.sent();
  await writeFile(join(folder, 'sleeps.sh'), TOLD_SLEEPS);
  const ended = await run('bash', ['query.sh'], folder, { ...machine(harness), BASH_ENV: 'sleeps.sh' });
  return { ...ended, sent: harness.sent() };
}

describe.skipIf(!hasCurl)('the generated script', () => {
  it.each(Object.entries(FAMILIES))('for a %s endpoint prints the answer', async (_family, endpoint) => {
    const { code, out, err } = await script(endpoint);
    expect([code, err]).toEqual([0, '']);
    expect(Object.keys(JSON.parse(out)).some((key) => /choices|data|output|messages|predictions/.test(key))).toBe(true);
  });

  it('reaches a route-optimized endpoint with a narrowed token', async () => {
    const { code, out, sent } = await script('churn-direct');
    expect([code, sent.length]).toEqual([0, 3]);
    expect(JSON.parse(out).predictions).toHaveLength(1);
  });

  const match = { path: `/serving-endpoints/${FAMILIES.chat}/invocations` };

  it('prints the refusal and fails', async () => {
    const effect = { status: 404, body: { error_code: 'ENDPOINT_NOT_FOUND', message: 'does not exist' } };
    const { code, out, err, sent } = await script(FAMILIES.chat, (h) => h.sandbox.faults.add({ match, effect }));
    expect([code, sent.length]).toEqual([1, 2]);
    expect(JSON.parse(out).message).toBe('does not exist');
    expect(err).toContain('refused with status 404');
  });

  it('waits as Retry-After says, and repeats', async () => {
    const effect = { status: 429, headers: { 'Retry-After': '7' } };
    const { code, err, sent } = await script(FAMILIES.chat, (h) => h.sandbox.faults.add({ match, times: 1, effect }));
    expect([code, sent.length, err.trim()]).toEqual([0, 3, 'slept 7']);
  });

  it.each([
    ['cut', { cut: 'body' as const }],
    ['lost', { lost_reply: true as const }],
  ])('fails when the answer is %s, and asks once', async (_name, effect) => {
    const { code, sent } = await script(FAMILIES.chat, (h) => h.sandbox.faults.add({ match, effect }));
    expect(code).not.toBe(0);
    expect(sent).toHaveLength(2);
  });

  it('fails when the credentials are refused', async () => {
    const harness = await startHarness();
    const folder = await generate(harness, FAMILIES.chat, 'curl');
    const env = { ...machine(harness), DATABRICKS_CLIENT_SECRET: 'fake-wrong-secret' };
    const { code, err } = await run('bash', ['query.sh'], folder, env);
    expect(code).not.toBe(0);
    expect(err).toContain('401');
    expect(err).not.toContain('fake-wrong-secret');
  });
});

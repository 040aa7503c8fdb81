/** What other tools say of a guarded rollout that runs, through the client. */
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../src/diagnose/finding.ts';
import { withRollout } from '../../src/diagnose/index.ts';
import type { RunningRollout } from '../../src/rollout/state.ts';
import type { Harness, HarnessOptions } from '../support/harness.ts';
import { MARK } from '../support/rollout-site.ts';
import { ask, withEndpoints } from '../support/tool-test.ts';
import { useHarness } from '../support/use-harness.ts';
import { CHURN_PATH, churnEntity, endpoint, follow, version, writes } from '../support/workspace.ts';

const MINUTE = 60_000;
const QUICK = { bake_minutes: 3, min_requests: 60, final_bake_minutes: 3, max_minutes: 30 };
const CHURN = endpoint('churn', [churnEntity('2')], [], { traffic: { requests_per_minute: 400 } });
const begin = useHarness((canary: Record<string, unknown> = {}) =>
  withEndpoints(
    [CHURN],
    { at: Date.UTC(2026, 0, 5, 9) },
    { models: [{ full_name: 'ml.prod.churn', versions: [version(2), version(3, canary), version(4)] }] },
  ),
);
const second = useHarness((options: HarnessOptions) => options);
const churn = { endpoint: 'churn' };
const rollOut = (h: Harness, args: Record<string, unknown> = {}) =>
  h.call('roll_out', { ...churn, version: '3', ...args });

/** Makes the calls that the answers name, until a step is reached. */
async function reach(h: Harness, step: string): Promise<void> {
  let answer = await rollOut(h, { plan: QUICK });
  for (let calls = 0; calls < 40; calls++) {
    if (answer.isError || answer.data.outcome !== 'waiting') throw new Error(answer.text);
    if (String(answer.data.step).startsWith(step)) return;
    await h.pass((answer.data.come_back_in_seconds ?? 1) * 1_000);
    answer = await follow(h, answer.data.next);
  }
  throw new Error('the step is not reached');
}

describe('a guarded rollout that runs', () => {
  it('is a line of the endpoint and of its metrics, which name the canary', async () => {
    const h = await begin();
    await reach(h, '2 of 4');
    await h.pass(2 * MINUTE);
    const line = /^r\w+ runs: version 3 at step 2 of 4 \(25 %\)$/;
    expect((await h.call('get_endpoint', churn)).data.rollout).toMatch(line);
    const { data } = await h.call('get_metrics', churn);
    expect(data.rollout).toMatch(line);
    expect(data.comparison).toMatchObject([
      { entity: 'churn-3', against: 'churn-2', rollout: 'canary against the old version' },
    ]);
  });

  it('is one change of the diagnosis with its steps, and no fault', async () => {
    const h = await begin();
    await reach(h, '2 of 4');
    const { data } = await h.call('diagnose_endpoint', churn);
    const ours = data.timeline.filter(({ what }: { what: string }) => what.includes('from here'));
    expect(ours).toMatchObject([{ what: 'guarded rollout of version 3 from here: start, step 1, step 2' }]);
    expect(data).toMatchObject({ verdict: 'healthy', rollout: expect.stringContaining('runs: version 3') });
    expect(data.findings ?? []).toEqual([]);
  });

  it('is a note with its calls once it is held, and the verdict stays', async () => {
    const h = await begin();
    await reach(h, '1 of 4');
    await rollOut(h, { action: 'hold' });
    const { data } = await h.call('diagnose_endpoint', churn);
    expect(data.verdict).toBe('healthy');
    expect(data.rollout).toMatch(/, held: it was held by hand$/);
    expect(data.findings).toMatchObject([{ code: 'rollout_held', severity: 'note' }]);
    expect(data.findings[0].remedy.say).toMatch(/roll_out .*"resume".*roll_out .*"abort"/);
    expect((await h.call('get_endpoint', churn)).data.rollout).toContain('held: it was held by hand');
  });

  it.each<[string, Record<string, unknown>]>([
    ['set_traffic', { traffic: { 'churn-2': 50, 'churn-3': 50 } }],
    ['swap_version', { version: '3' }],
    ['update_endpoint', { entity: 'churn-2', workload_size: 'Large' }],
    ['update_endpoint', { remove_tags: [MARK] }],
    ['delete_endpoint', {}],
  ])('is a warning in the preview of %s', async (tool, args) => {
    const h = await begin();
    await reach(h, '1 of 4');
    writes(h);
    const { data } = await h.call(tool, { ...churn, ...args, dry_run: true });
    expect(data.warning).toMatch(/A guarded rollout is under way on churn: r\w+ runs: version 3 at step 1 of 4/);
    expect(data.warning).toContain('"abort"');
  });

  it('is a warning in the preview of an undo, where the rollout of another machine has no traffic yet', async () => {
    const h = await begin();
    const long = { wait_seconds: 1800 };
    await h.call('swap_version', { ...churn, version: '4', traffic_percent: 10, ...long });
    await h.call('set_traffic', { ...churn, traffic: { 'churn-2': 0, 'churn-4': 100 }, ...long });
    // The forecast needs a whole minute of the new traffic.
    h.sandbox.clock.advance(3 * MINUTE);
    const other = await second({ sandbox: h.sandbox });
    expect((await rollOut(other)).data).toMatchObject({ outcome: 'waiting' });
    h.sandbox.clock.advance(10 * MINUTE);
    const { changes } = (await h.call('list_changes')).data;
    const { data } = await h.call('undo_change', { id: changes.at(-1).id, dry_run: true });
    expect(data.undoes).toHaveLength(2);
    expect(data.warning).toMatch(/A guarded rollout is under way on churn: r\w+ runs: version 3 before its first step/);
  });

  it('is a warning in the answer of a change, and is held by it', async () => {
    const h = await begin();
    await reach(h, '1 of 4');
    const { data } = await h.call('set_traffic', { ...churn, traffic: { 'churn-2': 50, 'churn-3': 50 } });
    expect(data).toMatchObject({ changed: true, warning: expect.stringContaining('holds it') });
    expect((await rollOut(h)).data.outcome).toBe('held');
  });

  it('is no warning of a change that leaves the config alone', async () => {
    const h = await begin();
    await reach(h, '1 of 4');
    const { data } = await h.call('update_endpoint', { ...churn, description: 'predicts churn' });
    expect(data.changed).toBe(true);
    expect(data.warning ?? '').not.toContain('rollout');
  });

  it('leaves no trace in answers once it has ended, and an endpoint without one costs one request', async () => {
    const h = await begin();
    await reach(h, '1 of 4');
    await rollOut(h, { action: 'abort' });
    const before = h.sandbox.requests.length;
    expect((await h.call('get_endpoint', churn)).data).not.toHaveProperty('rollout');
    expect(
      h.sandbox.requests.slice(before).filter(({ path }: { path: string }) => path.startsWith(CHURN_PATH)),
    ).toHaveLength(1);
    expect(await ask(h, CHURN_PATH)).toBeDefined();
  });
});

describe('a finding during a rollout', () => {
  const running = {
    id: 'r1',
    version: '3',
    canary: 'churn-3',
    baseline: 'churn-2',
    step: 0,
    phase: 'serving',
    held: undefined,
    foreign: undefined,
  } as RunningRollout; // what the function reads
  const finding = (sentence: string, more: Partial<Finding> = {}): Finding => ({
    code: 'x',
    severity: 'major',
    confidence: 'certain',
    sentence,
    evidence: [{ source: 'state', of: 'a field', text: 'churn-2' }],
    remedy: { call: { tool: 'swap_version', args: { endpoint: 'churn', version: '1' } }, writes: true, say: 'swap' },
    ...more,
  });
  const person = { remedy: { person: 'model author', say: 'log it again' } } as const;

  it.each<[string, Finding, string]>([
    ['of the canary', finding('Workers of churn-3 are killed.'), 'roll_out abort'],
    ['that ends with its name', finding('It is churn-3.'), 'roll_out abort'],
    [
      'whose remedy deploys the canary again',
      finding('It failed.', {
        remedy: { call: { tool: 'swap_version', args: { version: '3' } }, writes: true, say: '' },
      }),
      'roll_out abort',
    ],
    ['of the old version', finding('Workers of churn-2 are killed.'), 'swap_version'],
    ['of both', finding('churn-2 and churn-3 are full.'), 'swap_version'],
    ['of an entity with a longer name', finding('Workers of churn-31 are killed.'), 'swap_version'],
    ['that is small', finding('churn-3 is slow.', { severity: 'minor' }), 'swap_version'],
    ['that a person repairs', finding('churn-3 fails.', person), 'abort, then: log it again'],
  ])('%s', (_what, given, expected) => {
    const diagnosis = { verdict: 'degraded', findings: [given], timeline: [], not_checked: [] } as const;
    const { verdict, findings } = withRollout(diagnosis, 'churn', running, 'a line');
    expect(verdict).toBe('degraded');
    const remedy = findings[0]?.remedy;
    const shown =
      remedy && 'call' in remedy
        ? [remedy.call.tool, remedy.call.args.action].flatMap((each) => each ?? []).join(' ')
        : remedy?.say.replace(/^roll_out .*"abort".* Then: /, 'abort, then: ');
    expect(shown).toBe(expected);
  });
});

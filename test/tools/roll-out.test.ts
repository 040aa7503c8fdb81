/** A guarded rollout through the client: to its end, back, and held, with what each call sent. */
import { describe, expect, it } from 'vitest';
import type { Harness, HarnessOptions } from '../support/harness.ts';
import { nowServed, ROLLED_BACK } from '../support/rollout-site.ts';
import { RUN_ALL } from '../support/selection.ts';
import { agree, ask, expectRefusal, withEndpoints } from '../support/tool-test.ts';
import { useHarness } from '../support/use-harness.ts';
import { bodies, CHURN_PATH, churnEntity, endpoint, follow, version, writes } from '../support/workspace.ts';

const MINUTE = 60_000;
const seedOf = (canary: Record<string, unknown>) => ({
  models: [
    {
      full_name: 'ml.prod.churn',
      owner: 'admin@example.com',
      aliases: { champion: 2 },
      versions: [version(2), version(3, canary), version(4)],
    },
  ],
});
const churn = (perMinute: number) =>
  endpoint('churn', [churnEntity('2')], [], { traffic: { requests_per_minute: perMinute } });
const begin = useHarness(
  (
    canary: Record<string, unknown> = {},
    { perMinute = 400, ...options }: HarnessOptions & { perMinute?: number } = {}, // Chance ends one of some hundred rollouts in another way, so the traffic is the same in each run.
  ) => withEndpoints([churn(perMinute)], { at: Date.UTC(2026, 0, 5, 9), ...options }, seedOf(canary)),
);

const VERSION = { endpoint: 'churn', version: '3' };
const start = (h: Harness, args: Record<string, unknown> = {}) => h.call('roll_out', { ...VERSION, ...args });

// biome-ignore lint/suspicious/noExplicitAny: tests read results field by field, and a wrong guess fails them
type Data = any;

const DEFAULT: [string, undefined][] = [['by the default plan', undefined]];
/** The default steps in less time. */
const QUICK = { bake_minutes: 3, min_requests: 60, final_bake_minutes: 3, max_minutes: 30 };

/** Makes the calls that the answers name, when they name them, until the rollout waits no longer or a step is reached. */
async function play(h: Harness, args: Record<string, unknown> = {}, until = 'the end'): Promise<Data[]> {
  const answers: Data[] = [];
  let answer = await start(h, { plan: QUICK, ...args });
  for (let calls = 0; calls < 80; calls++) {
    answers.push(answer.data);
    if (answer.isError || answer.data.outcome !== 'waiting') return answers;
    if (String(answer.data.step).startsWith(until)) return answers;
    await h.pass((answer.data.come_back_in_seconds ?? 1) * 1_000);
    answer = await follow(h, answer.data.next);
  }
  throw new Error('the rollout does not end');
}

describe('a guarded rollout', () => {
  it.each<[string, object | undefined]>([['quickly', QUICK], ...(RUN_ALL ? DEFAULT : [])])(
    'of a healthy version shifts the traffic step by step, and moves the alias last: %s',
    async (_how, plan) => {
      const h = await begin();
      const answers = await play(h, { alias: 'champion', plan });
      expect(answers.at(-1)).toMatchObject({ outcome: 'done', alias: { name: 'champion', version: 3 } });
      // Fewer than the start and its four steps would mean that a step was left out.
      expect(answers.length).toBeGreaterThan(plan === undefined ? 5 : 4);
      expect(answers.length).toBeLessThanOrEqual(12);
      expect(answers.at(-1).report.map(({ percent, verdict }: Data) => [percent, verdict])).toEqual([
        [5, 'pass'],
        [25, 'pass'],
        [50, 'pass'],
        [100, 'pass'],
      ]);
      // At 100 %, the step and the final bake.
      expect(answers.at(-1).report.at(-1).minutes).toBeGreaterThanOrEqual(5);
      const shares = bodies(h, 'PUT', `${CHURN_PATH}/config`).map(
        (body: Data) =>
          body.traffic_config.routes.find((each: Data) => each.served_entity_name === 'churn-3').traffic_percentage,
      );
      expect(shares).toEqual([0, 5, 25, 50, 100]);
      expect(await nowServed(h)).toEqual({ traffic: { 'churn-2': 0, 'churn-3': 100 }, mark: undefined, alias: 3 });
      const sent = writes(h);
      expect(sent.findIndex((each) => each.includes('/aliases/'))).toBeGreaterThan(
        sent.findLastIndex((each) => each.endsWith('/config')),
      );
      expect((await start(h)).data).toMatchObject({ outcome: 'done', changed: false });
    },
  );

  it.each<[string, Record<string, unknown>, RegExp]>([
    ['fails from the beginning', { error_5xx_rate: 0.3 }, /5xx/],
    ['fails from 25 % on', { changes: [{ at_minute: 9, error_5xx_rate: 0.3 }] }, /5xx/],
    ['refuses what the old one takes', { error_rate: 0.3 }, /xx/],
    ['is slow', { latency_ms: 400 }, /slow requests/],
  ])('of a version that %s goes back', async (_what, canary, reason) => {
    const h = await begin(canary);
    const answers = await play(h, { alias: 'champion' });
    expect(answers.at(-1)).toMatchObject({ outcome: 'rolled_back', reason: expect.stringMatching(reason) });
    expect(answers.at(-1).note).toContain('costs money');
    expect(await nowServed(h)).toEqual({
      traffic: { 'churn-2': 100, 'churn-3': 0 },
      mark: expect.stringMatching(ROLLED_BACK),
      alias: 2,
    });
    // The same call does not begin again.
    expect((await start(h)).data).toMatchObject({ outcome: 'rolled_back', changed: false });
  });

  it('goes back on its own between two calls, and the next call says so', async () => {
    const h = await begin({ error_5xx_rate: 0.5 });
    await play(h, {}, '1 of 4');
    writes(h);
    await h.pass(10 * MINUTE);
    expect((await nowServed(h)).traffic).toEqual({ 'churn-2': 100, 'churn-3': 0 });
    expect((await start(h)).data).toMatchObject({ outcome: 'rolled_back', reason: expect.stringContaining('5xx') });
  });

  it('is not done at 100 % before the final bake is over', async () => {
    const h = await begin();
    await play(h, { alias: 'champion' }, '4 of 4');
    await h.pass(4 * MINUTE);
    expect((await start(h, { wait_seconds: 0 })).data).toMatchObject({ outcome: 'waiting', step: '4 of 4 (100 %)' });
    expect((await nowServed(h)).alias).toBe(2);
  });

  it('never promotes by itself between two calls', async () => {
    const h = await begin();
    await play(h, {}, '1 of 4');
    await h.pass(15 * MINUTE);
    expect((await nowServed(h)).traffic).toEqual({ 'churn-2': 95, 'churn-3': 5 });
  });

  it('that waits has a short answer, which says who watches and when to come back', async () => {
    const h = await begin();
    const answers = await play(h, { wait_seconds: 1 }, '2 of 4');
    const waiting = answers.filter(({ changed }) => !changed);
    // One while the version is deployed, and several at the first step.
    expect(waiting.filter(({ step }) => step === undefined).length).toBeGreaterThan(0);
    expect(waiting.filter(({ step }) => String(step).startsWith('1 of 4')).length).toBeGreaterThan(0);
    for (const answer of waiting) {
      expect(JSON.stringify(answer).length / 4).toBeLessThanOrEqual(150);
      // There is nothing to go back from before the first step.
      expect(answer.watching).toContain(answer.step === undefined ? 'no one' : 'this server');
      expect(answer.come_back_in_seconds).toBeGreaterThan(0);
    }
  });

  it.runIf(RUN_ALL)('needs at most 25,000 tokens of an agent that calls without a pause', async () => {
    const h = await begin();
    let answer = await start(h);
    let [tokens, calls] = [0, 0];
    while (answer.data.outcome === 'waiting') {
      tokens += answer.text.length / 4;
      calls++;
      answer = await follow(h, answer.data.next);
    }
    expect(answer.data.outcome).toBe('done');
    // 70 minutes in calls of 40 seconds, and the deployment.
    expect(calls).toBeGreaterThan(100);
    expect(tokens + answer.text.length / 4).toBeLessThanOrEqual(25_000);
  });
});

describe('the measurement of a guarded rollout', () => {
  it('reads the split after each change: another one is no success', async () => {
    const h = await begin();
    await play(h, {}, '1 of 4');
    h.sandbox.faults.add({ match: { method: 'PUT', path: `${CHURN_PATH}/config` }, effect: { status: 200, body: {} } });
    const { data } = await start(h, { action: 'abort' });
    expect(data.outcome).not.toBe('rolled_back');
    expect((await nowServed(h)).traffic).toEqual({ 'churn-2': 95, 'churn-3': 5 });
  });
});

describe('a guarded rollout that is not begun', () => {
  it('shows the plan with all of its requests in a dry run', async () => {
    const h = await begin();
    const { data } = await start(h, { dry_run: true, alias: 'champion', remove_old: true });
    expect(data.requests.map(({ method, path }: Data) => `${method} ${path.split('/').at(-1)}`)).toEqual([
      'PATCH tags',
      'PUT config',
      'PUT config',
      'PUT config',
      'PUT config',
      'PUT config',
      'PUT champion',
      'PUT config',
      'PATCH tags',
    ]);
    expect(data).toMatchObject({ plan: { steps: [5, 25, 50, 100] }, forecast: expect.stringContaining('minutes') });
    expect(writes(h)).toEqual([]);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['steps that do not rise', { plan: { steps: [25, 5, 100] } }, 'steps must rise'],
    ['steps above 100', { plan: { steps: [5, 120] } }, 'must be a whole percent'],
    ['a version that does not exist', { version: '9' }, 'version 9'],
    ['the version that serves', { version: '2' }, 'all traffic already'],
  ])('refuses %s', async (_what, args, words) => {
    const h = await begin();
    const answer = await start(h, args);
    expectRefusal(h, answer, 'invalid_rollout');
    expect(answer.data.error.message).toContain(words);
  });

  it('keeps what a wish about a gate does not name', async () => {
    const h = await begin();
    const { data } = await start(h, { dry_run: true, plan: { gates: { latency: { max: 50 } } } });
    expect(data.plan.gates).toMatchObject({ latency: { margin: 4, max: 50 }, errors_5xx: { margin: 1 } });
  });

  it('names all problems at once', async () => {
    const h = await begin();
    const { data } = await start(h, { version: '9', plan: { steps: [50, 25], bake_minutes: 0 } });
    expect(data.problems.length).toBeGreaterThanOrEqual(4);
  });

  it('has a forecast before the start where the traffic is too little, with a plan that fits', async () => {
    const h = await begin({}, { perMinute: 20 });
    h.sandbox.clock.advance(5 * MINUTE);
    const answer = await start(h);
    expectRefusal(h, answer, 'too_little_traffic');
    expect(answer.data.error.message).toMatch(/requests a minute .*measured.*, the step at 5 % needs up to .* hours/);
    const [best, ...others] = answer.data.alternatives;
    expect(best).toMatchObject({ what: 'more time', risk: expect.stringContaining('before it is rolled back') });
    expect(others.at(-1).what).toContain('probes');
    expect((await follow(h, answer.data.error.next)).data).toMatchObject({ outcome: 'waiting' });
  });

  it('refuses an endpoint that splits its traffic outside a rollout', async () => {
    const h = await begin();
    await h.call('swap_version', { endpoint: 'churn', version: '4', traffic_percent: 10, wait_seconds: 1800 });
    const { data } = await start(h);
    expect(data.error).toMatchObject({
      code: 'invalid_rollout',
      message: expect.stringContaining('already splits its traffic'),
    });
    expect(writes(h)).toHaveLength(1);
  });

  it('is no list of commands, because its steps wait for measurements', async () => {
    const h = await begin();
    expectRefusal(h, await start(h, { dry_run: 'cli' }), 'not_exported');
  });

  it('refuses to act by hand on a rollout that does not run', async () => {
    const h = await begin();
    expectRefusal(h, await start(h, { action: 'promote' }), 'no_rollout');
  });

  it('obeys a policy that forbids a later step, before anything is sent', async () => {
    const h = await begin({}, { policy: { protect_models: ['ml.prod.*'] } });
    const answer = await start(h, { alias: 'champion' });
    expectRefusal(h, answer, 'policy');
  });
});

describe('a guarded rollout by hand', () => {
  it('is held, and continues where it was', async () => {
    const h = await begin();
    await play(h, {}, '1 of 4');
    const { data } = await start(h, { action: 'hold' });
    expect(data).toMatchObject({
      outcome: 'held',
      reason: 'it was held by hand',
      next: expect.stringContaining('resume'),
    });
    expect((await nowServed(h)).mark).toContain('held');
    expect((await start(h)).data).toMatchObject({ outcome: 'held', changed: false });
    await start(h, { action: 'resume' });
    expect((await play(h, { plan: undefined })).at(-1)).toMatchObject({ outcome: 'done' });
  });

  it('has all of its time again after a step whose time was over', async () => {
    const h = await begin({}, { perMinute: 800 });
    await play(
      h,
      {
        plan: {
          steps: [50, 100],
          min_requests: 5_000,
          bake_minutes: 2,
          max_minutes: 20,
          final_bake_minutes: 2,
          gates: { latency: { off: true } },
        },
      },
      '1 of 2',
    );
    await ask(h, '/sandbox/endpoints/churn/traffic', {
      method: 'PUT',
      body: JSON.stringify({ requests_per_minute: 4 }),
    });
    await h.pass(21 * MINUTE);
    expect((await start(h)).data).toMatchObject({
      outcome: 'held',
      reason: expect.stringContaining('20 minutes were not enough'),
    });
    await ask(h, '/sandbox/endpoints/churn/traffic', {
      method: 'PUT',
      body: JSON.stringify({ requests_per_minute: 800 }),
    });
    await start(h, { action: 'resume' });
    expect((await play(h, { plan: undefined })).at(-1)).toMatchObject({ outcome: 'done' });
  });

  it('goes to the next step without its gates', async () => {
    const h = await begin();
    await play(h, {}, '1 of 4');
    expect((await start(h, { action: 'promote' })).data).toMatchObject({ step: '2 of 4 (25 %)' });
    expect((await nowServed(h)).traffic).toEqual({ 'churn-2': 75, 'churn-3': 25 });
  });

  it('goes straight to 100 % only with the consent of a person', async () => {
    const h = await begin();
    await play(h, {}, '1 of 4');
    const asked = await start(h, { action: 'finish' });
    expect(asked.data).toMatchObject({
      changed: false,
      needs_consent: expect.stringContaining('gates have not passed'),
    });
    expect((await nowServed(h)).traffic).toEqual({ 'churn-2': 95, 'churn-3': 5 });
    expect((await follow(h, asked.data.next)).data).toMatchObject({ step: '4 of 4 (100 %)', changed: true });
  });

  it('goes back when it is aborted', async () => {
    const h = await begin();
    await play(h, {}, '2 of 4');
    const { data } = await start(h, { action: 'abort' });
    expect(data).toMatchObject({ outcome: 'rolled_back', reason: 'it was aborted by hand' });
    expect(await nowServed(h)).toEqual({
      traffic: { 'churn-2': 100, 'churn-3': 0 },
      mark: expect.stringMatching(ROLLED_BACK),
      alias: 2,
    });
    expect((await start(h, { action: 'resume' })).data).toMatchObject({ outcome: 'waiting' });
  });

  it('decides nothing where it only observes', async () => {
    const h = await begin({ error_5xx_rate: 0.5 });
    await play(h, { observe_only: true }, '1 of 4');
    await h.pass(20 * MINUTE);
    const { data } = await start(h);
    expect(data).toMatchObject({ outcome: 'waiting', gates_would: 'roll_back' });
    expect((await nowServed(h)).traffic).toEqual({ 'churn-2': 95, 'churn-3': 5 });
  });

  it('removes the old version at the end, if a person agreed at the start', async () => {
    const h = await begin({}, { onAsk: agree });
    expect((await play(h, { remove_old: true })).at(-1)).toMatchObject({ outcome: 'done' });
    expect((await nowServed(h)).traffic).toEqual({ 'churn-3': 100 });
  });
});

describe('a guarded rollout that meets', () => {
  it('a second one is refused, with what is known of the first', async () => {
    const h = await begin();
    await play(h, {}, '1 of 4');
    const { data } = await h.call('roll_out', { endpoint: 'churn', version: '4' });
    expect(data.error).toMatchObject({ code: 'rollout_running', message: expect.stringContaining('version 3') });
    expect(data.last_step_by).toBe('admin@example.com');
  });

  it('the change of another user is held, and overwrites nothing', async () => {
    const h = await begin();
    await play(h, {}, '1 of 4');
    const current = (await ask(h, CHURN_PATH)) as Data;
    const routes = [
      { served_entity_name: 'churn-2', traffic_percentage: 40 },
      { served_entity_name: 'churn-3', traffic_percentage: 60 },
    ];
    const config = { served_entities: current.config.served_entities, traffic_config: { routes } };
    await ask(h, `${CHURN_PATH}/config`, { method: 'PUT', body: JSON.stringify(config) });
    h.sandbox.clock.advance(MINUTE);
    await h.pass(20 * MINUTE);
    const { data } = await start(h);
    expect(data).toMatchObject({ outcome: 'held', reason: expect.stringContaining('60 %') });
    expect((await nowServed(h)).traffic).toEqual({ 'churn-2': 40, 'churn-3': 60 });
    expect((await start(h, { action: 'promote' })).data.error.code).toBe('changed_meanwhile');
  });

  it('no traffic is held, and offers probes', async () => {
    const h = await begin();
    await play(h, {}, '1 of 4');
    await ask(h, '/sandbox/endpoints/churn/traffic', {
      method: 'PUT',
      body: JSON.stringify({ requests_per_minute: 0 }),
    });
    await h.pass(10 * MINUTE);
    const { data } = await start(h);
    expect(data).toMatchObject({ outcome: 'held', reason: expect.stringContaining('no requests') });
  });

  it('metrics that cannot be read is held', async () => {
    const h = await begin();
    await play(h, {}, '1 of 4');
    h.sandbox.faults.add({
      match: { path: `${CHURN_PATH}/metrics` },
      effect: { status: 500, body: {} },
      times: Number.POSITIVE_INFINITY,
    });
    await h.pass(10 * MINUTE);
    expect((await start(h)).data).toMatchObject({
      outcome: 'held',
      reason: expect.stringContaining('could not be read'),
    });
  });

  it('a version that cannot be deployed fails, and the traffic stays', async () => {
    const h = await begin({
      failure: { phase: 'load', message: 'No module named x', log_lines: ['No module named x'] },
    });
    expect((await play(h)).at(-1)).toMatchObject({ outcome: 'failed' });
    expect(await nowServed(h)).toEqual({ traffic: { 'churn-2': 100 }, mark: undefined, alias: 2 });
  });
});

describe('a guarded rollout with probes', () => {
  const probes = [{ dataframe_records: [{ x: 1000 }] }, { dataframe_records: [{ x: 7 }, { x: 90 }] }];
  const quick = { steps: [50, 100], bake_minutes: 2, final_bake_minutes: 2, max_minutes: 10 };
  const same = { spec: version(2).spec };

  it('continues where the traffic is too thin, and says that the probes alone decided', async () => {
    const h = await begin(same, { perMinute: 0 });
    const answers = await play(h, { probes, plan: quick });
    expect(answers.at(-1)).toMatchObject({
      outcome: 'done',
      probes: { sent: 2, alike: 2, largest_difference_percent: 0 },
      judged_by: expect.stringContaining('probes alone'),
    });
  });

  it('is held where neither version answers a probe and there is no traffic', async () => {
    const h = await begin(same, { perMinute: 0 });
    h.sandbox.faults.add({
      match: { method: 'POST', path: '**/invocations' },
      effect: { status: 403, body: { error_code: 'PERMISSION_DENIED', message: 'no' } },
      times: Number.POSITIVE_INFINITY,
    });
    const answers = await play(h, { probes, plan: quick });
    expect(answers.at(-1)).toMatchObject({ outcome: 'held', probes: { sent: 2, compared: 0 } });
  });

  it('goes back where the answers differ, before the version gets traffic', async () => {
    const h = await begin({}, { perMinute: 0 });
    const answers = await play(h, { probes: [{ dataframe_records: [{ x: 1 }] }], plan: quick });
    expect(answers.at(-1)).toMatchObject({
      outcome: 'rolled_back',
      reason: expect.stringMatching(/predictions\[0\] differs by 20.0 %, and 5 % are allowed/),
    });
    const shares = bodies(h, 'PUT', `${CHURN_PATH}/config`).length;
    expect(shares).toBe(1);
  });

  it('is refused where this server sends no inferences', async () => {
    const h = await begin(same, { noQuery: true });
    expectRefusal(h, await start(h, { probes }), 'invalid_rollout');
  });
});

describe('the record of a guarded rollout', () => {
  it('is one change with its steps, and is undone as one', async () => {
    const h = await begin();
    await play(h, { alias: 'champion' });
    const { changes } = (await h.call('list_changes')).data;
    expect(changes).toHaveLength(1);
    expect(changes[0]).toMatchObject({
      tool: 'roll_out',
      outcome: 'done',
      undo: 'undo_change',
      steps: ['start', 'step 1', 'step 2', 'step 3', 'step 4', 'done'],
    });
    const undone = await h.call('undo_change', { id: changes[0].id, wait_seconds: 1800 });
    expect(undone.data.error).toBeUndefined();
    expect(await nowServed(h)).toEqual({ traffic: { 'churn-2': 100 }, mark: undefined, alias: 2 });
  });

  it('is undone in the middle', async () => {
    const h = await begin();
    await play(h, {}, '2 of 4');
    const { changes } = (await h.call('list_changes')).data;
    const undone = (await h.call('undo_change', { id: changes[0].id, wait_seconds: 1800 })).data;
    expect(undone.error).toBeUndefined();
    // It ends the rollout itself, so there is nothing to warn of.
    expect(undone).not.toHaveProperty('warning');
    expect(await nowServed(h)).toEqual({ traffic: { 'churn-2': 100 }, mark: undefined, alias: 2 });
    expect((await start(h, { action: 'hold' })).data.error.code).toBe('no_rollout');
  });
});

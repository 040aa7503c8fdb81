/** The rollout command as the built program: every end with its exit code, its report and the state that it leaves. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { ROLLED_BACK } from '../support/rollout-site.ts';
import { RUN_ALL } from '../support/selection.ts';
import { churnEntity, endpoint, seed, version } from '../support/workspace.ts';
import { BUILT, endAll, startServer } from '../wire/server-process.ts';

vi.setConfig({ testTimeout: 60_000 });

/** Sandbox minutes a second. */
const FAST = 10;
const PLAN = JSON.stringify({
  steps: [50, 100],
  bake_minutes: 1,
  max_minutes: 30,
  min_requests: 20,
  final_bake_minutes: 0,
});
const MARK = 'databricks-serving-mcp-rollout';
const folder = mkdtempSync(join(tmpdir(), 'rollout-'));
const sandboxes: Sandbox[] = [];

afterAll(endAll);
afterAll(async () => {
  await Promise.all(sandboxes.map((each) => each.close()));
  rmSync(folder, { recursive: true, force: true });
});

// biome-ignore lint/suspicious/noExplicitAny: tests read reports field by field, and a wrong guess fails them
type Data = any;

const workspace = (canary: Record<string, unknown> = {}) =>
  seed([endpoint('churn', [churnEntity('2')], [], { traffic: { requests_per_minute: 2_000 } })], {
    models: [
      {
        full_name: 'ml.prod.churn',
        owner: 'admin@example.com',
        aliases: { champion: 2 },
        versions: [version(2), version(3, { deploy_minutes: 1, ...canary })],
      },
    ],
  });

/** A workspace of the test's own, and the program against it. */
async function open(canary: Record<string, unknown> = {}, minutesPerSecond = FAST) {
  const sandbox = await startSandbox({ seed: workspace(canary), clock: { kind: 'scaled', minutesPerSecond } });
  sandboxes.push(sandbox);
  const { host, token } = sandbox;
  const start = (...args: string[]) =>
    startServer(['rollout', ...args], { DATABRICKS_HOST: host, DATABRICKS_TOKEN: token });
  const get = async (path: string): Promise<Data> =>
    (await fetch(`${host}${path}`, { headers: { authorization: `Bearer ${token}` } })).json();
  return {
    sandbox,
    start,
    run: (...args: string[]) => ended(start(...args)),
    async served() {
      const { config, tags } = await get('/api/2.0/serving-endpoints/churn');
      const routes: Data[] = config.traffic_config?.routes ?? [];
      const model = await get('/api/2.1/unity-catalog/models/ml.prod.churn?include_aliases=true');
      return {
        traffic: Object.fromEntries(routes.map((each) => [each.served_entity_name, each.traffic_percentage])),
        mark: tags?.find(({ key }: Data) => key === MARK)?.value,
        alias: model.aliases[0].version_num,
      };
    },
  };
}

async function ended(program: ReturnType<typeof startServer>) {
  const { code } = await program.exited;
  const text = program.stdout();
  return { code, stderr: program.stderr(), report: text === '' ? undefined : (JSON.parse(text) as Data) };
}

/** Waits for words on stderr. */
async function says(program: ReturnType<typeof startServer>, words: RegExp) {
  await vi.waitFor(() => expect(program.stderr()).toMatch(words), { timeout: 40_000, interval: 20 });
}

const CHURN = ['churn', '--version', '3', '--plan', PLAN];

describe.concurrent('the rollout command', () => {
  test('plays a healthy version to its end, and moves the alias', async () => {
    const { run, served } = await open();
    const { code, stderr, report } = await run(...CHURN, '--alias', 'champion');
    expect([code, report.outcome], stderr).toEqual([0, 'done']);
    expect(report.report.map(({ percent, verdict }: Data) => [percent, verdict])).toEqual([
      [50, 'pass'],
      [100, 'pass'],
    ]);
    expect(report.guarded_rollout).toMatchObject({
      state: 'done',
      steps: [50, 100],
      report: [
        { step: 1, percent: 50, canary: { errors_5xx_percent: 0 }, verdict: 'pass' },
        { step: 2, percent: 100, verdict: 'pass' },
      ],
    });
    expect(stderr).toMatch(/^churn: version 3 is deployed[^\n]*\nchurn: step 1 of 2[^\n]*\n[\s\S]*churn: done;/);
    expect(stderr.trimEnd().split('\n').length).toBeLessThanOrEqual(6);
    expect(await served()).toEqual({ traffic: { 'churn-2': 0, 'churn-3': 100 }, mark: undefined, alias: 3 });
  });

  test.runIf(RUN_ALL)('moves the alias and removes the old version with --no-journal and --yes', async () => {
    const { run, served } = await open();
    const { code, stderr } = await run(...CHURN, '--alias', 'champion', '--remove-old', '--yes', '--no-journal');
    expect(code, stderr).toBe(0);
    expect(stderr).toContain('--yes agrees: At the end, churn-2 is removed');
    expect(await served()).toMatchObject({ traffic: { 'churn-3': 100 }, mark: undefined, alias: 3 });
  });

  test('ends with 3 where the version fails, and the old one serves', async () => {
    const { run, served } = await open({ error_5xx_rate: 0.4 });
    const { code, stderr, report } = await run(...CHURN, '--alias', 'champion');
    expect([code, report.outcome, report.report[0].verdict], stderr).toEqual([3, 'rolled_back', 'fail (errors_5xx)']);
    expect(report.guarded_rollout).toMatchObject({ state: 'rolled_back', reason: report.reason });
    expect(report.guarded_rollout.gates[0]).toMatchObject({ gate: 'errors_5xx', verdict: 'fail' });
    expect(await served()).toEqual({
      traffic: { 'churn-2': 100, 'churn-3': 0 },
      mark: expect.stringMatching(ROLLED_BACK),
      alias: 2,
    });
  });

  test('ends with 4 where the version cannot be deployed, and leaves no mark', async () => {
    const { run, served } = await open({ failure: { phase: 'load', message: 'No module named x' } });
    const { code, stderr, report } = await run(...CHURN);
    expect([code, report.outcome, report.error.code], stderr).toEqual([4, 'failed', 'update_failed']);
    expect(await served()).toMatchObject({ mark: undefined, alias: 2 });
  });

  test('holds at SIGTERM, and another runner finds it held and aborts it', async () => {
    const { start, run, served } = await open({}, 2);
    const program = start(...CHURN);
    await says(program, /step 1 of 2/);
    program.kill('SIGTERM');
    const { code, stderr, report } = await ended(program);
    expect([code, report.outcome, report.step], stderr).toEqual([2, 'held', '1 of 2 (50 %)']);
    expect(stderr).toContain('SIGTERM: no new step begins, and the rollout is held.');
    expect(await served()).toMatchObject({
      traffic: { 'churn-2': 50, 'churn-3': 50 },
      mark: expect.stringContaining('held'),
    });
    // Another runner has no record of the first one.
    expect(await run(...CHURN)).toMatchObject({ code: 2, report: { outcome: 'held' } });
    expect(await run(...CHURN, '--action', 'abort')).toMatchObject({ code: 3, report: { outcome: 'rolled_back' } });
    expect((await served()).traffic).toEqual({ 'churn-2': 100, 'churn-3': 0 });
  });

  // The second program may wait for a whole minute of its own, before it has seen how fast the time of the workspace passes.
  const patient = { timeout: 180_000 };
  test.runIf(RUN_ALL)('holds at SIGTERM, and another runner resumes it to its end', patient, async () => {
    const { start, run, served } = await open({}, 2);
    const steady = ['churn', '--version', '3', '--plan', JSON.stringify({ ...JSON.parse(PLAN), max_minutes: 360 })];
    const program = start(...steady, '--alias', 'champion');
    await says(program, /step 1 of 2/);
    program.kill('SIGTERM');
    expect((await ended(program)).code).toBe(2);
    const { code, stderr, report } = await run(...steady, '--alias', 'champion', '--action', 'resume');
    expect([code, report.outcome], stderr).toEqual([0, 'done']);
    expect(report.report.map(({ percent, verdict }: Data) => [percent, verdict])).toEqual([
      [50, 'pass'],
      [100, 'pass'],
    ]);
    expect(await served()).toEqual({ traffic: { 'churn-2': 0, 'churn-3': 100 }, mark: undefined, alias: 3 });
  });

  test.runIf(RUN_ALL).each(['SIGINT', 'SIGTERM'] as const)(
    'cuts off no request at %s: the open one takes effect, and the rollout is held there',
    async (signal) => {
      const { start, served, sandbox } = await open();
      const shifts = () => sandbox.requests.filter(({ method, path }) => method === 'PUT' && path.endsWith('/config'));
      // The first PUT deploys the version, and the second shifts traffic.
      sandbox.faults.add({
        match: { method: 'PUT', path: '/api/2.0/serving-endpoints/churn/config' },
        skip: 1,
        times: 1,
        effect: { delay_ms: 1_500 },
      });
      const program = start(...CHURN);
      // A request without a status has no answer yet.
      await vi.waitFor(() => expect(shifts().map(({ status }) => status)).toEqual([200, 0]), {
        timeout: 40_000,
        interval: 20,
      });
      program.kill(signal);
      const { code, stderr, report } = await ended(program);
      expect([code, report.outcome, report.step], stderr).toEqual([2, 'held', '1 of 2 (50 %)']);
      expect(shifts()).toHaveLength(2);
      expect(await served()).toMatchObject({
        traffic: { 'churn-2': 50, 'churn-3': 50 },
        mark: expect.stringMatching(/^r\w+ held version 3 step 1 of 50-100 /),
      });
    },
  );

  test.runIf(RUN_ALL)('holds at SIGINT while the new version is deployed', async () => {
    const { start, served } = await open({ deploy_minutes: 60 }, 1);
    const program = start(...CHURN);
    await vi.waitFor(async () => expect((await served()).mark).toContain('version 3'), { timeout: 20_000 });
    program.kill('SIGINT');
    const { code, stderr, report } = await ended(program);
    expect([code, report.outcome], stderr).toEqual([2, 'held']);
    expect((await served()).mark).toContain('held');
  });

  test.runIf(RUN_ALL)('ends at once at a second signal', async () => {
    const { start, served } = await open({ deploy_minutes: 60 }, 1);
    const program = start(...CHURN);
    await vi.waitFor(async () => expect((await served()).mark).toContain('version 3'), { timeout: 20_000 });
    program.kill('SIGTERM');
    await says(program, /SIGTERM/);
    program.kill('SIGTERM');
    const { code, report } = await ended(program);
    expect([code, report]).toEqual([4, undefined]);
  });

  test('shows the plan in a dry run, and sends nothing', async () => {
    const { run, served } = await open();
    const { code, report } = await run(...CHURN, '--dry-run');
    expect(code).toBe(0);
    expect(report).toMatchObject({ dry_run: true, plan: { steps: [50, 100] } });
    expect(report.requests.length).toBeGreaterThan(3);
    expect((await served()).mark).toBeUndefined();
  });

  test.runIf(RUN_ALL)('only measures with --observe-only, and ends with the verdict', async () => {
    const { run, served } = await open();
    const { code, stderr, report } = await run(...CHURN, '--observe-only');
    expect([code, report.gates_would], stderr).toEqual([2, 'promote']);
    expect((await served()).traffic).toEqual({ 'churn-2': 50, 'churn-3': 50 });
  });

  const policy = join(folder, 'policy.json');
  writeFileSync(policy, JSON.stringify({ endpoints: { deny: ['churn'] } }));
  const probes = join(folder, 'probes.json');
  writeFileSync(probes, '[{');
  const refused: [string, string[], RegExp][] = [
    ['no version', ['churn'], /rollout needs a version/],
    ['no endpoint', ['--version', '3'], /rollout needs the name of an endpoint/],
    ['an unknown option', [...CHURN, '--bogus'], /unknown option "--bogus"/],
    ['an unknown action', [...CHURN, '--action', 'holt'], /did you mean "hold"/],
    ['an option of the server', [...CHURN, '--toolsets', 'all'], /--toolsets is an option of the server/],
    ['a plan that is no JSON', ['churn', '--version', '3', '--plan', '{"steps":'], /--plan is not JSON/],
    ['a plan without a file', ['churn', '--version', '3', '--plan', join(folder, 'none')], /--plan: cannot read/],
    ['probes that are no JSON', [...CHURN, '--probes', probes], /--probes is not JSON/],
    ['steps that do not rise', ['churn', '--version', '3', '--plan', '{"steps":[50,20]}'], /steps must rise/],
    ['a version that does not exist', ['churn', '--version', '9', '--plan', PLAN], /no version 9/],
    ['a missing consent', [...CHURN, '--remove-old'], /This needs --yes: At the end, churn-2 is removed/],
    ['read-only mode', [...CHURN, '--read-only'], /read-only/],
    ['nothing to resume', [...CHURN, '--action', 'resume'], /no rollout runs/],
  ];
  /** The others run in `npm run test:all`. */
  const always = new Set(['no version', 'steps that do not rise', 'a missing consent']);
  test.each(refused.filter(([what]) => RUN_ALL || always.has(what)))(
    'refuses %s with 1, and sends nothing',
    async (_what, args, words) => {
      const { run, served } = await shared();
      const { code, stderr } = await run(...args);
      expect(stderr).toMatch(words);
      expect(code).toBe(1);
      expect((await served()).mark).toBeUndefined();
    },
  );
});

let opened: ReturnType<typeof open> | undefined;
/** Refused calls share a workspace. */
function shared() {
  opened ??= open();
  return opened;
}

describe.concurrent('the recipes', () => {
  const text = readFileSync(new URL('../../src/commands/README.md', import.meta.url), 'utf8');
  const lines = [...text.matchAll(/databricks-serving-mcp (rollout house-price (?:'[^'\n]*'|[^\n>"'])*)/g)].map(
    ([, line = '']) => line.trim(),
  );
  test('are five', () => expect(lines).toHaveLength(5));

  // A dry run reads all that the rollout would, so the fast set tries the lines for CI and the job that way.
  const tried = lines.map((line, at) => [at, line] as const).filter(([at]) => RUN_ALL || at > 1);
  test.each(tried)('%d: %s', async (_at, line) => {
    const args = [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? '');
    const sandbox = args.includes('--sandbox') ? [] : ['--sandbox'];
    const quick = RUN_ALL || args.includes('--sandbox') ? [] : ['--dry-run'];
    const full = [...args, ...sandbox, ...quick.filter((each) => !args.includes(each))];
    // Faster, the command would miss minutes, because it reads at most four times a second.
    const fast = sandbox.length > 0 ? ['--sandbox-minutes-per-second', '4'] : [];
    const { code, stderr, report } = await ended(
      startServer([...full, ...fast].map((arg) => (arg === 'rollout.jsonl' ? join(folder, arg) : arg))),
    );
    expect(stderr).not.toContain('unknown');
    expect(report).toMatchObject({ endpoint: 'house-price', version: '2' });
    expect([code, report.outcome ?? 'dry run'], stderr).toEqual([0, report.dry_run ? 'dry run' : 'done']);
  });

  /** A shell whose PATH has the built program, as after its installation. */
  function shellOf(sandbox: Sandbox, command: string[]) {
    const place = mkdtempSync(join(folder, 'step-'));
    symlinkSync(BUILT, join(place, 'databricks-serving-mcp'));
    const env = {
      PATH: `${place}:${process.env.PATH ?? ''}`,
      HOME: place,
      DATABRICKS_HOST: sandbox.host,
      DATABRICKS_TOKEN: sandbox.token,
    };
    const [program = '', ...args] = command;
    const child = spawn(program, args, { cwd: place, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const text = { out: '', err: '' };
    child.stdout.on('data', (chunk) => (text.out += chunk));
    child.stderr.on('data', (chunk) => (text.err += chunk));
    return { child, place, text, exited: once(child, 'exit').then(([code]) => code as number | null) }; // an exit has a code or none
  }
  const house = async () => {
    const sandbox = await startSandbox({ clock: { kind: 'scaled', minutesPerSecond: 4 } });
    sandboxes.push(sandbox);
    return sandbox;
  };

  test.runIf(RUN_ALL)('the step of CI is held by a signal to its shell, and keeps its progress', async () => {
    const step = /run: \|\n((?: {4}.+\n)+)/.exec(text)?.[1] ?? '';
    // The installation is that of the test.
    const script = step.replace(/^ *npm install --global databricks-serving-mcp\n/, '');
    expect(script).not.toBe(step);
    const { child, place, text: said, exited } = shellOf(await house(), ['bash', '-e', '-c', script]);
    await vi.waitFor(() => expect(said.err).toMatch(/step 1 of 4/), { timeout: 40_000, interval: 20 });
    child.kill('SIGINT');
    expect(await exited, said.err).toBe(2);
    expect(JSON.parse(readFileSync(join(place, 'report.json'), 'utf8'))).toMatchObject({ outcome: 'held' });
    await vi.waitFor(() =>
      expect(readFileSync(join(place, 'progress.txt'), 'utf8')).toMatch(/SIGINT[\s\S]*held; step 1/),
    );
    for (const file of ['report.json', 'progress.txt']) expect(text).toMatch(new RegExp(`^ {6}${file}$`, 'm'));
  });

  test.runIf(RUN_ALL)('the task of a job hands a cancellation on, and prints the report', async () => {
    const program = /```python\n([\s\S]+?)```/.exec(text)?.[1] ?? '';
    const { child, text: said, exited } = shellOf(await house(), ['python3', '-c', program]);
    await vi.waitFor(() => expect(said.err).toMatch(/step 1 of 4/), { timeout: 40_000, interval: 20 });
    child.kill('SIGTERM');
    expect(await exited, said.err).toBe(2);
    expect(JSON.parse(said.out)).toMatchObject({ outcome: 'held' });
  });
});

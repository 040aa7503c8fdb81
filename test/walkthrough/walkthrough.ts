/**
 * Three jobs of somebody who runs an endpoint, done by an MCP client on the sandbox and verified step by step: `npm run walkthrough` prints
 * them, and the README shows what it prints. The clock is manual: minutes of deployment take milliseconds, and every run prints the same.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { callOf, type Result, type Scene, stage } from './stage.ts';

export interface Walkthrough {
  title: string;
  /** What an agent sees: calls, results, and statements that were verified. */
  text: string;
}

const SCENES: { title: string; play(scene: Scene): Promise<void> }[] = [
  { title: 'A canary by hand', play: canary },
  { title: 'A grant by name', play: grant },
  { title: 'A failed build, explained', play: failedBuild },
];

async function canary(scene: Scene): Promise<void> {
  const { ask, show, follow, print } = scene;
  const before = await state(scene);
  const undos: string[] = [];
  const started = await show('swap_version', { endpoint: 'churn', version: 2, traffic_percent: 10 }, [
    'outcome',
    'serving',
    'next',
    'undo',
  ]);
  equal(started.outcome, 'waiting');
  undos.unshift(started.undo);
  const swapped = await follow(started, ['outcome', 'serving']);
  equal(swapped.outcome, 'ready');
  deepEqual(await shares(scene), { 'churn-1': 90, 'churn-2': 10 });
  print.fact('version 2 has a tenth of the traffic, version 1 the rest');

  const metrics = await show('get_metrics', { endpoint: 'churn' }, ['entities', 'comparison']);
  const [old, fresh] = metrics.entities;
  deepEqual([old.entity, fresh.entity], ['churn-1', 'churn-2']);
  ok(old.requests > 5 * fresh.requests, 'the old entity gets most requests');
  ok(metrics.comparison[0].p95_ratio < 1, 'the new entity is faster');
  ok(metrics.comparison[0].error_5xx_points <= 0, 'the new entity fails no more often');
  print.fact('version 2 is faster and fails no more often');

  for (const percent of [50, 100]) {
    const traffic = { 'churn-1': 100 - percent, 'churn-2': percent };
    const moved = await show('set_traffic', { endpoint: 'churn', traffic }, ['outcome', 'serving', 'undo']);
    equal(moved.outcome, 'ready');
    undos.unshift(moved.undo);
    deepEqual(await shares(scene), traffic);
  }
  print.fact('version 2 has all of the traffic; version 1 is still up');

  const remove = { endpoint: 'churn', remove_entities: ['churn-1'] };
  const removed = await show('update_endpoint', remove, ['outcome', 'serving']);
  equal(removed.outcome, 'ready');
  undos.unshift(removed.undo);
  const alias = { model: 'ml.prod.churn', alias: 'champion', version: 2 };
  const moved = await show('set_alias', alias, ['version', 'was', 'undo']);
  deepEqual([moved.was, moved.version, moved.changed], [1, 2, true]);
  undos.unshift(moved.undo);

  const after = await state(scene);
  equal(after.serving.length, 1);
  deepEqual([after.serving[0].serves, after.serving[0].traffic_percent], ['ml.prod.churn 2', 100]);
  equal(after.serving[0].size, 'Medium', 'what nobody named stayed');
  equal(after.champion, 2);
  print.fact('churn serves version 2 alone, in the size it had, and the alias champion names it');

  for (const undo of undos) {
    const { tool, args } = callOf(undo);
    await ask(tool, tool === 'set_alias' ? args : { ...args, wait_seconds: 1800 });
  }
  deepEqual(await state(scene), before);
  print.fact(`the ${undos.length} undo calls, the last one first, bring back what was`);
}

async function grant({ ask, show, print }: Scene): Promise<void> {
  const wanted = [
    { principal: 'analysts', level: 'CAN_QUERY' },
    { principal: 'nightly-scoring', level: 'CAN_QUERY' },
  ];
  const before = (await ask('get_permissions', { endpoint: 'churn' })).grants;
  const given = await show('update_permissions', { endpoint: 'churn', grant: wanted }, ['changes', 'undo']);
  deepEqual(
    given.changes.map((change: { field: string; to: string }) => [change.field, change.to]),
    [
      ['group analysts', 'CAN_QUERY'],
      ['service_principal 4f2b8c1e-6d0a-4a57-9c3e-1b7d5e9f0a21', 'CAN_QUERY'],
    ],
  );
  const after = (await ask('get_permissions', { endpoint: 'churn' })).grants;
  const added = after.filter((each: { level: string }) => each.level === 'CAN_QUERY');
  equal(added.length, 2);
  deepEqual(
    after.filter((each: { level: string }) => each.level !== 'CAN_QUERY'),
    before,
  );
  print.fact('a group and a service principal, by name, in one call; everybody else has what they had');

  const mistyped = { endpoint: 'churn', grant: [{ principal: 'analyst', level: 'CAN_QUERY' }] };
  const refused = await show('update_permissions', mistyped, ['error'], true);
  match(refused.error.message, /nobody is called "analyst"/);
  deepEqual((await ask('get_permissions', { endpoint: 'churn' })).grants, after);
  print.fact('a name that nobody has is refused, and nothing has changed');
}

async function failedBuild(scene: Scene): Promise<void> {
  const { show, follow, print } = scene;
  const before = await state(scene);
  const wanted = { endpoint: 'churn', version: 3, alias: 'champion' };
  const started = await show('swap_version', wanted, ['outcome', 'next']);
  const failed = await follow(started, ['error', 'serving', 'log_lines', 'alias']);
  equal(failed.outcome, 'failed');
  equal(failed.error.code, 'update_failed');
  ok(failed.log_lines.some((line: string) => /^build: .*No matching distribution found/.test(line)));
  deepEqual(await state(scene), before);
  print.fact('the answer names the package that is missing; version 1 serves on and keeps the alias');

  const where = { endpoint: 'churn', log: 'build', contains: 'ERROR' };
  const log = await show('get_logs', where, ['entity', 'lines']);
  equal(log.entity, 'churn-3');
  ok(log.lines.some((line: string) => line.includes('No matching distribution found for churn-features==2.1.0')));
  print.fact('the build log of the failed entity is found without naming the entity');
}

/** What serves, and where the alias points: as the workspace says. */
async function state({ ask }: Scene): Promise<{ serving: Result[]; champion: number }> {
  const { serving } = await ask('get_endpoint', { endpoint: 'churn' });
  const { versions } = await ask('list_model_versions', { model: 'ml.prod.churn' });
  const named = versions.find((each: { aliases?: string[] }) => each.aliases?.includes('champion'));
  return { serving, champion: Number(named?.version) };
}

/** Percent by entity, as the endpoint itself says and not the answer of the call that changed it. */
async function shares({ ask }: Scene): Promise<Record<string, number>> {
  const { serving } = await ask('get_endpoint', { endpoint: 'churn' });
  return Object.fromEntries(
    serving.map((each: { entity: string; traffic_percent: number }) => [each.entity, each.traffic_percent]),
  );
}

/** Plays all of them, each on a workspace of its own. Rejects when a step is not as it should be. */
export async function walkThroughs(): Promise<Walkthrough[]> {
  const played: Walkthrough[] = [];
  for (const { title, play } of SCENES) {
    const { scene, taken, close } = await stage();
    try {
      await play(scene);
      played.push({ title, text: taken() });
    } finally {
      await close();
    }
  }
  return played;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const { title, text } of await walkThroughs()) process.stdout.write(`${title}\n\n${text}\n\n`);
}

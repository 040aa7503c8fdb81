/**
 * Seven jobs of a person who runs endpoints and model services, done by an MCP client on the built-in workspace and verified step by step. `npm run walkthrough`
 * prints them, and the documents show the output. The clock is manual, so minutes of deployment take milliseconds and every run prints the same.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { type Result, type Scene, stage } from './stage.ts';

export interface Walkthrough {
  title: string;
  /** The view of an agent: calls, results, and statements that were verified. */
  text: string;
}

/** The incident of the diagnosis, as `--sandbox-incident` names it. */
export const INCIDENT = 'new-version-crashes';

/** Its title, because the README shows it too. */
export const ROLLBACK = 'A rollout that goes back by itself';

const SCENES: { title: string; incident?: string; play(scene: Scene): Promise<void> }[] = [
  { title: 'A guarded rollout', play: guardedRollout },
  { title: ROLLBACK, play: rollback },
  { title: 'A canary by hand', play: canary },
  { title: 'A grant by name', play: grant },
  { title: 'A model service with a fallback and a limit', play: modelService },
  { title: 'A failed deployment, explained', play: failedDeployment },
  { title: 'A diagnosis in one call', incident: INCIDENT, play: diagnosis },
];

const PRICE = { endpoint: 'house-price', model: 'ml.prod.house_price' };
const CHURN = { endpoint: 'churn-legacy', model: 'ml.prod.churn' };

async function guardedRollout(scene: Scene): Promise<void> {
  const { ask, show, print } = scene;
  const { endpoint } = PRICE;
  const before = await state(scene, PRICE);

  const wanted = { endpoint, version: 2, alias: 'champion', plan: { steps: [25, 100] } };
  const begun = await show('roll_out', wanted, ['outcome', 'note']);
  equal(begun.outcome, 'waiting');
  deepEqual(await shares(scene), { 'house_price-1': 100, 'house_price-2': 0 });
  print.fact('version 2 is deployed, and no request reaches it yet');

  const first = await show('roll_out', nextOf(begun), ['outcome', 'step', 'watching']);
  deepEqual(await shares(scene), { 'house_price-1': 75, 'house_price-2': 25 });
  const second = await show('roll_out', nextOf(first), ['outcome', 'step']);
  deepEqual(await shares(scene), { 'house_price-1': 0, 'house_price-2': 100 });
  equal((await state(scene, PRICE)).champion, 1);
  print.fact('version 2 passed its gates at 25 %, so it has all of the traffic; the alias still waits');

  const done = await show('roll_out', nextOf(second), ['outcome', 'report', 'alias']);
  equal(done.outcome, 'done');
  deepEqual(
    done.report.map(({ percent, verdict }: Result) => [percent, verdict]),
    [
      [25, 'pass'],
      [100, 'pass'],
    ],
  );
  equal((await state(scene, PRICE)).champion, 2);
  print.fact('after 40 minutes at 100 %, the alias moved; version 1 stays at 0 % for a quick way back');

  const { changes } = await ask('list_changes', { endpoint });
  equal(changes.length, 1);
  await ask('undo_change', { id: changes[0].id });
  deepEqual(served(await state(scene, PRICE)), served(before));
  print.fact('undo_change takes the whole rollout back, the alias included');
}

async function modelService({ ask, show, print, outage }: Scene): Promise<void> {
  const service = 'ml.prod.helpdesk';
  const chat = { endpoint: service, messages: [{ role: 'user', content: 'Hello' }] };
  /** The models that answer twenty requests. */
  const answered = async () => {
    const models = new Set<string>();
    for (let at = 0; at < 20; at++) models.add((await ask('query_endpoint', chat)).model);
    return [...models].sort();
  };

  const claude = { model: 'system.ai.claude-sonnet-4-6', percent: 50 };
  const gpt = { provider: 'ml.prod.openai_prod', model: 'gpt-4o', percent: 50 };
  const made = await show('create_model_service', { model_service: service, destinations: [claude, gpt] }, [
    'gateway',
    'destinations',
  ]);
  deepEqual(Object.keys(made.destinations), ['claude-sonnet-4-6', 'gpt-4o']);
  deepEqual(await answered(), ['claude-sonnet-4-6', 'gpt-4o']);
  print.fact('query_endpoint with its name reaches both models, each with about half of the requests');

  const fallbacks = [{ model: 'system.ai.gpt-oss-120b' }];
  await show('update_model_service', { model_service: service, fallbacks }, ['changes', 'takes_effect']);
  await outage(service, 'gpt-4o');
  deepEqual(await answered(), ['claude-sonnet-4-6', 'gpt-oss-120b-080525']);
  print.fact('gpt-4o fails now, and the fallback answers in its place: no request is lost');

  const set = [{ key: 'user', calls: 20, period: 'hour' }];
  const limited = await show('set_rate_limits', { endpoint: service, set }, ['rate_limits', 'takes_effect']);
  const refused = await show('query_endpoint', chat, ['error'], true);
  equal(refused.error.code, 'REQUEST_LIMIT_EXCEEDED');
  await ask('undo_change', { id: JSON.parse(limited.undo.slice('undo_change '.length)).id });
  print.fact('the hour already had more requests than the limit allows; the limit is undone again');
}

async function rollback(scene: Scene): Promise<void> {
  const { show, print } = scene;
  const { endpoint } = PRICE;
  const before = await state(scene, PRICE);
  const begun = await show('roll_out', { endpoint, version: 3, alias: 'champion' }, ['note']);
  const first = await show('roll_out', nextOf(begun), ['step', 'watching']);
  const ended = await show('roll_out', nextOf(first), ['outcome', 'reason']);
  equal(ended.outcome, 'rolled_back');
  match(ended.reason, /^5xx/);
  deepEqual(await shares(scene), { 'house_price-1': 100, 'house_price-3': 0 });
  deepEqual(served(await state(scene, PRICE)), served(before));
  print.fact('version 1 has all of the traffic again, and the alias never moved');
}

/** The arguments of the call that an answer names. */
function nextOf({ next }: Result): Record<string, unknown> {
  return JSON.parse(/^roll_out (\{.*\})$/.exec(next)?.[1] ?? 'null');
}

/** The entities with traffic, and the version of the alias. */
function served({ serving, champion }: Awaited<ReturnType<typeof state>>): unknown {
  return { champion, serving: serving.filter((each) => each.traffic_percent > 0) };
}

async function canary(scene: Scene): Promise<void> {
  const { ask, show, print } = scene;
  const { endpoint } = PRICE;
  const before = await state(scene, PRICE);

  const started = await show('swap_version', { endpoint, version: 2, traffic_percent: 10 }, ['outcome', 'serving']);
  equal(started.outcome, 'ready');
  deepEqual(await shares(scene), { 'house_price-1': 90, 'house_price-2': 10 });
  const early = await show('get_metrics', { endpoint }, ['comparison']);
  match(early.comparison[0].caution, /too few/);
  print.fact('version 2 gets a tenth of the traffic, which is not enough to judge it');

  const traffic = { 'house_price-1': 60, 'house_price-2': 40 };
  const moved = await show('set_traffic', { endpoint, traffic }, ['outcome', 'serving']);
  equal(moved.outcome, 'ready');
  deepEqual(await shares(scene), traffic);
  const [compared] = (await show('get_metrics', { endpoint }, ['comparison'])).comparison;
  equal(compared.caution, undefined);
  ok(compared.p95_ratio <= 1.1 && compared.error_5xx_points <= 0, JSON.stringify(compared));
  print.fact('with 40 % of the traffic, version 2 is as fast as version 1 and fails no more often');

  const whole = { endpoint, version: 2, alias: 'champion' };
  const swapped = await show('swap_version', whole, ['outcome', 'serving', 'alias']);
  equal(swapped.outcome, 'ready');
  const after = await state(scene, PRICE);
  deepEqual(
    after.serving.map((each: Result) => [each.serves, each.traffic_percent, each.size]),
    [[`${PRICE.model} 2`, 100, before.serving[0].size]],
  );
  equal(after.champion, 2);
  print.fact('version 2 serves alone, at the size that version 1 had, and the alias champion points to it');

  const { changes } = await ask('list_changes', { endpoint });
  for (const { id } of changes) await ask('undo_change', { id });
  deepEqual(await state(scene, PRICE), before);
  print.fact(`undo_change takes the ${changes.length} changes back, newest first`);
}

async function grant({ ask, show, print }: Scene): Promise<void> {
  const { endpoint } = CHURN;
  const grants = async () => (await ask('get_permissions', { endpoint })).grants;
  const before = await grants();
  const wanted = { endpoint, grant: [{ principal: 'deploy-bot', level: 'CAN_QUERY' }] };
  const { changes } = await show('update_permissions', wanted, ['changes']);
  deepEqual(changes, [{ field: 'service_principal 4f2b8c1e-6d0a-4a57-9c3e-1b7d5e9f0a21', to: 'CAN_QUERY' }]);
  const after: { display?: string }[] = await grants();
  equal(after.length, before.length + 1);
  deepEqual(
    after.filter(({ display }) => display !== 'deploy-bot'),
    before,
  );
  print.fact('the display name is enough for a service principal, and the other grants are unchanged');

  const mistyped = { endpoint, grant: [{ principal: 'analyst', level: 'CAN_QUERY' }] };
  const refused = await show('update_permissions', mistyped, ['error'], true);
  match(refused.error.message, /"analyst"/);
  deepEqual(await grants(), after);
  print.fact('an unknown name is refused, and nothing is sent');
}

async function failedDeployment(scene: Scene): Promise<void> {
  const { show, print } = scene;
  const { endpoint } = CHURN;
  const before = await state(scene, CHURN);
  const wanted = { endpoint, version: 4, alias: 'champion' };
  const failed = await show('swap_version', wanted, ['error', 'serving', 'log_lines', 'alias'], true);
  equal(failed.outcome, 'failed');
  equal(failed.error.code, 'update_failed');
  ok(failed.log_lines.some((line: string) => /^service: .*ModuleNotFoundError/.test(line)));
  deepEqual(await state(scene, CHURN), before);
  print.fact('version 1 keeps serving and keeps the alias; the log names the missing module');

  const log = await show('get_logs', { endpoint, contains: 'No module' }, ['entity', 'lines']);
  equal(log.entity, 'churn-4');
  ok(log.lines.some((line: string) => line.includes("No module named 'sklearn.ensemble._gb_losses'")));
  print.fact('the log of the failed entity is found without its name');
}

async function diagnosis({ show, print }: Scene): Promise<void> {
  const { verdict, findings } = await show('diagnose_endpoint', { endpoint: 'claims-triage' }, ['verdict', 'findings']);
  equal(verdict, 'update_failed');
  equal(findings.length, 1);
  const [{ evidence, remedy }] = findings;
  ok(evidence.length > 0 && remedy !== undefined);
  print.fact('one call names the cause, the lines that prove it, and who can correct it');
}

/** Settings of the served entities, and the version of the alias: as the workspace says. */
async function state(
  { ask }: Scene,
  { endpoint, model }: typeof PRICE,
): Promise<{ serving: Result[]; champion: number }> {
  const { serving } = await ask('get_endpoint', { endpoint });
  const { versions } = await ask('list_model_versions', { model });
  const named = versions.find((each: { aliases?: string[] }) => each.aliases?.includes('champion'));
  // An undo deploys the same settings again: at another time, and by another user.
  const settings = serving.map(({ creator: _who, created: _when, ...rest }: Result) => rest);
  return { serving: settings, champion: Number(named?.version) };
}

/** Percent by entity, from the endpoint itself and not from the answer of the call that changed it. */
async function shares({ ask }: Scene): Promise<Record<string, number>> {
  const { serving } = await ask('get_endpoint', { endpoint: PRICE.endpoint });
  return Object.fromEntries(
    serving.map((each: { entity: string; traffic_percent: number }) => [each.entity, each.traffic_percent]),
  );
}

/** Plays all of them, each on a workspace of its own. Rejects when a step has a wrong result. */
export async function walkThroughs(): Promise<Walkthrough[]> {
  const played: Walkthrough[] = [];
  for (const { title, incident, play } of SCENES) {
    const { scene, taken, close } = await stage(incident);
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

/**
 * The life of a serving endpoint, played by a real MCP client with the built server and its sandbox: `npm run demo`.
 * Each step is verified. The first step with a wrong result ends the run with exit code 1.
 */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { parseCalls } from '../../src/journal/lines.ts';
import { type Agent, type Answer, startAgent, startProber } from './agent.ts';
import { type Printer, printer } from './print.ts';

const MODEL = 'ml.prod.churn';
const ROWS = [
  { tenure: 2, monthly_charges: 89.9, support_tickets: 4, contract: 'month-to-month', autopay: false },
  { tenure: 48, monthly_charges: 42.5, support_tickets: 0, contract: 'two-year', autopay: true },
];
/** The logistic function of the seeded coefficients, computed by hand: 2.7242 and -3.301 for version 1, 3.05895 and -3.78475 for version 2. */
const PROBABILITIES = { 1: [0.9384, 0.0355], 2: [0.9552, 0.0222] };

async function discover(agent: Agent, print: Printer): Promise<void> {
  print.step('1. Discover');
  const { data } = done(await agent.call('list_endpoints'));
  const names = data.endpoints.map((each: { name: string }) => each.name);
  ok(names.includes('house-price'), 'the seeded endpoint house-price is listed');
  ok(!names.includes('churn'), 'there is no endpoint churn yet');
  const taken = data.endpoints.find((each: { name: string }) => each.name === 'churn-legacy');
  match(taken?.serves, /ml\.prod\.churn 1/);
  print.fact(`${data.total} endpoints; churn does not exist yet, its model ${MODEL} does`);
}

export async function create(agent: Agent, print: Printer): Promise<void> {
  print.step('2. Create the endpoint and wait until it serves');
  const created = done(
    await agent.call('create_endpoint', { endpoint: 'churn', model: MODEL, version: 1, scale_to_zero: false }),
  ).data;
  equal(created.changed, true);
  equal(created.outcome, 'waiting');
  match(created.next, /^wait_for_endpoint /);

  const waited = done(await agent.call('wait_for_endpoint', { endpoint: 'churn', version: '1' })).data;
  equal(waited.outcome, 'ready');
  equal(waited.serving, 'serving churn-1 (100 %)');

  const seen = done(await agent.call('get_endpoint', { endpoint: 'churn' })).data;
  equal(seen.status, 'ready');
  equal(seen.serving[0].serves, `${MODEL} 1`);
  equal(seen.serving[0].traffic_percent, 100);
  equal(seen.serving[0].deployment, 'ready');
  print.fact('churn serves version 1 with all of the traffic');
}

async function query(agent: Agent, print: Printer): Promise<void> {
  print.step('3. Query it, and stream a chat answer from a foundation model');
  const { data } = done(await agent.call('query_endpoint', { endpoint: 'churn', dataframe_records: ROWS }));
  deepEqual(probabilities(data), PROBABILITIES[1]);
  equal(data.served_by, 'churn-1');
  print.fact(`two rows, the probabilities of version 1: ${PROBABILITIES[1].join(' and ')}`);

  const question = 'In one sentence: what does a champion alias of a model do?';
  const answer = done(
    await agent.call('query_endpoint', {
      endpoint: 'databricks-claude-sonnet-4-6',
      messages: [{ role: 'user', content: question }],
      stream: true,
    }),
  ).data;
  ok(answer.text.length > 0, 'the streamed answer has text');
  equal(answer.incomplete, undefined);
  ok(answer.first_text_milliseconds <= answer.milliseconds, 'the first text came before the end');
  equal(answer.usage.total_tokens, answer.usage.prompt_tokens + answer.usage.completion_tokens);
  print.fact(`streamed ${answer.usage.completion_tokens} tokens, the first after ${answer.first_text_milliseconds} ms`);
}

/** @returns the count of the prober, for the summary. */
export async function swap(agent: Agent, print: Printer): Promise<string> {
  print.step('4. Swap to version 2 while requests keep coming');
  const prober = startProber(agent, { endpoint: 'churn', dataframe_records: [ROWS[0]] }, 40);
  const swapped = done(await agent.call('swap_version', { endpoint: 'churn', version: 2, alias: 'champion' })).data;
  // Some requests must also reach the new version, or the count says nothing about the moment of the change.
  await prober.served('churn-2');
  const { sent, failed, firstFailure, servedBy } = await prober.stop();

  equal(swapped.outcome, 'ready');
  equal(swapped.serving, 'serving churn-2 (100 %)');
  deepEqual(swapped.alias, { name: 'champion', version: 2, was: 1 });
  match(swapped.undo, /^undo_change \{"id":/);
  equal(failed, 0, `${failed} of ${sent} requests failed during the swap, the first with: ${firstFailure}`);
  deepEqual(
    [...servedBy.keys()],
    ['churn-1', 'churn-2'],
    'requests were served by the old version, then by the new one',
  );
  const split = [...servedBy].map(([entity, count]) => `${count} by ${entity}`).join(', ');
  print.fact('no request failed during the swap');
  print.note(`${sent} requests: ${split}`);
  print.fact('the alias champion moved to version 2 after that version was serving');

  const { data } = done(await agent.ask('query_endpoint', { endpoint: 'churn', dataframe_records: ROWS }));
  deepEqual(probabilities(data), PROBABILITIES[2]);
  return `${sent} requests during the swap, ${failed} failed`;
}

export async function failedSwap(agent: Agent, print: Printer): Promise<void> {
  print.step('5. A swap that fails: version 4 does not load');
  const refused = await agent.call('swap_version', { endpoint: 'churn', version: 4, alias: 'champion' });
  equal(refused.isError, true, 'the swap to version 4 is reported as an error');
  equal(refused.data.error.code, 'update_failed');
  equal(refused.data.outcome, 'failed');
  equal(refused.data.serving, 'serving churn-2 (100 %)');
  deepEqual(refused.data.alias, { name: 'champion', version: 2 });

  const { data } = done(await agent.ask('query_endpoint', { endpoint: 'churn', dataframe_records: ROWS }));
  deepEqual(probabilities(data), PROBABILITIES[2]);
  equal(data.served_by, 'churn-2');
  // The alias itself, not the answer of the failed call: a swap to @champion finds nothing to change.
  const champion = done(
    await agent.ask('swap_version', { endpoint: 'churn', version: '@champion', dry_run: true }),
  ).data;
  deepEqual(champion.changes, []);
  print.fact('version 2 still serves, and the alias champion still points to it');

  const log = done(await agent.call('get_logs', { endpoint: 'churn', contains: 'No module named', lines: 5 })).data;
  equal(log.entity, 'churn-4');
  match(log.lines.at(-1), /ModuleNotFoundError: No module named 'sklearn\.ensemble\._gb_losses'/);
  print.fact('the log of the failed entity gives the reason');
}

async function limit(agent: Agent, print: Printer): Promise<void> {
  print.step('6. Set a rate limit and run into it');
  const limits = done(
    await agent.call('set_rate_limits', { endpoint: 'churn', set: [{ key: 'endpoint', calls: 2 }] }),
  ).data;
  equal(limits.changed, true);
  deepEqual(limits.rate_limits, [{ key: 'endpoint', calls: 2, renewal_period: 'minute' }]);

  const one = { endpoint: 'churn', dataframe_records: [ROWS[0]] };
  print.call('query_endpoint', one);
  const count = 30;
  const answers = await Promise.all(Array.from({ length: count }, () => agent.ask('query_endpoint', one)));
  const refused = answers.filter((answer) => answer.isError);
  ok(refused.length > 0, `none of ${count} queries at once was refused, with a limit of two a minute`);
  ok(refused.length < count, 'the limit lets two calls a minute through');
  for (const { data } of refused) match(data.error.message, /\(429 /);
  print.result(refused[0]?.data);
  equal(refused[0]?.data.error.retryable, true);
  match(refused[0]?.data.error.next, /^A rate limit of the endpoint was reached\. .*get_endpoint/);
  const spread = `${count - refused.length} answered, ${refused.length} refused with 429`;
  print.fact(
    `${count} queries at once: ${spread}. A minute of the sandbox is one second, so more than two got through`,
  );
}

async function remove(agent: Agent, print: Printer): Promise<void> {
  print.step('7. Delete it');
  const shown = done(await agent.call('delete_endpoint', { endpoint: 'churn' })).data;
  equal(shown.changed, false);
  equal(shown.preview.serving, 'serving churn-2 (100 %)');
  const agreed = parseCalls(String(shown.next))?.[0];
  const deleted = done(await agent.call('delete_endpoint', agreed?.args ?? {})).data;
  equal(deleted.deleted, true);
  const { data } = done(await agent.ask('list_endpoints', { name_contains: 'churn' }));
  deepEqual(
    data.endpoints.map((each: { name: string }) => each.name),
    ['churn-legacy'],
  );
  print.fact('churn is deleted, and its neighbour churn-legacy is untouched');
}

function done(answer: Answer): Answer {
  equal(answer.isError, false, `the call failed: ${JSON.stringify(answer.data)}`);
  return answer;
}

/** Rounded to four places, as {@link PROBABILITIES}. */
function probabilities(data: { predictions: { churn_probability: number }[] }): number[] {
  return data.predictions.map((row) => Math.round(row.churn_probability * 10_000) / 10_000);
}

function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function run(print: Printer): Promise<void> {
  const started = performance.now();
  print.title('databricks-serving-mcp, started by an MCP client over stdio, on its sandbox (one second is one minute)');
  const agent = await startAgent(['--sandbox'], print);
  let probed: string;
  try {
    print.note(`${agent.tools.length} tools: ${agent.tools.join(', ')}`);
    await discover(agent, print);
    await create(agent, print);
    await query(agent, print);
    probed = await swap(agent, print);
    await failedSwap(agent, print);
    await limit(agent, print);
    await remove(agent, print);
  } catch (error) {
    if (agent.stderr()) print.note(`the server wrote: ${agent.stderr()}`);
    throw error;
  } finally {
    await agent.close();
  }
  equal(agent.stderr(), '', 'the server wrote nothing to stderr');
  ok(!alive(agent.pid), 'the server ended when its client left');
  const took = performance.now() - started;
  print.step(`Done: ${agent.calls()} calls in ${(took / 1000).toFixed(1)} s, every step verified; ${probed}.`);
  print.note(
    'Next: node dist/server.mjs install CLIENT --sandbox. CLIENT is claude-code, cursor, or one that `install` alone lists.',
  );
}

async function main(): Promise<void> {
  const print = printer(process.stdout, process.env);
  try {
    await run(print);
  } catch (error) {
    print.fail(error instanceof Error ? `wrong result: ${error.message}` : String(error));
    if (error instanceof Error && error.stack)
      print.note(
        error.stack
          .split('\n')
          .filter((each) => /\/demo\//.test(each))
          .join('\n'),
      );
    process.exitCode = 1;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();

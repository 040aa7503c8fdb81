/**
 * 20,000 mixed calls by 200 users at once through the built server over HTTP: `npm run soak -- --http`. Each user has a token and an endpoint of
 * their own. Ends with 1 when an answer is wrong or has the data of another user, or when the memory grows. SOAK_CALLS sets another number of calls.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pool } from 'undici';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { record } from './json.ts';
import { growths, mib, percent, sampleMemory } from './memory.ts';
import { end, startServer } from './process.ts';

const CALLS = Number(process.env.SOAK_CALLS ?? 20_000);
const USERS = 200;
/** The first calls fill caches and pools, make the state of each user, and let the compiler settle. */
const WARM_UP = Math.min(CALLS / 2, 8_000);
/** Growth from the first to the last quarter that is still noise. */
const MAX_GROWTH = 0.1;

const users = Array.from({ length: USERS }, (_, number) => number);
const nameOf = (user: number) => `person-${user}@example.com`;
const endpointOf = (user: number) => `own-${user}`;
/** The prediction of a user's model: no two users have the same one. */
const prediction = (user: number, x: number) => user * 1_000 + 2 * x;

const SEED = {
  users: [{ user_name: 'admin@example.com', admin: true }, ...users.map((user) => ({ user_name: nameOf(user) }))],
  models: users.map((user) => ({
    full_name: `ml.soak.own_${user}`,
    owner: nameOf(user),
    versions: [
      {
        version: 1,
        status: 'READY',
        spec: {
          kind: 'linear',
          inputs: [{ name: 'x', type: 'double' }],
          intercept: prediction(user, 0),
          coefficients: { x: 2 },
        },
      },
    ],
  })),
  endpoints: users.map((user) => ({
    name: endpointOf(user),
    creator: nameOf(user),
    config: {
      served_entities: [
        {
          entity_name: `ml.soak.own_${user}`,
          entity_version: '1',
          workload_size: 'Small',
          scale_to_zero_enabled: false,
        },
      ],
    },
  })),
  limits: { writes_per_five_minutes: 1_000_000, endpoints: 2_000 },
};

/** What the platform puts on each request of a user. */
async function headersOf(sandbox: Sandbox, user: number): Promise<Record<string, string>> {
  const token = sandbox.forwardedTokenOf(nameOf(user));
  const me = await fetch(`${sandbox.host}/api/2.0/preview/scim/v2/Me`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const { id } = record(await me.json());
  return {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'x-forwarded-access-token': token,
    'x-forwarded-user': `${id}@${me.headers.get('x-databricks-org-id')}`,
    'x-forwarded-email': nameOf(user),
  };
}

const problems: string[] = [];
const times: number[] = [];
let sent = 0;
let answered = 0;

/** One call of a user, whose answer must be good and must name no other user. */
async function call(pool: Pool, headers: Record<string, string>, user: number, name: string, args: object) {
  const id = ++sent;
  const message = { jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: args } };
  const began = performance.now();
  const { statusCode, body } = await pool.request({
    method: 'POST',
    path: '/mcp',
    headers,
    body: JSON.stringify(message),
  });
  const text = await body.text();
  times.push(performance.now() - began);
  answered++;
  if (statusCode !== 200) throw new Error(`status ${statusCode}: ${text.slice(0, 200)}`);
  for (const [, other] of text.matchAll(/\b(?:own[-_]|person-)(\d+)\b/g))
    if (Number(other) !== user)
      throw new Error(`the answer to user ${user} names user ${other}: ${text.slice(0, 300)}`);
  const answer = record(JSON.parse(text));
  const { structuredContent, isError } = record(answer.result);
  if (answer.id !== id || isError === true || structuredContent === undefined)
    throw new Error(`${name}: ${text.slice(0, 300)}`);
  return record(structuredContent);
}

function same(seen: unknown, wanted: unknown, what: string): void {
  if (JSON.stringify(seen) !== JSON.stringify(wanted))
    throw new Error(`${what}: ${JSON.stringify(seen)?.slice(0, 200)} instead of ${JSON.stringify(wanted)}`);
}

/** The calls of one user, one after the other, until all calls are made. */
async function play(pool: Pool, sandbox: Sandbox, user: number): Promise<void> {
  const headers = await headersOf(sandbox, user);
  const endpoint = endpointOf(user);
  const ask = (name: string, args: object) => call(pool, headers, user, name, args);
  let limit: number | undefined;
  let changes = 0;
  for (let round = user; sent < CALLS; round++) {
    const mark = 1_000_000 + round * USERS + user;
    try {
      switch (round % 10) {
        case 0:
        case 1:
        case 2: {
          const { predictions } = await ask('query_endpoint', { endpoint, dataframe_records: [{ x: round }] });
          same(predictions, [prediction(user, round)], 'a prediction');
          break;
        }
        case 3: {
          const { endpoints } = await ask('list_endpoints', {});
          same(Array.isArray(endpoints) && endpoints.map((each) => record(each).name), [endpoint], 'the list');
          break;
        }
        case 4: {
          const set = [{ key: 'endpoint', calls: mark }];
          const { rate_limits } = await ask('set_rate_limits', { endpoint, set });
          same(rate_limits, [{ calls: mark, key: 'endpoint', renewal_period: 'minute' }], 'a limit');
          limit = mark;
          changes++;
          break;
        }
        case 5: {
          const found = await ask('get_endpoint', { endpoint });
          same(found.endpoint, endpoint, 'an endpoint');
          if (limit !== undefined)
            same(record(found.gateway).rate_limits, [`endpoint: ${limit} calls per minute`], 'its limit');
          break;
        }
        case 6: {
          const made = await ask('update_endpoint', { endpoint, tags: { mark: String(mark) } });
          same(made.changed, true, 'a tag');
          changes++;
          break;
        }
        case 7: {
          const { changes: found } = await ask('list_changes', { limit: 2 });
          const seen = Array.isArray(found) ? found.map((each) => record(each).endpoint) : [];
          same(
            seen,
            Array.from({ length: Math.min(2, changes) }, () => endpoint),
            'the changes',
          );
          break;
        }
        case 8:
          same((await ask('get_schema', { endpoint })).endpoint, endpoint, 'a schema');
          break;
        default: {
          const preview = await ask('set_rate_limits', {
            endpoint,
            set: [{ key: 'user', calls: mark }],
            dry_run: true,
          });
          same([preview.changed, preview.dry_run], [false, true], 'a dry run');
        }
      }
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error));
      if (problems.length > 50) return;
    }
  }
}

const started = performance.now();
const seconds = (since: number) => `${((performance.now() - since) / 1000).toFixed(1)} s`;
const journals = mkdtempSync(join(tmpdir(), 'soak-http-'));
const sandbox = await startSandbox({ seed: SEED, clock: { kind: 'scaled', minutesPerSecond: 60 } });
const server = startServer(
  { HOME: journals, DATABRICKS_HOST: sandbox.host, DATABRICKS_APP_NAME: 'mcp-soak', DATABRICKS_APP_PORT: '0' },
  ['http', '--journal', journals],
);
try {
  while (!/serves MCP at/.test(server.stderr())) {
    if (server.child.exitCode !== null) throw new Error(server.stderr());
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const port = /serves MCP at http:\/\/[^:]+:(\d+)/.exec(server.stderr())?.[1];
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections: USERS });
  const sampling = sampleMemory(server, () => answered);
  await Promise.all(users.map((user) => play(pool, sandbox, user)));
  const samples = await sampling.stop();
  await pool.close();

  const sorted = times.toSorted((a, b) => a - b);
  const part = (share: number) => `${(sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(1)} ms`;
  console.log(
    `${answered} calls by ${USERS} users at once in ${seconds(started)}; p50 ${part(0.5)}, p99 ${part(0.99)}`,
  );
  if (answered !== sent) problems.push(`${sent - answered} calls were never answered`);
  console.log(`memory after collections, first and last quarter of calls ${WARM_UP} to ${CALLS}:`);
  for (const { what, first, last, share, samples: count, judged } of growths(samples, WARM_UP, CALLS)) {
    const note = judged ? '' : ', not judged';
    console.log(`  ${what.padEnd(40)}${mib(first)} → ${mib(last)}  ${percent(share)}  (${count} samples${note})`);
    if (judged && !(share <= MAX_GROWTH))
      problems.push(`${what}: ${percent(share)} is more than ${percent(MAX_GROWTH)}`);
  }
  const { warnings } = await server.read(true);
  problems.push(...warnings);
} finally {
  await end(server.child);
  await sandbox.close();
  rmSync(journals, { recursive: true, force: true });
}
for (const problem of problems.slice(0, 20)) console.error(`✗ ${problem}`);
if (problems.length > 0) {
  console.error(`${problems.length} problems`);
  process.exitCode = 1;
}

/**
 * 20,000 mixed calls and 1,000 at once through the built server: `npm run soak`. Ends with 1 when an answer is wrong, missing or doubled,
 * when the memory grows, or when a timer, a socket or a listener is left. SOAK_CALLS sets another number of calls.
 */
import { BURST, chooseJob, Faulted, type Lane, type Work } from './jobs.ts';
import { growths, mib, percent, sampleMemory } from './memory.ts';
import { createPeer, type Peer } from './peer.ts';
import { end, startServer, startWorkspace, type Workspace } from './process.ts';
import { LANES, laneEndpoint, soakFiles } from './workspace.ts';

const CALLS = Number(process.env.SOAK_CALLS ?? 20_000);
const AT_ONCE = 1_000;
/** The first calls fill caches and pools, and let the compiler settle. */
const WARM_UP = Math.min(CALLS / 4, 5_000);
/** A fault is put in once in this many calls. */
const CALLS_PER_FAULT = 40;
/** Growth from the first to the last quarter that is still noise. */
const MAX_GROWTH = 0.05;
/** The whole run, milliseconds: five minutes for 20,000 calls. */
const TIME_LIMIT = 5 * 60_000 * Math.max(1, CALLS / 20_000);
/** Any number: with one and the same the jobs are the same. */
const SEED = 20_250_117;

const FAULTS = [
  { status: 503 },
  { status: 429, headers: { 'retry-after': '0' } },
  { status: 500 },
  { cut: 'before' },
  { cut: 'body' },
  { lost_reply: true },
  { html: true },
  { redirect: 'https://login.example.com/' },
  { truncate: 10 },
  { expired_token: 403 },
  { delay_ms: 40 },
  { slow_body: { chunk_bytes: 64, every_ms: 2 } },
  { sse_cut_after: 2 },
  { sse_error_after: 2 },
];
const QUERIES = '/serving-endpoints/**';
const PATHS = ['/api/2.0/serving-endpoints/**', QUERIES, '/api/2.1/unity-catalog/**'];

/** mulberry32: numbers that look like chance and are the same each time. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const problems: string[] = [];
/** Answers that reported a fault, by job and code. */
const faulted = new Map<string, number>();
const random = generator(SEED);
let injected = 0;
let marks = 0;

const faultedAnswers = () => [...faulted.values()].reduce((sum, each) => sum + each, 0);

async function run(job: (work: Work) => Promise<void>, peer: Peer, lane: Lane): Promise<void> {
  try {
    await job({ peer, lane, mark: ++marks, random });
  } catch (error) {
    if (error instanceof Faulted) {
      const key = `${job.name} ${error.code}`;
      faulted.set(key, (faulted.get(key) ?? 0) + 1);
    } else problems.push(`${job.name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function injectFault(workspace: Workspace): Promise<void> {
  const effect = FAULTS[injected % FAULTS.length] ?? {};
  const streams = 'sse_cut_after' in effect || 'sse_error_after' in effect;
  const path = streams ? QUERIES : PATHS[injected % PATHS.length];
  // Rules that are used up stay in the list, and a long list would make the sandbox slow.
  if (injected % 50 === 49) await workspace.ask('DELETE', '/sandbox/faults');
  injected++;
  await workspace.ask('POST', '/sandbox/faults', { match: { path }, times: 1, effect });
}

async function mixedCalls(peer: Peer, workspace: Workspace, lanes: readonly Lane[]): Promise<void> {
  let nextFault = CALLS_PER_FAULT;
  await Promise.all(
    lanes.map(async (lane) => {
      while (peer.counts.sent < CALLS) {
        if (peer.counts.sent >= nextFault) {
          nextFault += CALLS_PER_FAULT;
          await injectFault(workspace);
        }
        await run(chooseJob(random), peer, lane);
      }
    }),
  );
}

async function callsAtOnce(peer: Peer, lanes: readonly Lane[]): Promise<void> {
  const before = faultedAnswers();
  await Promise.all(
    Array.from({ length: AT_ONCE }, (_, index) => {
      const [job, lane] = [BURST[index % BURST.length], lanes[index % lanes.length]];
      return job && lane && run(job, peer, lane);
    }),
  );
  const failed = faultedAnswers() - before;
  if (failed > 0) problems.push(`${failed} of the calls at once failed: ${[...faulted.keys()]}`);
}

/** The workspace must hold exactly the confirmed changes. */
async function compareWorld(workspace: Workspace, lanes: readonly Lane[]): Promise<void> {
  for (const { lane, version, limit, tag } of lanes) {
    const name = laneEndpoint(lane);
    const found = JSON.stringify(await workspace.ask('GET', `/api/2.0/serving-endpoints/${name}`));
    const confirmed = [
      `"entity_version":"${version}"`,
      ...(limit === undefined ? [] : [`"calls":${limit}`]),
      ...(tag === undefined ? [] : [`"value":"${tag}"`]),
    ];
    for (const part of confirmed) if (!found.includes(part)) problems.push(`${name} was confirmed with ${part}`);
  }
}

function judgeAnswers(peer: Peer): void {
  const { sent, answered, cancelled, late, progress } = peer.counts;
  const silent = sent - answered;
  console.log(`${answered} answers to ${sent} calls; ${silent} of ${cancelled} cancelled ones were not answered`);
  console.log(`${progress} progress messages; ${late} answers that crossed with their cancellation`);
  if (silent !== cancelled - late) problems.push(`${silent - cancelled + late} calls were never answered`);
  const codes = [...faulted].map(([code, count]) => `${code} ${count}`).join(', ');
  console.log(`${injected} faults injected; ${faultedAnswers()} answers reported one: ${codes}`);
  if (faultedAnswers() > injected) problems.push('more answers reported faults than were injected');
  problems.push(...peer.faults);
}

const started = performance.now();
const seconds = (since: number) => `${((performance.now() - since) / 1000).toFixed(1)} s`;
const files = soakFiles();
const workspace = await startWorkspace(files.seed, 600);
const server = startServer({ HOME: files.folder, XDG_STATE_HOME: files.folder, ...workspace.env });
const watch = setTimeout(() => {
  console.error(`✗ not done within ${TIME_LIMIT / 1000} s`);
  server.child.kill('SIGKILL');
  workspace.child.kill('SIGKILL');
  process.exit(1);
}, TIME_LIMIT);
try {
  const peer = createPeer(server);
  await peer.initialize();
  const lanes = Array.from({ length: LANES }, (_, lane): Lane => {
    return { lane, version: 1, limit: undefined, tag: undefined };
  });
  const before = await server.read(true);

  const sampling = sampleMemory(server, () => peer.counts.answered);
  await mixedCalls(peer, workspace, lanes);
  const samples = await sampling.stop();
  console.log(`${peer.counts.sent} mixed calls by ${LANES} writers in ${seconds(started)}`);

  await workspace.ask('DELETE', '/sandbox/faults');
  const burst = performance.now();
  await callsAtOnce(peer, lanes);
  console.log(`${AT_ONCE} calls at once in ${seconds(burst)}`);

  // The last cancelled call may still be ending.
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  const after = await server.read(true);
  await compareWorld(workspace, lanes);
  judgeAnswers(peer);

  console.log(`memory after collections, first and last quarter of calls ${WARM_UP} to ${CALLS}:`);
  for (const { what, first, last, share, samples: count, judged } of growths(samples, WARM_UP, CALLS)) {
    const numbers = `${mib(first)} → ${mib(last)}  ${percent(share)}  (${count} samples${judged ? '' : ', not judged'})`;
    console.log(`  ${what.padEnd(40)}${numbers}`);
    if (judged && share > MAX_GROWTH) problems.push(`${what}: ${percent(share)} is more than ${percent(MAX_GROWTH)}`);
  }
  console.log(`  after the calls at once: ${mib(after.heap)} in use, ${mib(after.rss)} resident`);
  console.log(`open before: ${before.resources.join(', ')}; after: ${after.resources.join(', ')}`);
  if (String(after.resources.sort()) !== String(before.resources.sort())) problems.push('something was left open');
  problems.push(...after.warnings);
  if (server.stderr() !== '') problems.push(`stderr: ${server.stderr().slice(0, 500)}`);
} finally {
  clearTimeout(watch);
  await Promise.all([end(server.child), end(workspace.child)]);
  files.remove();
}
console.log(`${seconds(started)} in all`);
for (const problem of problems.slice(0, 20)) console.error(`✗ ${problem}`);
if (problems.length > 0) {
  console.error(`${problems.length} problems`);
  process.exitCode = 1;
}

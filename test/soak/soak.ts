/**
 * 20,000 mixed calls and 1,000 at once through the built server: `npm run soak`. Ends with 1 when an answer is wrong, missing or doubled,
 * when the memory grows, or when a timer, a socket or a listener is left.
 */
import { median } from '../bench/measure.ts';
import { BURST, chooseJob, Faulted, type Lane, type Work } from './jobs.ts';
import { createPeer } from './peer.ts';
import { end, type Reading, startServer, startWorkspace, type Workspace } from './process.ts';
import { LANES, laneEndpoint, soakFiles } from './workspace.ts';

const CALLS = Number(process.env.SOAK_CALLS ?? 20_000);
const AT_ONCE = 1_000;
/** The first calls fill caches and pools and let the compiler settle. */
const WARM_UP = CALLS / 5;
/** A fault is put in once in this many calls. */
const CALLS_PER_FAULT = 40;
/** Growth of the medians between first and last quarter that is still noise. */
const MAX_GROWTH = 0.05;
/** The whole run, milliseconds. */
const TIME_LIMIT = 5 * 60_000;
const SEED = 20_240_601;

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
const PATHS = ['/api/2.0/serving-endpoints/**', '/serving-endpoints/**', '/api/2.1/unity-catalog/**'];

/** mulberry32: the same jobs in the same order each time. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Sample extends Reading {
  calls: number;
}

const problems: string[] = [];
const faultCodes = new Map<string, number>();
const random = generator(SEED);
let injected = 0;
let marks = 0;

async function run(job: (work: Work) => Promise<void>, work: Omit<Work, 'mark' | 'random'>): Promise<void> {
  try {
    await job({ ...work, mark: ++marks, random });
  } catch (error) {
    if (error instanceof Faulted) faultCodes.set(error.code, (faultCodes.get(error.code) ?? 0) + 1);
    else problems.push(`${job.name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function injectFault(workspace: Workspace): Promise<void> {
  const effect = FAULTS[injected % FAULTS.length];
  const path =
    'sse_cut_after' in (effect ?? {}) || 'sse_error_after' in (effect ?? {}) ? PATHS[1] : PATHS[injected % 3];
  // Rules that are used up stay in the list, and a long list would make the sandbox slow.
  if (injected % 50 === 49) await workspace.ask('DELETE', '/sandbox/faults');
  injected++;
  await workspace.ask('POST', '/sandbox/faults', { match: { path }, times: 1, effect });
}

/** What was confirmed must be what the workspace holds. */
async function compareWorld(workspace: Workspace, lanes: readonly Lane[]): Promise<void> {
  for (const lane of lanes) {
    const name = laneEndpoint(lane.lane);
    const found = await workspace.ask('GET', `/api/2.0/serving-endpoints/${name}`);
    const text = JSON.stringify(found);
    const wanted = [
      ...(lane.limit === undefined ? [] : [`"calls":${lane.limit}`]),
      ...(lane.tag === undefined ? [] : [`"value":"${lane.tag}"`]),
      `"entity_version":"${lane.version}"`,
    ];
    for (const part of wanted) if (!text.includes(part)) problems.push(`${name} was confirmed with ${part}`);
  }
}

const mib = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
const percent = (share: number) => `${share >= 0 ? '+' : ''}${(share * 100).toFixed(1)} %`;

function growth(what: string, first: number, last: number): void {
  const share = last / first - 1;
  console.log(`${what.padEnd(34)} ${mib(first).padStart(10)} → ${mib(last).padStart(10)}   ${percent(share)}`);
  if (share > MAX_GROWTH) problems.push(`${what} grew by ${percent(share)}, more than ${percent(MAX_GROWTH)}`);
}

const started = performance.now();
const seconds = () => ((performance.now() - started) / 1000).toFixed(1);
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
  const lanes = Array.from(
    { length: LANES },
    (_, lane): Lane => ({ lane, version: 1, limit: undefined, tag: undefined }),
  );
  const before = await server.read(true);

  const samples: Sample[] = [];
  const collected: Sample[] = [];
  const quarter = (CALLS - WARM_UP) / 4;
  const marksOfQuarters = [0, 1, 2, 3, 4].map((each) => WARM_UP + each * quarter);
  let measuring = true;
  const sampler = (async () => {
    while (measuring) {
      samples.push({ ...(await server.read()), calls: peer.counts.answered });
      const due = marksOfQuarters[collected.length];
      if (due !== undefined && peer.counts.answered >= due)
        collected.push({ ...(await server.read(true)), calls: peer.counts.answered });
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  })();
  let nextFault = CALLS_PER_FAULT;
  await Promise.all(
    lanes.map(async (lane) => {
      while (peer.counts.sent < CALLS) {
        if (peer.counts.sent >= nextFault) {
          nextFault += CALLS_PER_FAULT;
          await injectFault(workspace);
        }
        await run(chooseJob(random), { peer, lane });
      }
    }),
  );
  measuring = false;
  await sampler;
  collected.push({ ...(await server.read(true)), calls: peer.counts.answered });
  console.log(`${peer.counts.sent} calls by ${LANES} writers in ${seconds()} s, ${injected} faults`);
  await workspace.ask('DELETE', '/sandbox/faults');

  const burstStarted = performance.now();
  const faulted = [...faultCodes.values()].reduce((sum, each) => sum + each, 0);
  await Promise.all(
    Array.from({ length: AT_ONCE }, (_, index) => {
      const lane = lanes[index % LANES] ?? { lane: 0, version: 1, limit: undefined, tag: undefined };
      return run(BURST[index % BURST.length] ?? (async () => {}), { peer, lane });
    }),
  );
  const after = [...faultCodes.values()].reduce((sum, each) => sum + each, 0);
  if (after !== faulted) problems.push(`${after - faulted} of the calls at once failed: ${[...faultCodes.keys()]}`);
  console.log(`${AT_ONCE} calls at once in ${((performance.now() - burstStarted) / 1000).toFixed(1)} s`);

  await new Promise((resolve) => setTimeout(resolve, 1_500));
  const left = await server.read(true);
  await compareWorld(workspace, lanes);

  const { sent, answered, cancelled, late, progress } = peer.counts;
  const silent = sent - answered;
  console.log(
    `${answered} answers, ${silent} of ${cancelled} cancelled calls unanswered (${late} answers were under way), ${progress} progress messages`,
  );
  if (silent !== cancelled - late) problems.push(`${silent - cancelled + late} calls were never answered`);
  const codes = [...faultCodes].map(([code, count]) => `${code} ${count}`).join(', ');
  console.log(`${after} answers told of faults: ${codes}`);
  if (after > injected) problems.push(`${after} failed answers, but only ${injected} faults`);
  problems.push(...peer.faults, ...left.warnings);
  if (server.stderr() !== '') problems.push(`stderr: ${server.stderr().slice(0, 500)}`);

  const within = (from: number, to: number) =>
    samples.filter(({ calls }) => calls >= from && calls < to).map(({ rss }) => rss);
  const [first, last] = [within(WARM_UP, WARM_UP + quarter), within(CALLS - quarter, CALLS)];
  console.log(
    `memory, first → last quarter of calls ${WARM_UP} to ${CALLS} (${first.length} and ${last.length} samples)`,
  );
  growth('resident, median', median(first), median(last));
  const tenth = CALLS / 10;
  console.log(
    `resident by tenths: ${Array.from({ length: 10 }, (_, each) => mib(median(within(each * tenth, (each + 1) * tenth)))).join(', ')}`,
  );
  const [heapFirst, heapLast] = [collected[0], collected.at(-1)];
  if (heapFirst && heapLast) growth('live objects after a collection', heapFirst.heap, heapLast.heap);
  console.log(
    `live objects: start ${mib(before.heap)}, ${collected.map(({ heap }) => mib(heap)).join(', ')}, after the burst ${mib(left.heap)}; resident after the burst ${mib(left.rss)}`,
  );
  console.log(`open at the start: ${before.resources.join(', ')}; at the end: ${left.resources.join(', ')}`);
  if ([...left.resources].sort().join() !== [...before.resources].sort().join())
    problems.push(`left open: ${left.resources}`);
} finally {
  clearTimeout(watch);
  await Promise.all([end(server.child), end(workspace.child)]);
  files.remove();
}
console.log(`${seconds()} s in all`);
for (const problem of problems.slice(0, 20)) console.error(`✗ ${problem}`);
if (problems.length > 0) {
  console.error(`${problems.length} problems`);
  process.exitCode = 1;
}

/** The jobs of the soak: one or a few calls, each with a mark that its answer must carry. */
import { record } from './json.ts';
import type { Peer, ToolAnswer } from './peer.ts';
import { laneEndpoint, laneModel, prediction, VERSIONS } from './workspace.ts';

/** One writer with its own endpoint and model, and their last reported state. */
export interface Lane {
  lane: number;
  version: number;
  /** Rate limit and tag that were last confirmed; undefined when a fault left it open. */
  limit: number | undefined;
  tag: string | undefined;
}

export interface Work {
  peer: Peer;
  lane: Lane;
  /** A number that no other job has. */
  mark: number;
  /** 0 ≤ x < 1. */
  random: () => number;
}

/** An answer that a fault explains ends the job; whether there were faults enough is judged at the end. */
export class Faulted extends Error {
  readonly code: string;
  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

/** The data of an answer that must be good. */
function good({ isError, data }: ToolAnswer): Record<string, unknown> {
  const { code } = record(data.error);
  if (isError) throw new Faulted(String(code));
  return data;
}

/** The error of an answer that must be one of `code`. */
function refused({ isError, data }: ToolAnswer, code: string): Record<string, unknown> {
  const error = record(data.error);
  if (isError && error.code !== code) throw new Faulted(String(error.code));
  same(isError, true, code);
  return error;
}

function same(seen: unknown, wanted: unknown, what: string): void {
  if (JSON.stringify(seen) === JSON.stringify(wanted)) return;
  throw new Error(`${what}: ${JSON.stringify(seen)?.slice(0, 300)} instead of ${JSON.stringify(wanted)}`);
}

function holds(text: unknown, part: string, what: string): void {
  if (!String(text).includes(part)) throw new Error(`${what}: no ${part} in ${String(text).slice(0, 300)}`);
}

async function rows({ peer, lane, mark }: Work): Promise<void> {
  const xs = [mark, mark + 0.25, mark + 0.5];
  const args = { endpoint: laneEndpoint(lane.lane), dataframe_records: xs.map((x) => ({ x })) };
  const { predictions } = good(await peer.call('query_endpoint', args));
  const wanted = xs.map((x) => prediction(lane.version, x));
  same(predictions, wanted, `predictions of ${args.endpoint}`);
}

async function oneEntity({ peer, mark, random }: Work): Promise<void> {
  const version = random() < 0.5 ? 1 : 2;
  const args = { endpoint: `split-${mark % 8}`, entity: `v${version}`, dataframe_records: [{ x: mark }] };
  const data = good(await peer.call('query_endpoint', args));
  same([data.predictions, data.served_by], [[prediction(version, mark)], `v${version}`], 'answer of one entity');
}

async function chat({ peer, mark }: Work): Promise<void> {
  const messages = [{ role: 'user', content: `mark ${mark} here` }];
  const args = { endpoint: 'chat', messages, client_request_id: `soak-${mark}` };
  holds(good(await peer.call('query_endpoint', args)).text, `mark ${mark} here`, 'chat');
}

async function streamed({ peer, mark }: Work): Promise<void> {
  const messages = [{ role: 'user', content: `mark ${mark} in a stream` }];
  const pieces: string[] = [];
  const data = good(
    await peer.call('query_endpoint', { endpoint: 'chat', messages, stream: true }, (text) => pieces.push(text)),
  );
  if (data.incomplete !== undefined) throw new Faulted('incomplete');
  holds(data.text, `mark ${mark} in a stream`, 'stream');
  for (const piece of pieces) holds(data.text, piece, 'progress of a stream');
}

async function embeddings({ peer, mark }: Work): Promise<void> {
  const ask = async (texts: string[]) =>
    good(await peer.call('query_endpoint', { endpoint: 'embedder', texts, vectors: true })).vectors;
  const [first, second] = [`text ${mark}`, `another ${mark}`];
  const [together, alone] = [await ask([first, second]), await ask([second])];
  if (!Array.isArray(together) || !Array.isArray(alone)) throw new Error('no vectors');
  same([together.length, together[1]], [2, alone[0]], 'the vector of a text');
}

async function look({ peer, lane }: Work): Promise<void> {
  const name = laneEndpoint(lane.lane);
  const data = good(await peer.call('get_endpoint', { endpoint: name }));
  same(data.endpoint, name, 'get_endpoint');
  const { tags, gateway } = { tags: record(data.tags), gateway: record(data.gateway) };
  if (lane.tag !== undefined) same(tags.mark, lane.tag, `tag of ${name}`);
  if (lane.limit !== undefined)
    same(gateway.rate_limits, [`endpoint: ${lane.limit} calls per minute`], `limit of ${name}`);
}

async function missing({ peer, mark }: Work): Promise<void> {
  const name = `missing-${mark}`;
  const error = refused(await peer.call('get_endpoint', { endpoint: name }), 'RESOURCE_DOES_NOT_EXIST');
  holds(error.message, name, 'the endpoint that does not exist');
}

async function list({ peer, lane }: Work): Promise<void> {
  const name = `split-${lane.lane}`;
  const { endpoints } = good(await peer.call('list_endpoints', { name_contains: name }));
  const names = Array.isArray(endpoints) ? endpoints.map((each) => String(each.name)) : [];
  if (!names.includes(name) || names.some((each) => !each.includes(name))) throw new Error(`list of ${name}: ${names}`);
}

async function observe({ peer, lane, random }: Work): Promise<void> {
  const endpoint = laneEndpoint(lane.lane);
  const tools = ['get_schema', 'get_metrics', 'get_logs', 'wait_for_endpoint', 'get_permissions'];
  const tool = tools[Math.floor(random() * tools.length)] ?? '';
  same(good(await peer.call(tool, { endpoint })).endpoint, endpoint, tool);
}

async function versions({ peer, lane }: Work): Promise<void> {
  const model = laneModel(lane.lane);
  const data = good(await peer.call('list_model_versions', { model }));
  same([data.model, data.total], [model, VERSIONS], 'list_model_versions');
}

async function changes({ peer, lane }: Work): Promise<void> {
  const data = good(await peer.call('list_changes', { endpoint: laneEndpoint(lane.lane), limit: 3 }));
  // Aliases of the model that the endpoint serves belong to its changes.
  for (const each of Array.isArray(data.changes) ? data.changes : [])
    same(each.endpoint ?? each.model, each.model ? laneModel(lane.lane) : laneEndpoint(lane.lane), 'list_changes');
}

async function limit({ peer, lane, mark }: Work): Promise<void> {
  const calls = 1_000_000 + mark;
  const args = { endpoint: laneEndpoint(lane.lane), set: [{ key: 'endpoint', calls }] };
  lane.limit = undefined;
  const { rate_limits } = good(await peer.call('set_rate_limits', args));
  same(rate_limits, [{ calls, key: 'endpoint', renewal_period: 'minute' }], 'set_rate_limits');
  lane.limit = calls;
}

async function tag({ peer, lane, mark }: Work): Promise<void> {
  const args = { endpoint: laneEndpoint(lane.lane), tags: { mark: String(mark) } };
  lane.tag = undefined;
  const data = good(await peer.call('update_endpoint', args));
  holds(JSON.stringify(data.changes), `"to":"${mark}"`, 'update_endpoint');
  lane.tag = String(mark);
}

async function alias({ peer, lane, mark, random }: Work): Promise<void> {
  const version = 1 + Math.floor(random() * VERSIONS);
  const args = { model: laneModel(lane.lane), alias: `soak_${mark % 3}`, version };
  const data = good(await peer.call('set_alias', args));
  same([data.model, data.alias, data.version], [args.model, args.alias, version], 'set_alias');
}

async function preview({ peer, lane, mark }: Work): Promise<void> {
  const set = [{ key: 'user', calls: mark }];
  const data = good(
    await peer.call('set_rate_limits', {
      endpoint: laneEndpoint(lane.lane),
      set,
      dry_run: true,
      if_fingerprint: undefined,
    }),
  );
  same([data.changed, data.dry_run], [false, true], 'a dry run');
  holds(JSON.stringify(data.requests), `"calls":${mark}`, 'the requests of a dry run');
}

/** Two percent more or less, waiting for nothing: the update is over before the next job of this lane. */
async function traffic({ peer, lane, mark }: Work): Promise<void> {
  const share = 1 + (mark % 98);
  const args = { endpoint: `split-${lane.lane}`, traffic: { v1: share, v2: 100 - share }, wait_seconds: 0 };
  const answer = await peer.call('set_traffic', args);
  if (answer.isError && record(answer.data.error).code === 'update_in_progress') return; // the one before is not over yet
  const data = good(answer);
  if (data.changed === true) holds(JSON.stringify(data.changes), `"to":${share}`, 'set_traffic');
}

async function swap({ peer, lane }: Work): Promise<void> {
  const version = (lane.version % VERSIONS) + 1;
  const args = { endpoint: laneEndpoint(lane.lane), version, alias: 'champion' };
  const was = lane.version;
  lane.version = 0; // unknown until the next read
  try {
    const data = good(await peer.call('swap_version', args, () => {}));
    if (data.outcome !== 'ready') throw new Faulted(String(data.outcome));
    same([data.version, record(data.alias).version], [String(version), version], 'swap_version');
    lane.version = version;
  } finally {
    if (lane.version === 0) lane.version = await settled(peer, laneEndpoint(lane.lane), was);
  }
}

/** The version that serves once an interrupted swap is over, one way or the other. */
async function settled(peer: Peer, endpoint: string, was: number): Promise<number> {
  for (let tries = 0; tries < 20; tries++) {
    const { isError } = await peer.call('wait_for_endpoint', { endpoint });
    const seen = isError ? undefined : await peer.call('get_endpoint', { endpoint });
    const [entity] = Array.isArray(seen?.data.serving) ? seen.data.serving : [];
    const version = /(\d+)$/.exec(String(record(entity).serves))?.[1];
    if (version) return Number(version);
  }
  return was;
}

async function createAndDelete({ peer, lane, mark }: Work): Promise<void> {
  const name = `short-${mark}`;
  const create = { endpoint: name, model: laneModel(lane.lane), version: 1 };
  same(good(await peer.call('create_endpoint', create)).endpoint, name, 'create_endpoint');
  const { next } = good(await peer.call('delete_endpoint', { endpoint: name }));
  const args = JSON.parse(/^delete_endpoint (\{.*\})$/.exec(String(next))?.[1] ?? '{}');
  const gone = await peer.call('delete_endpoint', args);
  const { code } = record(gone.data.error);
  if (code === 'fingerprint_mismatch') return; // its deployment ended between the question and the answer
  same([good(gone).endpoint, gone.data.deleted], [name, true], 'delete_endpoint');
}

async function wrong({ peer, mark }: Work): Promise<void> {
  const unknown = refused(await peer.call(`tool_${mark}`, {}), 'unknown_tool');
  holds(unknown.message, `tool_${mark}`, 'the unknown tool');
  const args = { endpoint: 'chat', [`field_${mark}`]: 1 };
  holds(refused(await peer.call('get_endpoint', args), 'invalid_arguments').message, `field_${mark}`, 'the argument');
}

async function others({ peer, lane, mark }: Work): Promise<void> {
  same((await peer.request('ping', {})).result, {}, 'ping');
  const given = { endpoint: `p-${mark}`, version: '2' };
  const prompt = await peer.request('prompts/get', { name: 'swap_version', arguments: given });
  holds(JSON.stringify(prompt.result), `p-${mark}`, 'prompts/get');
  const name = laneEndpoint(lane.lane);
  const read = await peer.request('resources/read', { uri: `databricks-serving://endpoints/${name}` });
  if (!read.result) throw new Faulted('resource');
  holds(JSON.stringify(read.result), name, 'resources/read');
  const ref = { type: 'ref/resource', uri: 'databricks-serving://endpoints/{name}' };
  const found = await peer.request('completion/complete', {
    ref,
    argument: { name: 'name', value: `split-${lane.lane}` },
  });
  holds(JSON.stringify(found.result), '"values":', 'completion/complete');
}

async function cancel({ peer, mark, random }: Work): Promise<void> {
  const ms = random() * 12;
  const endpoint = `split-${mark % 8}`;
  if (random() < 0.5) {
    const args = { endpoint, entity: 'v1', dataframe_records: [{ x: mark }] };
    const answer = await peer.cancelled('query_endpoint', args, ms);
    if (answer) same(good(answer).predictions, [prediction(1, mark)], 'an answer before its cancellation');
    return;
  }
  const answer = await peer.cancelled('wait_for_endpoint', { endpoint, version: '9', wait_seconds: 60 }, ms);
  if (answer) refused(answer, 'not_deployed');
}

/** Jobs and how often they come. */
const JOBS: [weight: number, job: (work: Work) => Promise<void>][] = [
  [26, rows],
  [8, oneEntity],
  [8, chat],
  [6, streamed],
  [3, embeddings],
  [9, look],
  [3, missing],
  [3, list],
  [6, observe],
  [2, versions],
  [0.4, changes],
  [6, limit],
  [4, tag],
  [4, alias],
  [4, preview],
  [3, traffic],
  [0.7, swap],
  [0.6, createAndDelete],
  [1.5, wrong],
  [1.5, others],
  [4, cancel],
];
const TOTAL = JOBS.reduce((sum, [weight]) => sum + weight, 0);

/** One job by chance; its name is for the report. */
export function chooseJob(random: () => number): (work: Work) => Promise<void> {
  let left = random() * TOTAL;
  for (const [weight, job] of JOBS) {
    left -= weight;
    if (left < 0) return job;
  }
  return rows;
}

/** The mixture for the burst: jobs that write nothing, one call each. */
export const BURST = [rows, oneEntity, chat, streamed, look, missing, list, versions, preview];

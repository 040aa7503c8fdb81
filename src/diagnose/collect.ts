/**
 * Reads the evidence about one endpoint: the only file of this folder that sends requests. Only the read of the endpoint itself fails the call. Every
 * other part that cannot be read becomes an entry of `unread`, with its reason.
 */
import { compare } from '../digest/comparison.ts';
import { isExposition, parseExposition, type Sample } from '../digest/exposition.ts';
import { explain, type LogKind } from '../digest/key-lines.ts';
import { lastLines, logLines, SEARCHED } from '../digest/log-lines.ts';
import { byEntity, digest } from '../digest/metrics.ts';
import { explainMore } from '../digest/more-causes.ts';
import { disjoint, MINUTE_MS, type Reading, summed, toReading } from '../digest/readings.ts';
import type { HistoryContext } from '../history/history.ts';
import { isAgentTile } from '../plan/agent-tile.ts';
import { isAtZero } from '../plan/at-zero.ts';
import { type Deployment, deploymentsOf, hasContainer } from '../plan/deployments.ts';
import { isFoundationModel } from '../plan/foundation.ts';
import { isStopped } from '../plan/stopped.ts';
import { modelsOf } from '../plan/who-may.ts';
import { isAbsent } from '../rest/absent.ts';
import { readLog } from '../rest/deployment-log.ts';
import { reasonOf } from '../rest/failed-read.ts';
import { fewAtOnce } from '../rest/few-at-once.ts';
import type { Http } from '../rest/http.ts';
import { type Endpoint, endpoints, logs, models, observe, permissions, type ServedEntity } from '../rest/index.ts';
import { MODEL_NAME } from '../rest/names.ts';
import { rightsOf } from '../rights/creator-rights.ts';
import type { ToolContext } from '../tool.ts';
import type {
  AnswerEvidence,
  CreatorEvidence,
  Evidence,
  LogEvidence,
  MetricsEvidence,
  Part,
  VersionEvidence,
} from './evidence.ts';
import { isTroubled, mayHideFailures } from './troubled.ts';

/** What the reading needs of a call. */
export type Reads = Pick<ToolContext, 'http' | 'signal' | 'journal'> & Partial<Pick<ToolContext, 'clock' | 'history'>>;

/** Requests under way at a time. Workspaces limit their request rate. */
export const AT_ONCE = 10;
/** Longest silence of the service for one part, in milliseconds, and the longest answer, in bytes. */
export const BOUNDS = { timeoutMs: 15_000, maxBody: 16 * 1024 * 1024 };
/** Deployments whose logs are read, model versions that are looked up, and own changes. The most likely ones come first. */
const MAX_LOGS = 4;
const MAX_VERSIONS = 5;
const MAX_CHANGES = 20;
/** Lines that explain a failure, of one log. */
const LINES = 8;

/** How much of an endpoint is read. */
export interface Look {
  /** Less of an endpoint that looks healthy, for a look at many of them. */
  brief?: boolean;
  /** Only what tells why a deployment failed: nothing about requests and grants. */
  deployment?: boolean;
  /** The endpoint, where it was read just now. */
  seen?: Endpoint;
  /** A failed answer that the caller saw, and others that this server got, newest first. */
  answer?: AnswerEvidence | undefined;
  answers?: readonly AnswerEvidence[];
  /** What tables of the service have about failing requests. Asked only where requests fail, or may, for no cause that the rest shows. */
  tables?: (endpoint: Endpoint) => Promise<Pick<Evidence, 'unread'> & Partial<Pick<Evidence, 'usage' | 'answers'>>>;
}

/** A connection for one diagnosis, or for many that share it. */
export function bounded(http: Http): Http {
  return fewAtOnce(http, AT_ONCE, BOUNDS);
}

/**
 * @param http a connection from {@link bounded}.
 * @param look how much is read.
 * @throws what the read of the endpoint throws, and what a cancellation throws.
 */
export async function collect(
  name: string,
  http: Http,
  { signal, journal, clock, history }: Omit<Reads, 'http'>,
  { brief = false, deployment = false, seen }: Omit<Look, 'http'> = {},
): Promise<Evidence> {
  const endpoint = seen ?? (await endpoints.get(http, name));
  const unread: { what: Part; why: string }[] = [];
  const skip = (what: Part, why: string) => void unread.push({ what, why });
  const part = async <T>(what: Part, absent: string, read: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await read();
    } catch (error) {
      signal.throwIfAborted();
      skip(what, reasonOf(error, absent));
      return undefined;
    }
  };
  const deployments = deploymentsOf(endpoint);
  const troubled = deployments.some((each) => isTroubled(each, endpoint));
  const whole = !brief || troubled || endpoint.state.ready !== 'READY';
  const foundation = isFoundationModel(endpoint);
  const measured = deployment
    ? Promise.resolve(undefined)
    : part('metrics', 'the service answered 404, as it does for endpoints that it does not measure', () =>
        readMetrics(http, endpoint, skip, clock && history && { http, clock, history }),
      );
  const logsRead = readLogs(http, endpoint, deployments, measured, { brief, deployment, part, skip });
  const [events, versions, creator, grants, changes] = await Promise.all([
    whole && !foundation
      ? part('events', 'no access to the route of events', () => readEvents(http, name, skip))
      : undefined,
    whole ? readVersions(http, deployments, part) : [],
    whole && !foundation && !isAgentTile(endpoint) ? readCreator(http, endpoint, deployments, signal, skip) : undefined,
    whole && !deployment && endpoint.id !== undefined && !foundation
      ? part('grants', 'the service lists no grants of this endpoint', () => permissions.get(http, endpoint.id ?? ''))
      : undefined,
    deployment ? [] : readChanges(http, name, journal, skip),
  ]);
  const [metrics, read] = await Promise.all([measured, logsRead]);
  signal.throwIfAborted();
  return {
    now: http.time(),
    endpoint,
    deployments,
    logs: read,
    events,
    metrics,
    versions,
    creator,
    grants,
    usage: undefined,
    answer: undefined,
    changes,
    unread,
  };
}

type ReadPart = <T>(what: Part, absent: string, read: () => Promise<T>) => Promise<T | undefined>;
type Skip = (what: Part, why: string) => void;

/** Undefined where no metrics can be. */
async function readMetrics(
  http: Http,
  endpoint: Endpoint,
  skip: Skip,
  past: HistoryContext | undefined,
): Promise<MetricsEvidence | undefined> {
  if (isFoundationModel(endpoint)) {
    skip('metrics', 'the service collects none for foundation models, so failures of requests are not visible here');
    return undefined;
  }
  const served = endpoints.entitiesOf(endpoint.config);
  // Nothing runs that could be measured.
  if (isStopped(endpoint) || (served.length === 0 && !isAgentTile(endpoint))) return undefined;
  const text = await observe.metrics(http, endpoint.name);
  if (!isExposition(text)) {
    skip('metrics', 'the service sent another text in place of them');
    return undefined;
  }
  const reading = toReading(parseExposition(text), http.time());
  const samples = [...reading.samples];
  const { total, entities } = digests(samples, served, 1);
  const before = past && (await earlier(past, endpoint, reading));
  return {
    at: reading.at,
    minutes: 1,
    total,
    entities,
    ...(before ? { before } : {}),
    compared: compare(served.map((entity) => ({ served: entity, digest: entities.get(entity.name) ?? {} }))),
    samples,
  };
}

function digests(samples: Sample[], served: readonly ServedEntity[], minutes: number) {
  const total = digest(samples, minutes);
  const names = served.map(({ name }) => name);
  const groups = byEntity(samples, names);
  // Series without names are those of an only entity.
  const of = (name: string) => (served.length === 1 ? total : digest(groups.get(name) ?? [], minutes));
  return { total, entities: new Map(names.map((name) => [name, of(name)])) };
}

/** Minutes of stored readings that are summed. */
const EARLIER = 30;

/** What stored readings of this endpoint show of the time before this minute. The reading itself is stored for later. */
async function earlier(past: HistoryContext, endpoint: Endpoint, reading: Reading): Promise<MetricsEvidence['before']> {
  // Loaded with the first diagnosis that reads metrics.
  const { recentReadings, remember } = await import('../history/history.ts');
  const known = await recentReadings(past, endpoint.name);
  await remember(past, endpoint.name, reading);
  const kept = disjoint(known.filter(({ at }) => at <= reading.at - MINUTE_MS)).slice(-EARLIER);
  const last = kept.at(-1);
  if (!last) return undefined;
  const served = endpoints.entitiesOf(endpoint.config);
  return { at: last.at, minutes: kept.length, ...digests(summed({ readings: kept }), served, kept.length) };
}

/** Both logs of deployments that failed or do not serve. The service log of those that serve shows what requests and workers met. */
async function readLogs(
  http: Http,
  endpoint: Endpoint,
  deployments: readonly Deployment[],
  measured: Promise<MetricsEvidence | undefined>,
  { brief, deployment, part, skip }: { brief: boolean; deployment: boolean; part: ReadPart; skip: Skip },
): Promise<LogEvidence[]> {
  if (isStopped(endpoint)) return [];
  const containers = deployments.filter(({ entity }) => hasContainer(entity));
  const bad = containers.filter((each) => isTroubled(each, endpoint));
  const serving = containers.filter(
    (each) => !bad.includes(each) && each.config === 'active' && !isAtZero(each.entity),
  );
  const wanted = bad.flatMap((each) => [
    { each, log: 'service' as const },
    { each, log: 'build' as const },
  ]);
  const look = !deployment && (!brief || mayHideFailures(await measured));
  if (look) wanted.push(...serving.map((each) => ({ each, log: 'service' as const })));
  const places = [...new Set(wanted.map(({ each }) => each))];
  const chosen = new Set(places.slice(0, MAX_LOGS));
  if (places.length > MAX_LOGS)
    skip('service log', `of ${places.length - MAX_LOGS} more entities: one call reads the logs of ${MAX_LOGS}`);
  const read = await Promise.all(
    wanted
      .filter(({ each }) => chosen.has(each))
      .map(({ each, log }) => part(`${log} log`, 'the service has none', () => readOne(http, endpoint, each, log))),
  );
  return read.flatMap((each) => each ?? []);
}

async function readOne(http: Http, endpoint: Endpoint, deployment: Deployment, log: LogKind): Promise<LogEvidence> {
  const { text, missing, doubt } = await readLog(http, endpoint, deployment, log);
  const lines = logLines(lastLines(text).text, SEARCHED);
  const explained = explain(lines, LINES, log);
  return { deployment, log, lines, explained, more: explainMore(lines, LINES, log, explained), missing, doubt };
}

async function readEvents(http: Http, name: string, skip: Skip) {
  const found = await logs.events(http, name);
  if (found === undefined)
    skip('events', 'the route is not documented, and this workspace or your rights give no access to it');
  return found;
}

async function readVersions(
  http: Http,
  deployments: readonly Deployment[],
  part: ReadPart,
): Promise<VersionEvidence[]> {
  const wanted = new Map<string, { model: string; version: string }>();
  for (const { entity } of deployments) {
    const { entity_name: model = '', entity_version: version } = entity;
    if (hasContainer(entity) && version !== undefined && MODEL_NAME.test(model) && !model.startsWith('system.'))
      wanted.set(`${model} ${version}`, { model, version });
  }
  const read = await Promise.all(
    [...wanted.values()].slice(0, MAX_VERSIONS).map(({ model, version }) =>
      part('model versions', 'the registry has no such route', async (): Promise<VersionEvidence> => {
        try {
          return { model, version, found: await models.version(http, model, version) };
        } catch (error) {
          if (isAbsent(error)) return { model, version, found: undefined };
          throw error;
        }
      }),
    ),
  );
  return read.flatMap((each) => each ?? []);
}

async function readCreator(
  http: Http,
  { creator }: Endpoint,
  deployments: readonly Deployment[],
  signal: AbortSignal,
  skip: Skip,
): Promise<CreatorEvidence | undefined> {
  if (creator === undefined) {
    skip('creator', 'the service does not name the creator');
    return undefined;
  }
  const served = modelsOf(deployments.map(({ entity }) => entity));
  const { known, active, missing, open } = await rightsOf(http, creator, served, signal);
  if (open.length > 0) skip('creator', `not settled: ${open.join(', ')}`);
  const lacks = missing.map(({ privilege, on }) => (on === undefined ? privilege : `${privilege} on ${on}`));
  // Perhaps only admins see all principals, so an absent one is gone only where the check says so.
  return { name: creator, exists: known === false && active !== false ? undefined : known, active, lacks };
}

/** Changes through servers on this machine. The journal is a local file, so it has other failures than the service. */
async function readChanges(http: Http, name: string, journal: ToolContext['journal'], skip: Skip) {
  if (!journal) return [];
  const { host } = await http.signer();
  const own = ({ host: at, subject }: { host: string; subject: { kind: string; name: string } }) =>
    at === host && subject.kind === 'endpoint' && subject.name === name;
  try {
    return (await journal.read({ where: own, newest: MAX_CHANGES })).entries;
  } catch {
    skip('own changes', 'the journal could not be read');
    return [];
  }
}

import { chance, hash32, replicaName } from '../ids.ts';
import { replicasOf } from '../state/concurrency.ts';
import type { Endpoint, Failure, ModelVersion, RoutedRequest, ServedEntity } from '../state/state.ts';

/** Service logs keep only recent lines. The number is the sandbox's own. */
export const KEPT_LINES = 1000;

/** What a log is made of: an entity of an endpoint, its model version if the workspace has it, and the current time. */
export interface LogSource {
  endpoint: Pick<Endpoint, 'name' | 'logs'>;
  entity: Pick<ServedEntity, 'config' | 'plan' | 'creation_timestamp' | 'ready_at' | 'replica'>;
  version: ModelVersion | undefined;
  /** Sandbox time, epoch milliseconds. */
  now: number;
}

/** Lines as a log text, which ends with a line end unless it is empty. */
export function joinLines(lines: readonly string[]): string {
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

/** `2024-02-18 12:39:44 +0000`, the format of gunicorn. */
function gunicornTime(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} +0000`;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `18/Feb/2024:12:39:44 +0000`, the format of its access log. */
function accessTime(at: number): string {
  const iso = new Date(at).toISOString();
  return `${iso.slice(8, 10)}/${MONTHS[Number(iso.slice(5, 7)) - 1] ?? 'Jan'}/${iso.slice(0, 4)}:${iso.slice(11, 19)} +0000`;
}

const MASTER = 7;
const WORKERS = [115, 116];

function startLines(at: number): string[] {
  const info = (pid: number, text: string): string => `[${gunicornTime(at)}] [${pid}] [INFO] ${text}`;
  return [
    info(MASTER, 'Starting gunicorn 23.0.0'),
    info(MASTER, `Listening at: http://0.0.0.0:8080 (${MASTER})`),
    info(MASTER, 'Using worker: sync'),
    ...WORKERS.map((pid) => info(pid, `Booting worker with pid: ${pid}`)),
  ];
}

/** A line of the seed with the time at which it was written. */
function timed(line: string, at: number): string {
  const python = new Date(at).toISOString().slice(0, 23).replace('T', ' ').replace('.', ',');
  return line.replaceAll('{time}', gunicornTime(at)).replaceAll('{log_time}', python);
}

/** The lines of a failed start. Those of a start that was given up appear one by one. */
function loadFailureLines(started: number, at: number, now: number, failure: Failure): string[] {
  const { message, aborted, bare } = failure;
  if (aborted) {
    const lines = failure.log_lines.map((text, index, all) => ({
      at: started + ((index + 1) / (all.length + 1)) * (at - started),
      text,
    }));
    return lines.flatMap((line) => (line.at <= now ? [timed(line.text, line.at)] : []));
  }
  if (now < at) return [];
  const lines = failure.log_lines.map((line) => timed(line, at));
  if (bare) return lines;
  const [pid = MASTER] = WORKERS;
  const said = message.includes('loading the model')
    ? message
    : `An error occurred while loading the model. ${message}`;
  return [
    ...(lines.length > 0 ? lines : [said]),
    `[${gunicornTime(at)}] [${pid}] [INFO] Worker exiting (pid: ${pid})`,
    `[${gunicornTime(at)}] [${MASTER}] [ERROR] Worker (pid:${pid}) exited with code 3`,
    `[${gunicornTime(at)}] [${MASTER}] [ERROR] Shutting down: Master`,
    `[${gunicornTime(at)}] [${MASTER}] [ERROR] Reason: Worker failed to boot.`,
  ];
}

/** The traceback that a failing request leaves. Its frames are made up. assumed: data.failed-lines */
function tracebackLines(at: number, raised: string): string[] {
  return [
    `[${gunicornTime(at)}] [${WORKERS[0]}] [ERROR] Exception on /invocations [POST]`,
    'Traceback (most recent call last):',
    '  File "/opt/conda/envs/mlflow-env/lib/python3.11/site-packages/mlflow/pyfunc/__init__.py", line 835, in predict',
    '    return self._predict(data, params)',
    raised,
  ];
}

/** assumed: data.access-lines */
function requestLines(request: RoutedRequest): string[] {
  const line = `127.0.0.1 - - [${accessTime(request.at)}] "POST /invocations HTTP/1.1" ${request.status} ${request.bytes} "-" "-"`;
  if (request.logged !== undefined) return [...request.logged.map((text) => timed(text, request.at)), line];
  if (request.raised !== undefined) return [...tracebackLines(request.at, request.raised), line];
  if (request.status !== 400) return [line];
  return [
    `[${gunicornTime(request.at)}] [${WORKERS[0]}] [WARNING] The request could not be evaluated; see its answer.`,
    line,
  ];
}

/**
 * The service log of a served entity: gunicorn's lines after the build, the output of the version's own code, and one line for each
 * request. Each line starts with the replica's name. `requests` are those of this entity. An `asleep` entity has no replica and therefore
 * no log.
 */
export function serviceLogText(source: LogSource, requests: readonly RoutedRequest[], asleep: boolean): string {
  const { endpoint, entity, version, now } = source;
  const dictated = endpoint.logs.get(entity.config.name)?.service;
  if (dictated !== undefined) return joinLines(dictated);
  const started = entity.plan?.built_at ?? entity.creation_timestamp;
  const failure = entity.plan?.failure ?? null;
  if (asleep || now < started || failure?.phase === 'build') return '';
  const replicas = replicaNames(entity);
  const [first = entity.replica] = replicas;
  const from = (replica: string, lines: readonly string[]): string[] => lines.map((line) => `[${replica}] ${line}`);
  if (failure !== null) {
    // No machine was found, so no container started.
    if (failure.aborted && failure.log_lines.length === 0) return '';
    const at = entity.plan?.ends_at ?? started;
    return joinLines(from(first, [...startLines(started), ...loadFailureLines(started, at, now, failure)]));
  }
  const lines = replicas.flatMap((replica) => from(replica, startLines(started)));
  if (entity.ready_at !== null && now >= entity.ready_at) lines.push(...from(first, written(version, entity.ready_at)));
  for (const request of requests) {
    // A request that the gateway refused never reached the container.
    if (request.refused === true) continue;
    const replica = replicas[Math.floor(request.at + request.bytes) % replicas.length] ?? first;
    lines.push(...from(replica, requestLines(request)));
  }
  return joinLines(lines.slice(-KEPT_LINES));
}

/** What the version's own code writes when it is ready. */
function written(version: ModelVersion | undefined, at: number): string[] {
  return (version?.service_log_lines ?? []).map((line) => timed(line, at));
}

/** The replicas of an entity. The first has its name in the state, and the names of the others follow from it. assumed: data.replicas */
function replicaNames({ config, replica }: LogSource['entity']): string[] {
  const others = Array.from({ length: replicasOf(config) - 1 }, (_, at) => {
    let drawn = 0;
    return replicaName(() => chance(hash32(`${replica}/${at}`), drawn++, 0));
  });
  return [replica, ...others];
}

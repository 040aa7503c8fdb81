import type { Endpoint, ModelVersion, RoutedRequest, ServedEntity } from '../state/state.ts';

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

const GREY = '\u001b[90m';
const RED = '\u001b[91m';
const RESET = '\u001b[0m';
/** pip clears the line before it redraws the bar. */
const CLEAR = '\u001b[2K';

/** The progress bar of one pip download, redrawn with carriage returns and colours, as a terminal capture has it. */
function progressBar(megabytes: number): string {
  const width = 40;
  const states = [0.25, 0.7, 1].map((done) => {
    const full = Math.round(width * done);
    const bar =
      done === 1
        ? `${GREY}${'━'.repeat(width)}${RESET}`
        : `${RED}${'━'.repeat(full)}${RESET}${GREY}╺${'━'.repeat(width - full)}${RESET}`;
    const size = `${(megabytes * done).toFixed(1)}/${megabytes.toFixed(1)} MB`;
    return `     ${bar} ${size} 61.4 MB/s eta 0:00:0${done === 1 ? 0 : 1}`;
  });
  return states.map((state) => `${CLEAR}${state}`).join('\r');
}

type Package = [name: string, version: string, megabytes: number];

/** The packages that a model of each kind installs. The versions are plausible, not measured. */
function packagesOf(version: ModelVersion | undefined): Package[] {
  const base: Package[] = [
    ['mlflow', '2.22.1', 29.0],
    ['cloudpickle', '3.1.1', 0.1],
  ];
  switch (version?.spec.kind) {
    case 'embedding':
    case 'chat':
    case 'completion':
      return [...base, ['torch', '2.6.0', 766.7], ['transformers', '4.51.3', 10.4]];
    case 'agent':
      return [...base, ['databricks-agents', '1.0.1', 0.2], ['databricks-openai', '0.4.0', 0.1]];
    default:
      return [...base, ['numpy', '1.26.4', 18.0], ['pandas', '2.2.3', 12.7], ['scikit-learn', '1.5.2', 12.9]];
  }
}

/** The lines of a build. Each has the share of the build after which it appears. */
function buildLines(source: LogSource): [number, string][] {
  const { entity, version } = source;
  const packages = packagesOf(version);
  const model = `${entity.config.entity_name ?? entity.config.name}/${entity.config.entity_version ?? '1'}`;
  const lines: string[] = [
    '#1 [internal] load build definition from Dockerfile',
    '#1 transferring dockerfile: 2.31kB done',
    '#1 DONE 0.1s',
    '#2 [1/6] FROM serving-base-image:cpu',
    '#2 DONE 3.4s',
    `#3 [2/6] COPY model /model    (models:/${model})`,
    '#3 DONE 0.6s',
    '#4 [3/6] RUN conda env create -n mlflow-env -f /model/conda.yaml',
    '#4 Channels:',
    '#4  - conda-forge',
    '#4 Solving environment: ...working... done',
    '#4 Preparing transaction: ...working... done',
    '#4 DONE 41.8s',
    '#5 [4/6] RUN pip install -r /model/requirements.txt',
  ];
  for (const [name, release, megabytes] of packages) {
    const wheel = `${name.replaceAll('-', '_')}-${release}-cp311-cp311-manylinux_2_17_x86_64.whl`;
    lines.push(
      `#5 Collecting ${name}==${release}`,
      `#5   Downloading ${wheel} (${megabytes} MB)`,
      progressBar(megabytes),
    );
  }
  const done = [
    `#5 Installing collected packages: ${packages.map(([name]) => name).join(', ')}`,
    `#5 Successfully installed ${packages.map(([name, release]) => `${name}-${release}`).join(' ')}`,
    '#5 DONE 63.2s',
    '#6 [5/6] RUN python -m compileall -q /model',
    '#6 DONE 2.2s',
    '#7 exporting layers',
    '#7 pushing layers',
    '#7 DONE 24.9s',
    'Successfully built image',
  ];
  const failure = version?.failure?.phase === 'build' ? version.failure : null;
  const all =
    failure === null
      ? [...lines, ...done]
      : [...lines, ...failure.log_lines.map((line) => `#5 ${line}`), `#5 ERROR: ${failure.message}`];
  return all.map((line, at) => [(at + 1) / all.length, line]);
}

/**
 * The build log of a served entity up to now: Docker steps and pip, with the carriage returns and colours of progress bars. A failing
 * version ends in its own lines. assumed: data.build-log
 */
export function buildLogText(source: LogSource): string {
  const dictated = source.endpoint.logs.get(source.entity.config.name)?.build;
  if (dictated !== undefined) return joinLines(dictated);
  const { plan, creation_timestamp } = source.entity;
  const length = (plan?.built_at ?? creation_timestamp) - creation_timestamp;
  const progress = length <= 0 ? 1 : (source.now - creation_timestamp) / length;
  return joinLines(buildLines(source).flatMap(([share, line]) => (share <= progress ? [line] : [])));
}

function joinLines(lines: readonly string[]): string {
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

function loadFailureLines(at: number, message: string, lines: readonly string[]): string[] {
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
  const failure = version?.failure ?? null;
  if (asleep || now < started || failure?.phase === 'build') return '';
  const lines = startLines(started);
  if (failure !== null) {
    const at = entity.plan?.ends_at ?? started;
    if (now >= at) lines.push(...loadFailureLines(at, failure.message, failure.log_lines));
  } else {
    if (entity.ready_at !== null && now >= entity.ready_at) lines.push(...(version?.service_log_lines ?? []));
    // A request that the gateway refused never reached the container.
    lines.push(...requests.filter(({ refused }) => refused !== true).flatMap(requestLines));
  }
  return joinLines(lines.slice(-KEPT_LINES).map((line) => `[${entity.replica}] ${line}`));
}

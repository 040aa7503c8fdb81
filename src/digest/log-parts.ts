/** Takes a log line apart: who wrote it, when, how serious it is, and the words themselves. Pure. */

export type Level = 'debug' | 'info' | 'warning' | 'error';

export interface LogPart {
  /** The words, without the prefixes of BuildKit, of the platform and of logging libraries. Indentation stays. */
  bare: string;
  /** The replica that wrote it, or the step of a build: lines of others may lie between. Empty when the line names none. */
  source: string;
  level: Level | undefined;
  /** Epoch milliseconds. Undefined when the line has no time. A time without a zone is UTC, as in every container of the service. */
  at: number | undefined;
}

const LEVELS: Record<string, Level> = {
  trace: 'debug',
  debug: 'debug',
  info: 'info',
  notice: 'info',
  success: 'info',
  warn: 'warning',
  warning: 'warning',
  error: 'error',
  err: 'error',
  critical: 'error',
  fatal: 'error',
  severe: 'error',
  d: 'debug',
  i: 'info',
  w: 'warning',
  e: 'error',
  f: 'error',
};
const LEVEL = '(TRACE|DEBUG|INFO|NOTICE|SUCCESS|WARN|WARNING|ERROR|CRITICAL|FATAL|SEVERE)';

/** `#5 `, `#5 12.34 `, and `12.34 ` in BuildKit's summary of a failed step. */
const STEP = /^#(\d+) (?:\d+\.\d+ )?|^\d+\.\d{1,4} /;
/** `[94cbbdpbb8] `. */
const REPLICA = /^\[([a-z0-9]{4,12})\] /;
/** The end of such a prefix, where the tail of a log begins in the middle of a line. */
const CUT_REPLICA = /^[a-z0-9]{0,11}\] (?=\[|\S)/;

const CUT_STEP = /^ ?\d{0,3} ?\d*\.\d+ /;

interface Prefix {
  form: RegExp;
  level?: (found: RegExpExecArray) => string | undefined;
  at?: (found: RegExpExecArray) => number;
}

const DATE_TIME = '(\\d{4})[-/](\\d\\d)[-/](\\d\\d)[T ](\\d\\d:\\d\\d:\\d\\d)(?:[.,](\\d{1,3})\\d*)?';
const ZONE = '(?: ?(Z|UTC|[+-]\\d\\d:?\\d\\d))?';
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function timeOf(found: RegExpExecArray, from: number): number {
  const [year, month, day, clock, fraction = '0', zone = 'Z'] = found.slice(from, from + 6);
  return Date.parse(`${year}-${month}-${day}T${clock}.${fraction.padEnd(3, '0')}${zoneOf(zone)}`);
}

function zoneOf(zone: string): string {
  return zone === 'Z' || zone === 'UTC' ? 'Z' : zone.replace(/(\d\d):?(\d\d)$/, '$1:$2');
}

/** Prefixes, each once at most and in the order in which they follow one another. */
const PREFIXES: Prefix[] = [
  // vLLM names the process before the level.
  { form: /^\((?:EngineCore|APIServer|VllmWorker|Worker|RayWorker)[^()]{0,60}\) / },
  // gunicorn: [2024-02-18 12:39:44 +0000] [115] [INFO]
  {
    form: new RegExp(`^\\[${DATE_TIME}${ZONE}\\] (?:\\[\\d+\\] )?(?:\\[${LEVEL}\\] )?`, 'i'),
    at: (found) => timeOf(found, 1),
    level: (found) => found[7],
  },
  // TensorFlow: 2024-05-01 12:00:00.123456: W tensorflow/…
  {
    form: new RegExp(`^${DATE_TIME}: ([DIWEF]) (?=\\S+/)`),
    at: (found) => timeOf(found, 1),
    level: (found) => found[6],
  },
  // logging, loguru, mlflow: 2024/05/01 12:00:00 ERROR mlflow.x: …; 2024-05-01 12:00:00,123 - name - ERROR - …; … | ERROR | …
  {
    form: new RegExp(
      `^${DATE_TIME}${ZONE}(?:\\s*[-|:]\\s*|\\s+)(?:(?!${LEVEL}\\b)\\[?[\\w.]{1,80}\\]?\\s*[-|]\\s*)?\\[?${LEVEL} {0,8}\\]?(?:\\s*[-|:]\\s*|\\s+|$)`,
      'i',
    ),
    at: (found) => timeOf(found, 1),
    level: (found) => found[8],
  },
  // A time alone. The blanks after it may be the indentation of a traceback.
  { form: new RegExp(`^${DATE_TIME}${ZONE}(?: [-|:] | ?$| )`, 'i'), at: (found) => timeOf(found, 1) },
  // glog: W0501 12:00:00.123456 139 file.cc:1]
  { form: /^([DIWEF])\d{4} \d\d:\d\d:\d\d\.\d+ +\d+ [\w./-]+:\d+\] /, level: (found) => found[1] },
  // vLLM: ERROR 05-01 12:00:00 [core.py:632]
  {
    form: new RegExp(`^${LEVEL} \\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d (?:\\[[\\w./-]+:\\d+\\]|[\\w./-]+:\\d+\\]) ?`),
    level: (found) => found[1],
  },
  // rich: [03/01/26 12:00:00] ERROR    …
  { form: new RegExp(`^\\[\\d\\d/\\d\\d/\\d\\d \\d\\d:\\d\\d:\\d\\d\\] ${LEVEL} +`), level: (found) => found[1] },
  // pip, uvicorn, logging's default: "ERROR: …", "INFO:     …", "ERROR:root:…", "[ERROR] …", "WARNING conda.x: …"
  {
    form: new RegExp(`^\\[?${LEVEL}(?:\\]:?|:(?:[\\w.]{1,80}:)?|(?= +[\\w.]+[.:]|\\s))\\s*`),
    level: (found) => found[1],
  },
];

/** Words of other tools that name a level: gcc, uv, npm, Python's warnings. */
const WARNS =
  /^(?:warning|npm warn|hint|note|info|debug|trace)\b[: !]|^\S{1,300}:\d+:(?:\d+:)? warning: |\b(?:[A-Z]\w{1,60})?Warning: /i;
/** The level in a line of JSON. */
const JSON_LEVEL = /^\{.{0,2000}"(?:level|severity|levelname|log_level|lvl)" ?: ?"([a-z]{4,8})"/i;

/** Levels in brackets are not the name of a replica. */
function isReplica(word: string): boolean {
  return !(word in LEVELS) && !/^(?:build|stdout|stderr|alert|emerg|main|root)$/.test(word);
}

/** @param first whether it is the first line of a log, which may begin in its middle. */
export function partsOf(line: string, first = false): LogPart {
  const part: LogPart = { bare: line, source: '', level: undefined, at: undefined };
  stripSource(part, first);
  stripPrefixes(part);
  // Some collectors put a time before everything else.
  if (part.source === '' && part.level === undefined && part.at !== undefined) {
    stripSource(part, false);
    stripPrefixes(part);
  }
  part.level ??= LEVELS[JSON_LEVEL.exec(part.bare)?.[1]?.toLowerCase() ?? ''];
  if (part.level === undefined && WARNS.test(part.bare.slice(0, 2_000))) part.level = 'warning';
  part.at ??= accessTime(part.bare);
  return part;
}

function stripSource(part: LogPart, first: boolean): void {
  const step = STEP.exec(part.bare);
  if (step) {
    part.source = step[1] ?? '';
    part.bare = part.bare.slice(step[0].length);
  }
  const replica = REPLICA.exec(part.bare);
  if (replica?.[1] && isReplica(replica[1])) {
    part.source = replica[1];
    part.bare = part.bare.slice(replica[0].length);
  } else if (first) {
    part.bare = part.bare.replace(CUT_REPLICA, '').replace(CUT_STEP, '');
  }
}

function stripPrefixes(part: LogPart): void {
  for (const { form, level, at } of PREFIXES) {
    const found = form.exec(part.bare);
    if (!found) continue;
    part.level ??= LEVELS[level?.(found)?.toLowerCase() ?? ''];
    const time = at?.(found);
    if (time !== undefined && Number.isFinite(time)) part.at ??= time;
    // A line such as "ERROR" alone keeps its word.
    if (found[0].length < part.bare.length) part.bare = part.bare.slice(found[0].length);
  }
}

/** The time in an access log: `[18/Feb/2024:12:39:44 +0000]`. */
function accessTime(text: string): number | undefined {
  const found = /\[(\d\d)\/([A-Z][a-z]{2})\/(\d{4}):(\d\d:\d\d:\d\d) ([+-]\d{4})\]/.exec(text);
  const month = MONTHS.indexOf(found?.[2] ?? '') + 1;
  if (!found || month === 0) return undefined;
  const [, day, , year, clock, zone = ''] = found;
  const time = Date.parse(`${year}-${String(month).padStart(2, '0')}-${day}T${clock}${zoneOf(zone)}`);
  return Number.isFinite(time) ? time : undefined;
}

/** A request in an access log. */
export interface Access {
  status: number;
  /** A request of the platform that only asks whether the server is alive. */
  probe: boolean;
}

const ACCESS = /"(?:GET|POST|PUT|HEAD|OPTIONS) (\S{1,300})(?: HTTP\/[\d.]+)?" (\d{3})\b/;
const PROBE = /^\/(?:ping|health\w*|ready\w*|livez?|readyz|livez|version|metrics|v2\/health\S*)(?:[/?]|$)/;

/** The request that an access line reports. Undefined for other lines. */
export function accessOf(text: string): Access | undefined {
  const found = ACCESS.exec(text);
  if (!found?.[1] || !found[2]) return undefined;
  return { status: Number(found[2]), probe: PROBE.test(found[1]) };
}

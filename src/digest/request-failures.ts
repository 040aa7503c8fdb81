/** The requests that failed in a server that runs, as its log shows them, and what was raised in each. Pure. */
import { EXCEPTION, HARMLESS } from './key-lines.ts';
import { SEARCHED } from './log-lines.ts';
import { accessOf, type LogPart, partsOf } from './log-parts.ts';
import { type Traceback, tracebacksOf } from './tracebacks.ts';

/** A request that failed with an exception or an error of the server. */
export interface RequestFailure {
  /** The line that says what happened, by index. */
  line: number;
  /** Its words, without prefixes. */
  words: string;
  /** The words of all exceptions of its chain, the last one first. */
  chain: readonly string[];
  /** Epoch milliseconds, where a line near it has a time. */
  at: number | undefined;
  /** Of the answer, where the access log shows it. */
  status: number | undefined;
}

/** What the log of a running server shows about its requests. Numbers are indices of lines. */
export interface ServedRequests {
  /** Answered requests in the access log, without probes, oldest first. */
  answers: readonly { status: number; line: number; at: number | undefined }[];
  failures: readonly RequestFailure[];
  /** Workers that the server ended after they had taken too long, after their first request. */
  timeouts: readonly number[];
  /** Workers that something else ended, after their first request. */
  kills: readonly number[];
  /** Times at which a server started, oldest first. */
  starts: readonly number[];
  /** The time of each line, from the lines before it if it has none. */
  timeOf(line: number): number | undefined;
}

/** Lines of a log that are read, from its end. */
const MAX_LINES = 20_000;
/** Lines between an exception and the entry of its request in the access log. Several workers write between them. */
const NEAR = 30;
/** Lines between the end of a worker that was too slow and the report that it was killed. */
const KILL = 20;

/** How servers say that an exception ended a request: Flask, gunicorn, uvicorn, aiohttp, MLflow, Java. */
const UNCAUGHT =
  /\bException on \/\S{0,200} \[(?:POST|GET|PUT)\]|Error handling request|Exception in ASGI application|Unhandled exception|Encountered an unexpected error while evaluating the model|Servlet\.service\(\) for servlet/i;
/** A frame of the code that answers requests. */
const ANSWERS =
  /^[\s|+]*File "[^"]*", line \d+, in (?:_?predict\w*|invocations|transformed_predict|_?invoke\w*|__call__|_?generate\w*|run_endpoint_function|dispatch_request)\b/;
/** A frame of the code that loads the model. */
const LOADS = /^[\s|+]*File "[^"]*", line \d+, in (?:load_context|load_model|_load_pyfunc|lifespan|init_process)\b/;
/** Exceptions that only say that another one was raised. */
const WRAPPER =
  /^(?:[\w.]+\.)?(?:MlflowException: Encountered an unexpected error while evaluating|SystemExit|KeyboardInterrupt|RetryError\[)/;

const STARTS =
  /\bStarting gunicorn\b|\bStarted server process\b|\bUvicorn running on\b|\bStarting (?:the )?model server\b/;
const TOO_SLOW = /\bWORKER TIMEOUT \(pid/;
const KILLED =
  /\bwas sent SIGKILL!|\bterminated due to signal 9\b|\bOOMKilled\b|\bexit(?:ed with)? code 137\b|\bOut of memory: Kill|\bMemory cgroup out of memory\b/;

interface Stream {
  lines: readonly number[];
  parts: readonly LogPart[];
}

/** Reads the service log of an entity. @param lines cleaned, oldest first. */
export function servedRequests(lines: readonly string[]): ServedRequests {
  const offset = Math.max(0, lines.length - MAX_LINES);
  const parts = lines.slice(offset).map((line, at) => partsOf(line.slice(0, SEARCHED), at === 0));
  const times = timesOf(parts);
  const streams = streamsOf(parts);
  const found = streams.flatMap((stream) => failuresIn(stream));
  const answers = parts.flatMap(({ bare }, line) => {
    const access = accessOf(bare);
    return access && !access.probe ? [{ status: access.status, line: line + offset, at: times[line] }] : [];
  });
  const ended = streams.map((stream) => workersEnded(stream));
  const move = (at: number) => at + offset;
  return {
    answers,
    failures: found
      .map((failure) => ({ ...failure, line: move(failure.line), at: times[failure.line] }))
      .sort((a, b) => a.line - b.line),
    timeouts: ended.flatMap(({ timeouts }) => timeouts).map(move),
    kills: ended.flatMap(({ kills }) => kills).map(move),
    starts: parts.flatMap(({ bare, level }, at) => (level !== 'error' && STARTS.test(bare) ? (times[at] ?? []) : [])),
    timeOf: (line) => times[line - offset],
  };
}

function streamsOf(parts: readonly LogPart[]): Stream[] {
  const bySource = new Map<string, number[]>();
  for (const [at, { source }] of parts.entries()) bySource.set(source, [...(bySource.get(source) ?? []), at]);
  return [...bySource.values()].map((lines) => ({ lines, parts }));
}

function timesOf(parts: readonly LogPart[]): (number | undefined)[] {
  const last = new Map<string, number>();
  return parts.map(({ source, at }) => {
    if (at !== undefined) last.set(source, at);
    return at ?? last.get(source);
  });
}

type Found = Omit<RequestFailure, 'at'>;

function failuresIn({ lines, parts }: Stream): Found[] {
  const tracebacks = tracebacksOf(lines, parts);
  const inside = new Set(tracebacks.flatMap((each) => each.lines));
  const chains: Traceback[][] = [];
  for (const traceback of tracebacks) {
    const last = chains.at(-1);
    if (traceback.chained && last) last.push(traceback);
    else chains.push([traceback]);
  }
  const raised = chains.flatMap((chain) => ofRequest(chain, lines, parts) ?? []);
  return [...raised, ...withoutTraceback(lines, parts, inside, raised)];
}

/** The answer to the request that wrote a line, where the access log shows it. */
function answerAfter(at: number, lines: readonly number[], parts: readonly LogPart[]): number | undefined {
  const from = lines.indexOf(at);
  for (const line of lines.slice(from + 1, from + 1 + NEAR)) {
    const access = accessOf(parts[line]?.bare ?? '');
    if (access && !access.probe) return access.status;
  }
  return undefined;
}

function ofRequest(chain: Traceback[], lines: readonly number[], parts: readonly LogPart[]): Found | undefined {
  const text = (at: number) => parts[at]?.bare ?? '';
  const [first] = chain;
  const last = chain.at(-1);
  if (!first || !last || chain.some(({ ignored, warned }) => ignored || warned)) return undefined;
  const all = chain.flatMap((each) => each.lines).map(text);
  if (all.some((line) => LOADS.test(line))) return undefined;
  const head = first.lines[0] ?? 0;
  const before = lines.slice(Math.max(0, lines.indexOf(head) - 2), lines.indexOf(head) + 1).map(text);
  const status = answerAfter(last.exception, lines, parts);
  const uncaught = before.some((line) => UNCAUGHT.test(line)) || UNCAUGHT.test(text(last.exception));
  if (!uncaught && (status === undefined ? !all.some((line) => ANSWERS.test(line)) : status < 400)) return undefined;
  if (!uncaught && isRetried(parts[head], before)) return undefined;
  const main = chain.findLast(({ exception }) => !WRAPPER.test(text(exception))) ?? last;
  const others = chain.toReversed().filter((each) => each !== main);
  const words = [main, ...others].map(({ exception }) => withMore(exception, lines, parts));
  return { line: main.exception, words: words[0] ?? '', chain: words, status };
}

/** gRPC and database drivers write the details of an exception on the lines below it. */
function withMore(at: number, lines: readonly number[], parts: readonly LogPart[]): string {
  const from = lines.indexOf(at);
  const more: string[] = [];
  for (const line of lines.slice(from + 1, from + 6)) {
    const { bare = '', level, at: time } = parts[line] ?? {};
    if (level !== undefined || time !== undefined || accessOf(bare) || !/^[\s"(>|]/.test(bare)) break;
    more.push(bare.trim());
  }
  return [parts[at]?.bare ?? '', ...more].join(' ');
}

function isRetried(head: LogPart | undefined, before: readonly string[]): boolean {
  return head?.level === 'info' || head?.level === 'debug' || before.some((line) => /\bretry(?:ing)?\b/i.test(line));
}

/** Errors on one line, each directly above the access line of a request that failed. */
function withoutTraceback(
  lines: readonly number[],
  parts: readonly LogPart[],
  inside: ReadonlySet<number>,
  raised: readonly Found[],
): Found[] {
  const found: Found[] = [];
  let above: number[] = [];
  const explained = new Set(raised.map(({ line }) => line));
  for (const at of lines) {
    const { bare = '', level } = parts[at] ?? {};
    const access = accessOf(bare);
    if (!access) {
      above = [...above.slice(1 - NEAR), at];
      continue;
    }
    if (access.probe) continue;
    const known = above.some((line) => explained.has(line));
    const said = above.findLast((line) => !inside.has(line) && saysError(parts[line]));
    if (access.status >= 400 && !known && said !== undefined) {
      const words = parts[said]?.bare ?? '';
      found.push({ line: said, words, chain: [words], status: access.status });
    }
    above = [];
    if (level === 'error') continue;
  }
  return found;
}

function saysError(part: LogPart | undefined): boolean {
  if (!part || part.level === 'warning' || part.level === 'info' || part.level === 'debug') return false;
  if (HARMLESS.test(part.bare) || UNCAUGHT.test(part.bare) || TOO_SLOW.test(part.bare)) return false;
  return part.level === 'error' || EXCEPTION.test(part.bare);
}

function workersEnded({ lines, parts }: Stream): { timeouts: number[]; kills: number[] } {
  const timeouts: number[] = [];
  const kills: number[] = [];
  let served = false;
  for (const at of lines) {
    const { bare = '', level } = parts[at] ?? {};
    const access = accessOf(bare);
    if (access) served = true;
    if (!served || access || level === 'info' || level === 'debug') continue;
    const slow = timeouts.at(-1);
    if (TOO_SLOW.test(bare)) timeouts.push(at);
    else if (KILLED.test(bare) && !(slow !== undefined && lines.indexOf(at) - lines.indexOf(slow) <= KILL))
      kills.push(at);
  }
  return { timeouts, kills };
}

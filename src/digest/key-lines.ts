/** Finds the few lines of a log that explain a failure, and what the owner of the model can do about it. Pure. */
import type { FailureCause } from './failure-cause.ts';
import { ANY_CAUSE, AT_START, CAUSES, isReason, matches } from './failure-causes.ts';
import { SEARCHED, shortLine } from './log-lines.ts';
import { accessOf, type LogPart, partsOf } from './log-parts.ts';
import { idleLines } from './overcome.ts';
import { type Traceback, tracebacksOf } from './tracebacks.ts';

export type LogKind = 'service' | 'build';

export interface Explanation {
  /** The lines, in the order of the log. */
  lines: number[];
  /** A known cause, where the lines prove one. */
  cause: FailureCause | undefined;
  /** Every line that has the words of a reason and was not overcome, in the order of the log. */
  reasons?: readonly { at: number; cause: FailureCause }[];
}

/** Lines of a log that are searched, from its end. */
const MAX_LINES = 20_000;
/** How far above a line another one is its context. */
const NEAR = 60;

/** Lines below an exception without a message in which the message may be. */
const BELOW = 4;

const TIMEOUT = /WORKER TIMEOUT \(pid/;

/** An exception by its name, at the start of a line or after a colon. */
export const EXCEPTION =
  /(?:^|[\s:(])(?:[A-Za-z_]\w*\.){0,12}[A-Z]\w{0,80}(?:Error|Exception|Exit|Interrupt|Failure|Fault|Timeout|NotFound|Expired|Denied)(?::|$)|^(?:[A-Za-z_]\w*\.){0,12}[A-Z]\w{0,80}(?:Error|Exception)\(['"]/;
/** Words of a failure without a known cause. */
const FAILURE =
  /^\s*(?:[\w./-]{1,60}: )?(?:error|fatal|panic|failed|failure|critical)(?:[:!]|\[|\s+(?:to|in|while|during|at|loading|exit)\b)|^\s*×|\bnpm ERR!|No module named|command not found|: not found$|Permission denied|PERMISSION_DENIED|AccessDenied|access denied|does not have permission|Segmentation fault|core dumped|Aborted$|undefined symbol|symbol lookup error|Connection refused|CERTIFICATE_VERIFY_FAILED|\btimed out\b|terminate called|\bError: |finished with status 'error'|gave? up|giving up|: error processing|\bpanicked at\b|\*\*\* .{0,200}Error \d|\bTimeout waiting\b|\bout of memory\b/i;
/** The same words in lines that prove nothing. */
export const HARMLESS =
  /\b0 (?:errors?|failures|failed)\b|\b(?:errors?|failed|failures?)["']?[=:] ?(?:0|none|null|false|\[\])(?!\S)|pip's dependency resolver|was sent SIG(?:TERM|INT|QUIT|HUP)\b|not a git repository|terminated due to signal 15|Solving environment: failed with|\bretry(?:ing)?\b|Error caught was|some optimizations will not|\bignor(?:e|ed|ing)\b|\bskipp(?:ed|ing)\b|fall(?:ing)? ?back|continuing|non-?fatal|deprecat|will be removed|Unable to register cu|failed call to cuInit|cuda_(?:driver|dnn|blas|fft|diagnostics)|computation_placer|TF-TRT|dlerror|handling signal|Worker exiting|credential.{0,60}\b(?:renew|refresh)/i;
/** Lines of a normal build, which have names of packages and commands in them. */
const ORDINARY =
  /^\s*(?:Collecting|Downloading|Downloaded|Using cached|Requirement already satisfied|Installing collected packages|Successfully|Obtaining|Attempting uninstall|Found existing installation|Uninstall|Adding|Created wheel|Stored in directory|Looking in|Resolved|Prepared|Installed|Selecting|Preparing to unpack|Unpacking|Setting up|Get:|Hit:|- [\w.[\],-]+(?:\s*[=<>~!].*)?$|[+~] \S+==|RUN |COPY |Step \d|\d+ \| |>?\s?\[[^\]]{0,40}\d{1,3}\/\d{1,3}\] )/;
const CONTINUES = /^(?:\s|[-╰│├└▶•·]|(?:Because|And|and|So|so|hint|caused by|Caused by)\b)/;

/** The lines that most likely explain a failure, at most `limit`, in the order of the log. A long line is cut to the part that matters. */
export function keyLines(lines: readonly string[], limit: number, log?: LogKind): string[] {
  return explain(lines, limit, log).lines.flatMap((index) => keyPart(lines[index] ?? ''));
}

/** A key line, cut to the part that says what happened. */
export function keyPart(line: string): string {
  const at = [...ANY_CAUSE, EXCEPTION, FAILURE].map((words) => line.search(words)).find((found) => found >= 0) ?? 0;
  return shortLine(line, at);
}

/** The lower, the more a line says. */
const RANK = { exception: 0, reason: 1, context: 2, thrown: 3, failure: 4, wrapper: 5, end: 6 } as const;

interface Hit {
  at: number;
  rank: number;
  cause: FailureCause | undefined;
}

/** A log taken apart. All numbers are indices of its lines. */
interface Log {
  parts: readonly LogPart[];
  /** The lines of each replica or build step. */
  streams: readonly number[][];
  /** Chains of tracebacks: each is the cause or the context of the next. */
  chains: readonly Traceback[][];
  /** Frames and lines of code. Their words are not messages. */
  code: ReadonlySet<number>;
  /** The lines of each traceback, by the line of its exception. */
  frames: ReadonlyMap<number, readonly number[]>;
  /** Lines that prove nothing: of a warning, or of a failure that was overcome. */
  idle: ReadonlySet<number>;
}

/** Finds the lines that explain a failure. @param limit the largest number of lines. */
export function explain(lines: readonly string[], limit: number, kind?: LogKind): Explanation {
  const offset = Math.max(0, lines.length - MAX_LINES);
  const parts = lines.slice(offset).map((line, index) => partsOf(line.slice(0, SEARCHED), index === 0));
  const log = takeApart(parts);
  const exceptions = exceptionHits(log, kind);
  const hits = withoutSlowRequests(log, [...exceptions, ...lineHits(log, kind)]);
  const first = kind === 'build';
  const ordered = hits.toSorted((a, b) => a.rank - b.rank || (first ? a.at - b.at : b.at - a.at));
  const chosen = choose(ordered, log, limit);
  const reasons = hits
    .flatMap(({ at, cause }) => (cause && isReason(cause) ? [{ at: at + offset, cause }] : []))
    .sort((a, b) => a.at - b.at);
  return { lines: chosen.map((at) => at + offset), cause: provenCause(log, ordered, exceptions, first), reasons };
}

function takeApart(parts: readonly LogPart[]): Log {
  const [cut, next] = parts;
  // A log can begin in the middle of a line, behind the name of its replica.
  if (cut && next && cut.source === '') cut.source = next.source;
  const bySource = new Map<string, number[]>();
  for (const [at, { source }] of parts.entries()) {
    const stream = bySource.get(source);
    if (stream) stream.push(at);
    else bySource.set(source, [at]);
  }
  const streams = [...bySource.values()];
  const tracebacks = streams.flatMap((stream) => tracebacksOf(stream, parts));
  const code = new Set(tracebacks.flatMap(({ lines, exception }) => lines.filter((line) => line !== exception)));
  const frames = new Map(tracebacks.map(({ exception, lines }) => [exception, lines]));
  const idle = idleLines(parts, streams, tracebacks);
  return { parts, streams, chains: chainsOf(tracebacks), code, frames, idle };
}

function chainsOf(tracebacks: readonly Traceback[]): Traceback[][] {
  const chains: Traceback[][] = [];
  for (const traceback of tracebacks) {
    const last = chains.at(-1);
    if (traceback.chained && last) last.push(traceback);
    else chains.push([traceback]);
  }
  return chains.sort((a, b) => (a.at(-1)?.exception ?? 0) - (b.at(-1)?.exception ?? 0));
}

/** The last exception that says more than a wrapper, with its frame and the first exception of its chain. */
function exceptionHits(log: Log, kind: LogKind | undefined): Hit[] {
  const { parts, idle } = log;
  const text = (at: number) => parts[at]?.bare ?? '';
  const live = log.chains.filter((chain) => chain.some(({ exception }) => !idle.has(exception)));
  for (const chain of live.toReversed()) {
    const main =
      chain.findLast(({ exception }) => !isWrapper(text(exception))) ??
      (chain === live[0] ? live.at(-1)?.at(-1) : undefined);
    if (!main) continue;
    const frame = main.ownFrame ?? chain.findLast(({ ownFrame }) => ownFrame !== undefined)?.ownFrame;
    const hits: Hit[] = [
      { at: main.exception, rank: RANK.exception, cause: causeOfException(log, main.exception, kind) },
    ];
    if (frame !== undefined) hits.push({ at: frame, rank: RANK.context, cause: undefined });
    for (const { exception } of [chain[0], chain.at(-1)].flatMap((each) => each ?? []))
      if (exception !== main.exception)
        hits.push({ at: exception, rank: RANK.context, cause: causeAt(log, exception, kind) });
    return hits;
  }
  return [];
}

/** The cause of an exception. Some libraries begin their message on the next line. */
function causeOfException(log: Log, at: number, kind: LogKind | undefined): FailureCause | undefined {
  const own = causeAt(log, at, kind);
  if (own || !/:\s*$|\bvalidation errors? for \w+$/.test(log.parts[at]?.bare ?? '')) return own;
  const stream = log.streams.find((each) => each.includes(at)) ?? [];
  const below = stream.slice(stream.indexOf(at) + 1).slice(0, BELOW);
  return below.map((line) => causeAt(log, line, kind)).find(Boolean);
}

function isWrapper(text: string): boolean {
  if (/^(?:[\w.]+\.)?(?:SystemExit|HaltServer|KeyboardInterrupt|BrokenProcessPool)\b/.test(text)) return true;
  const cause = CAUSES.find((each) => matches(each, text));
  return cause?.wrapper === true;
}

function lineHits(log: Log, kind: LogKind | undefined): Hit[] {
  const hits: Hit[] = [];
  for (const [at, part] of log.parts.entries()) {
    if (part.level === 'info' || part.level === 'debug') continue;
    const cause = causeAt(log, at, kind);
    if (cause && !(log.idle.has(at) && !cause.lasting) && (part.level !== 'warning' || cause.warned)) {
      hits.push({ at, rank: rankOf(cause), cause });
    } else if (!cause && !log.idle.has(at) && !log.code.has(at) && saysFailure(part)) {
      hits.push({ at, rank: EXCEPTION.test(part.bare) ? RANK.thrown : RANK.failure, cause: undefined });
    }
  }
  return hits;
}

function rankOf({ wrapper, weak }: FailureCause): number {
  if (!wrapper) return RANK.reason;
  return weak ? RANK.end : RANK.wrapper;
}

/** A line that reports a failure in words that have no row of their own. */
function saysFailure({ bare, level }: LogPart): boolean {
  if (level === 'warning' || HARMLESS.test(bare) || ORDINARY.test(bare) || accessOf(bare)) return false;
  return level === 'error' || EXCEPTION.test(bare) || FAILURE.test(bare);
}

function causeAt(log: Log, at: number, kind: LogKind | undefined): FailureCause | undefined {
  const { parts, code, frames } = log;
  const text = parts[at]?.bare ?? '';
  if (!ANY_CAUSE.some((words) => words.test(text)) || ORDINARY.test(text)) return undefined;
  const nearby = () => parts.slice(Math.max(0, at - NEAR), at);
  const above = (form: RegExp) =>
    (frames.get(at)?.flatMap((line) => parts[line] ?? []) ?? nearby()).some(({ bare }) => form.test(bare)) ||
    (kind === 'build' && nearby().some(({ bare }) => form.test(bare)));
  return CAUSES.find(
    (cause) =>
      !cause.inState &&
      (cause.code || !code.has(at)) &&
      !(kind === 'service' ? cause.inBuild : kind === 'build' && AT_START.has(cause)) &&
      matches(cause, text) &&
      (cause.below === undefined || above(cause.below)),
  );
}

/**
 * gunicorn also kills a worker that takes too long, and then blames memory. A worker that has served before had one slow request, which is no
 * failure of the start.
 */
function withoutSlowRequests({ parts, streams }: Log, hits: readonly Hit[]): Hit[] {
  const timeouts = [...parts.keys()].filter((at) => TIMEOUT.test(parts[at]?.bare ?? ''));
  if (timeouts.length === 0) return [...hits];
  const served = (at: number) =>
    (streams.find((stream) => stream.includes(at)) ?? []).some(
      (line) => line < at && accessOf(parts[line]?.bare ?? ''),
    );
  const slow = timeouts.length < 3 && timeouts.every(served);
  const killed = ({ at, cause }: Hit) =>
    cause?.id === 'out_of_memory' && timeouts.some((timeout) => timeout < at && at - timeout <= NEAR / 3);
  return hits.filter((hit) => !killed(hit) && !(slow && timeouts.includes(hit.at)));
}

/** The best lines, each once, with the lines below that belong to them. */
function choose(ordered: readonly Hit[], log: Log, limit: number): number[] {
  const chosen = new Set<number>();
  const seen = new Set<string>();
  const reasons = ordered.some(({ rank }) => rank <= RANK.reason);
  let wrappers = 0;
  for (const { at, rank, cause } of ordered) {
    if (chosen.size >= limit) break;
    const text = (log.parts[at]?.bare ?? '').trim().replace(/\d+/g, '0');
    if (chosen.has(at) || seen.has(text)) continue;
    if (rank >= RANK.wrapper && ++wrappers > (reasons ? 1 : 3)) continue;
    if (rank === RANK.end && chosen.size > 0) continue;
    seen.add(text);
    chosen.add(at);
    for (const below of belonging(log, at, cause)) if (chosen.size < limit) chosen.add(below);
  }
  return [...chosen].sort((a, b) => a - b);
}

/** The lines below one that continue its sentence. */
function belonging({ parts, streams }: Log, at: number, cause: FailureCause | undefined): number[] {
  const text = parts[at]?.bare ?? '';
  const open = /:\s*$|validation errors? for/.test(text) && !/^\s*File "/.test(text);
  const most = Math.max(cause?.follow ?? 0, open ? 2 : 0);
  if (most === 0) return [];
  const stream = streams.find((each) => each.includes(at)) ?? [];
  const below = stream.slice(stream.indexOf(at) + 1).slice(0, most);
  const end = below.findIndex((line, after) => {
    const { bare = '', level } = parts[line] ?? {};
    return (
      level !== undefined ||
      accessOf(bare) !== undefined ||
      !(CONTINUES.test(bare) || (open && after < 2 && !FAILURE.test(bare)))
    );
  });
  return end < 0 ? below : below.slice(0, end);
}

/** The cause that the lines prove. An exception of unknown cause at the end leaves earlier lines unproven. */
function provenCause(
  { parts }: Log,
  ordered: readonly Hit[],
  exceptions: readonly Hit[],
  first: boolean,
): FailureCause | undefined {
  const known = (hits: readonly Hit[]) => hits.filter(({ cause }) => cause?.remedy !== undefined && !cause.wrapper);
  const strong = known(ordered).filter(({ cause }) => !cause?.weak);
  if (first && strong.length > 0) return installerCause(parts, strong);
  const thrown = known(exceptions)[0]?.cause;
  if (thrown) return thrown;
  if (exceptions.length > 0 && !strong.some(({ cause }) => cause?.lasting)) return wrapperOf(ordered);
  return (strong[0] ?? known(ordered)[0])?.cause ?? wrapperOf(ordered);
}

/**
 * The first reason of a build. A warning about an index is the reason only if a package was then not found. Versions for another Python are
 * the reason only if the requested one is among them.
 */
function installerCause(parts: readonly LogPart[], hits: readonly Hit[]): FailureCause | undefined {
  const absent = hits.find(({ cause }) => cause?.id === 'package_not_found' || cause?.id === 'package_not_on_mirror');
  const pinned = parts
    .map(({ bare }) => /No matching distribution found for [^=]{1,200}==([\w.+!-]+)/.exec(bare)?.[1])
    .find(Boolean);
  const explains = ({ at, cause }: Hit) => {
    const { bare = '', level } = parts[at] ?? {};
    if (cause?.id === 'package_needs_other_python' && /^Ignored/.test(bare))
      return pinned === undefined || bare.includes(` ${pinned} Requires-Python`);
    return level !== 'warning' || absent !== undefined || hits.every((each) => parts[each.at]?.level === 'warning');
  };
  return (hits.find(explains) ?? hits[0])?.cause;
}

function wrapperOf(ordered: readonly Hit[]): FailureCause | undefined {
  return ordered.find(({ cause }) => cause?.wrapper && cause.remedy !== undefined)?.cause;
}

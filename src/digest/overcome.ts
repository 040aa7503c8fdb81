/** Finds the lines of a log that prove nothing: what failed there was overcome, reported as a warning, or part of an orderly end. Pure. */
import { CAUSES, isFatal, isReason, matches } from './failure-causes.ts';
import { accessOf, type LogPart, partsOf } from './log-parts.ts';
import type { Traceback } from './tracebacks.ts';

/** Lines between a failed request and its entry in the access log. */
const REQUEST = 30;

/** The end of a step that a build repeats until it works. What failed before it was overcome. */
const INSTALLED =
  /^\s*(?:Successfully (?:installed|tagged)\b|Successfully built image|Conda environment created successfully|Installed \d+ packages? in|# To activate this environment)|\bnaming to \S+ .*done$|^(?:exporting|pushing) layers/;
/** A server that runs. What failed before it was overcome. PostgreSQL asks "Is the server running on host …?" when it does not answer. */
const RUNS =
  /Application startup complete|Uvicorn running on|\b(?:model|pipeline|weights?) (?:was |is |has been |have been )?(?:successfully )?loaded\b|\bloaded (?:the )?(?:model|pipeline)\b|successfully loaded|(?<!\b[Ii]s (?:the|your|a) )\b(?:server|service|worker|model) (?:is )?(?:now )?(?:up|ready|running|started)\b|\bready to (?:serve|accept|receive|answer)/i;
/** A container that the platform ends. */
const ENDS =
  /Handling signal: (?:term|int|quit)\b|^Shutting down$|Waiting for application shutdown|Finished server process/;
const RESTARTS = /Booting worker|Starting gunicorn|Waiting for application startup/;

/** The conflicts that pip reports at the end of an installation that works. */
const RESOLVER = /pip's dependency resolver does not currently/;
const INCOMPATIBLE = /\brequires? .{1,200}(?:but you(?:'ll)? have|which is (?:incompatible|not installed))/;

/** The lines that prove nothing, by index. @param streams the lines of each replica or build step. */
export function idleLines(
  parts: readonly LogPart[],
  streams: readonly number[][],
  tracebacks: readonly Traceback[],
): Set<number> {
  const idle = overcome(parts, streams);
  for (const at of resolverReport(parts)) idle.add(at);
  for (const traceback of tracebacks)
    if (traceback.ignored || (traceback.warned && continues(traceback, parts, streams)))
      for (const at of traceback.lines) idle.add(at);
  return idle;
}

/** Whether the log of a build shows an installation that worked, and no failure after it. */
export function endsWell(lines: readonly string[]): boolean {
  const parts = lines.map((line) => partsOf(line));
  const installed = parts.findLastIndex(({ bare, level }) => level !== 'error' && INSTALLED.test(bare));
  return installed >= 0 && !parts.slice(installed + 1).some(isFatal);
}

/** Lines before the end of an installation that works, and lines of a replica before it serves, unless a request failed there. */
function overcome(parts: readonly LogPart[], streams: readonly number[][]): Set<number> {
  const idle = new Set<number>();
  const installed = parts.findLastIndex(({ bare, level }) => level !== 'error' && INSTALLED.test(bare));
  const failsLater = parts.slice(installed + 1).some(isFatal);
  const saysWhy = parts
    .slice(installed + 1)
    .some((part) => !isIdle(part) && CAUSES.some((cause) => isReason(cause) && matches(cause, part.bare)));
  if (installed >= 0 && (!failsLater || saysWhy)) for (let at = 0; at < installed; at++) idle.add(at);
  for (const stream of streams) {
    for (const at of afterEnd(parts, stream)) idle.add(at);
    let serves = false;
    const between = betweenAnswers(parts, stream);
    // A server can answer probes although its model is lost. That only counts until the next line that ends it.
    let probed = false;
    let request: { status: number; index: number } | undefined;
    for (let index = stream.length - 1; index >= 0; index--) {
      const at = stream[index] ?? 0;
      const part = parts[at];
      if (!part) continue;
      const failedRequest = request !== undefined && request.status >= 400 && request.index - index <= REQUEST;
      if (probed && isFatal(part)) probed = false;
      if ((serves || probed) && !failedRequest && !(part.level === 'error' && between.has(at))) idle.add(at);
      const access = accessOf(part.bare);
      if (access && !access.probe) request = { status: access.status, index };
      if (access?.probe && access.status < 400) probed = true;
      else if (access ? access.status < 400 : part.level !== 'error' && RUNS.test(part.bare)) serves = true;
      if (RESTARTS.test(part.bare)) request = undefined;
    }
  }
  return idle;
}

/**
 * Lines after the first answer of a server, until it starts again. What it reports as an error there did not stop it, and the next answer did not
 * overcome it either.
 */
function betweenAnswers(parts: readonly LogPart[], stream: readonly number[]): Set<number> {
  let answered = false;
  const found = new Set<number>();
  for (const at of stream) {
    const { bare = '' } = parts[at] ?? {};
    const access = accessOf(bare);
    if (RESTARTS.test(bare)) answered = false;
    else if (access && !access.probe && access.status < 400) answered = true;
    if (answered) found.add(at);
  }
  return found;
}

/** Lines of a container that was asked to end, until it starts again. */
function afterEnd(parts: readonly LogPart[], stream: readonly number[]): number[] {
  let ended = false;
  return stream.filter((at) => {
    const { bare = '', level } = parts[at] ?? {};
    if (RESTARTS.test(bare)) ended = false;
    else if (level !== 'error' && ENDS.test(bare)) ended = true;
    return ended;
  });
}

function isIdle({ level }: LogPart): boolean {
  return level === 'info' || level === 'debug' || level === 'warning';
}

/** Lines of the conflicts that pip only reports. */
function resolverReport(parts: readonly LogPart[]): number[] {
  const found: number[] = [];
  let inside = false;
  for (const [at, { bare }] of parts.entries()) {
    inside = RESOLVER.test(bare) || (inside && INCOMPATIBLE.test(bare));
    if (inside) found.push(at);
  }
  return found;
}

/** Whether the program went on after a traceback that it logged as a warning. */
function continues({ exception }: Traceback, parts: readonly LogPart[], streams: readonly number[][]): boolean {
  const stream = streams.find((each) => each.includes(exception)) ?? [];
  const after = stream.slice(stream.indexOf(exception) + 1).flatMap((at) => parts[at] ?? []);
  return !after.some(isFatal) && after.some(({ level, at }) => level !== undefined || at !== undefined);
}

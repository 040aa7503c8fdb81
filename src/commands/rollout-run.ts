/** A rollout from its first call to its end: the calls of roll_out that each answer names, a line for each change, and the exit code. */
import type { Calls, ClientSide } from '../calls/call-tool.ts';
import type { Clock } from '../clock.ts';
import type { RolloutConfig } from '../command-options.ts';
import type { ToolResult } from '../refusal.ts';
import { isObject } from '../rest/json.ts';

/** How the command ends. A job or a CI step reads it. */
export const EXIT = { done: 0, invalid: 1, held: 2, rolled_back: 3, failed: 4 } as const;

export interface RolloutRun {
  call: Calls['call'];
  clock: Clock;
  /** The plan and the probes as read from their files. */
  plan: unknown;
  probes: unknown;
  /** One line of progress. */
  say: (line: string) => void;
  /** Fires at the first signal to the process. */
  stop: AbortSignal;
  /** Ends the call that is under way, at a point where no request changes anything. */
  interrupt: AbortSignal;
  /** Whether a request that changes something was sent so far. */
  hasWritten: () => boolean;
}

export interface RolloutEnd {
  report: ToolResult;
  code: number;
}

/** Longest time that one call measures, in seconds. The command prints at most one line for it. */
const WAIT_SECONDS = 600;
/** Failures in a row that may pass by themselves, before the rollout is held. */
const TRIES = 8;
/** Longest pause after a failure or before an empty answer is repeated, in milliseconds. */
const MAX_PAUSE = 60_000;

/**
 * Plays a rollout. It never throws for what the service or the tool answers. The report of a rollout that began has all of its measurements as
 * numbers, so that a picture can be made of it later.
 */
export async function playRollout(config: RolloutConfig, run: RolloutRun): Promise<RolloutEnd> {
  const { report, code } = await played(config, run);
  const measured = code === EXIT.invalid || report.dry_run === true ? undefined : await measurements(config, run);
  return { report: { ...report, ...(measured ? { guarded_rollout: measured } : {}) }, code };
}

/** The rollout as get_metrics shows it. Undefined where nothing keeps it any more, where it cannot be read, and after a signal. */
async function measurements({ endpoint }: RolloutConfig, run: RolloutRun): Promise<ToolResult | undefined> {
  if (run.stop.aborted) return undefined;
  const client = { signal: run.stop, progress: () => {}, ask: undefined };
  const { guarded_rollout: found } = await run.call('get_metrics', { endpoint, detail: 'rollout' }, client);
  return isObject(found) && found.state !== 'none' ? found : undefined;
}

async function played(config: RolloutConfig, run: RolloutRun): Promise<RolloutEnd> {
  const { say, clock, stop } = run;
  let { action } = config;
  let { version } = config;
  let rows: unknown;
  let begun = false;
  let failures = 0;
  let shown = '';
  const ended = (report: ToolResult, code: number): RolloutEnd => ({
    report: {
      outcome: report.outcome,
      endpoint: config.endpoint,
      version,
      ...report,
      ...(rows === undefined ? {} : { report: rows }),
    },
    code,
  });
  for (;;) {
    if (stop.aborted) return held(config, run, version, ended);
    const asked: string[] = [];
    const started = clock.now();
    const args = argumentsOf(config, run, version, action);
    const answer = await run.call('roll_out', args, clientOf(config, run, asked));
    rows = answer.report ?? rows;
    const next = callIn(answer.next);
    if (typeof next?.version === 'string') version = next.version;
    const line = lineOf(answer);
    const refused = asked.length > 0 && !config.yes;
    // A call that the signal cancelled says nothing new: the hold follows.
    const isCancelled = stop.aborted && isObject(answer.error);
    if (line !== undefined && line !== shown && !refused && !isCancelled) say(`${config.endpoint}: ${line}`);
    shown = line ?? shown;

    if (answer.dry_run === true) return ended(answer, answer.would_be_refused === undefined ? EXIT.done : EXIT.invalid);
    if (refused) return ended(notAgreed(asked), EXIT.invalid);
    if (stop.aborted) continue;
    const { error } = answer;
    if (isObject(error)) {
      begun ||= run.hasWritten();
      failures++;
      if (!begun) return ended({ ...answer, outcome: 'invalid' }, EXIT.invalid);
      if (error.code === 'changed_meanwhile') return ended({ ...answer, outcome: 'held' }, EXIT.held);
      const pause = pauseAfter(error, failures);
      if (pause === undefined) return held(config, run, version, ended, answer);
      await clock.sleep(pause).catch(() => {}); // a signal ends the pause
      continue;
    }
    failures = 0;
    begun = true;
    action = undefined;
    if (typeof answer.gates_would === 'string') return ended({ ...answer, outcome: 'held' }, EXIT.held);
    const { outcome } = answer;
    if (outcome === 'done' || outcome === 'held' || outcome === 'rolled_back' || outcome === 'failed')
      return ended(answer, EXIT[outcome]);
    // A call that had nothing to wait for answers at once.
    if (answer.changed !== true && clock.now() - started < 1_000)
      await clock.sleep(Math.min(MAX_PAUSE, 1_000 * (Number(answer.come_back_in_seconds) || 1))).catch(() => {});
  }
}

/** The arguments are complete in every call, because the next one may run without the record of the start. */
function argumentsOf(
  { endpoint, alias, removeOld, observeOnly, dryRun }: RolloutConfig,
  { plan, probes }: RolloutRun,
  version: string,
  action: string | undefined,
): Record<string, unknown> {
  return {
    endpoint,
    version,
    ...(action === undefined ? {} : { action }),
    ...(plan === undefined ? {} : { plan }),
    ...(alias === undefined ? {} : { alias }),
    ...(probes === undefined ? {} : { probes }),
    ...(removeOld ? { remove_old: true } : {}),
    ...(observeOnly ? { observe_only: true } : {}),
    wait_seconds: WAIT_SECONDS,
    dry_run: dryRun,
  };
}

/** The client of one call: it agrees where the user did so by flag, and remembers what was asked. */
function clientOf({ yes }: RolloutConfig, { say, interrupt }: RolloutRun, asked: string[]): ClientSide {
  return {
    signal: interrupt,
    progress: () => {},
    async ask(question) {
      asked.push(question);
      say(`${yes ? '--yes agrees' : 'This needs --yes'}: ${question}`);
      return { end: yes ? 'accepted' : 'declined' };
    },
  };
}

function notAgreed([question]: readonly string[]): ToolResult {
  const next = 'Repeat the command with --yes to agree.';
  return { outcome: 'invalid', error: { code: 'consent_needed', message: question, next, retryable: false } };
}

/**
 * Holds the rollout at its present step, after a signal or a failure. Where its new version could not be deployed, that ends it.
 * @param failure the answer of the call that failed.
 */
async function held(
  config: RolloutConfig,
  run: RolloutRun,
  version: string,
  ended: (report: ToolResult, code: number) => RolloutEnd,
  failure: ToolResult = {},
): Promise<RolloutEnd> {
  const signal = new AbortController().signal;
  const args = { endpoint: config.endpoint, version, action: 'hold', wait_seconds: 0 };
  const answer = await run.call('roll_out', args, { signal, progress: () => {}, ask: undefined });
  const { error, outcome } = answer;
  if (isObject(error)) {
    if (error.code === 'no_rollout') return ended({ ...answer, outcome: 'invalid' }, EXIT.invalid);
    run.say(`${config.endpoint}: the rollout could not be held: ${error.message}`);
    return ended({ ...answer, ...failure, outcome: 'failed' }, EXIT.failed);
  }
  run.say(`${config.endpoint}: ${lineOf(answer)}`);
  const code = outcome === 'done' || outcome === 'rolled_back' || outcome === 'failed' ? EXIT[outcome] : EXIT.held;
  return ended({ ...failure, ...answer }, code);
}

/** @returns undefined when another try is of no use. */
function pauseAfter(error: Record<string, unknown>, failures: number): number | undefined {
  const { retryable, retry_after_seconds: asked } = error;
  if (retryable !== true || failures >= TRIES) return undefined;
  return Math.min(MAX_PAUSE, 1_000 * Math.max(2 ** (failures - 1), Number(asked) || 0));
}

/** One line about an answer: where the rollout is, and why. */
function lineOf({
  outcome,
  step,
  note,
  measured,
  why,
  reason,
  gates_would,
  error,
  serving,
}: ToolResult): string | undefined {
  if (isObject(error)) return `${error.message}. ${error.next}`;
  if (outcome === undefined) return undefined;
  const state = outcome === 'waiting' ? undefined : String(outcome).replace('_', ' ');
  const would = gates_would === undefined ? undefined : `the gates would ${String(gates_would).replace('_', ' ')}`;
  const place = typeof step === 'string' ? `step ${step}`.replace('step deployed', 'deployed') : undefined;
  return [state, place, would, serving, measured, why, reason, note]
    .filter((part) => typeof part === 'string')
    .join('; ');
}

/** The arguments of the call that an answer names. */
function callIn(next: unknown): Record<string, unknown> | undefined {
  const json = typeof next === 'string' ? /^roll_out (\{.*\})$/.exec(next)?.[1] : undefined;
  if (json === undefined) return undefined;
  try {
    const args: unknown = JSON.parse(json);
    return isObject(args) ? args : undefined;
  } catch {
    return undefined; // a sentence, not a call
  }
}

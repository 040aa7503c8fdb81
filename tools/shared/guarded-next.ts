/** The next step of a guarded rollout: what the call asks for by hand, or what the measurements decide. */
import { call, Refusal, type ToolCall, type ToolResult } from '../../src/refusal.ts';
import { type Endpoint, endpoints } from '../../src/rest/index.ts';
import { type Decision, decide } from '../../src/rollout/decide.ts';
import { type Driven, drive } from '../../src/rollout/drive.ts';
import type { Minute } from '../../src/rollout/measure.ts';
import type { RolloutRecord } from '../../src/rollout/record.ts';
import { reportOf, shortReport } from '../../src/rollout/report.ts';
import type { RunningRollout } from '../../src/rollout/state.ts';
import type { TaggedRollout } from '../../src/rollout/tag.ts';
import type { ToolContext } from '../../src/tool.ts';
import { endpointSubject, type PlannedWrite } from '../../src/write/planned-write.ts';
import { aliasChange, aliasNow, aliasStep, aliasView } from './alias.ts';
import { awaitEndpoint } from './await-endpoint.ts';
import type { RolloutSettings } from './guarded-start.ts';
import { guardedRollout } from './guarded-state.ts';
import { configPart, joined, markPart, nextVersion, splitConfig } from './guarded-steps.ts';
import type { Part } from './own-routes.ts';
import { refusalWhileUpdating } from './put-config.ts';
import { readMetrics } from './read-metrics.ts';
import { dropEmpty } from './view.ts';

export type RolloutAction = 'hold' | 'resume' | 'promote' | 'finish' | 'abort';

export interface NextWish {
  endpoint: string;
  action: RolloutAction | undefined;
  settings: RolloutSettings;
  /** The user who makes the call. */
  by: string;
  waitSeconds: number;
  /** A preview measures nothing. */
  preview: boolean;
}

/** What one plan works on. */
interface Situation {
  wish: NextWish;
  current: Endpoint;
  running: RunningRollout;
  context: ToolContext;
  next: ToolCall;
}

/** Plans the next step of a rollout that runs. */
export async function planNext(
  wish: NextWish,
  current: Endpoint,
  running: RunningRollout,
  context: ToolContext,
): Promise<PlannedWrite> {
  const next = { tool: 'roll_out', args: { endpoint: wish.endpoint, version: running.version } };
  const situation = { wish, current, running, context, next };
  const ended = endedEntries(situation);
  const write = await (wish.action === undefined ? goOn(situation) : byHand(situation, wish.action));
  return { ...write, ...(ended.length > 0 ? { ended } : {}) };
}

async function byHand(situation: Situation, action: RolloutAction): Promise<PlannedWrite> {
  const { wish, running, current } = situation;
  const { steps } = wish.settings.plan;
  if (running.phase === 'ended' || running.phase === 'failed') return goOn(situation);
  if (action === 'abort') return rollBack(situation, 'it was aborted by hand');
  if (action === 'hold') return hold(situation, 'it was held by hand');
  if (running.foreign !== undefined && action !== 'resume') throw changedMeanwhile(situation, running.foreign);
  const updating = refusalWhileUpdating(current);
  if (updating) throw updating;
  if (action === 'resume') return resume(situation);
  if (action === 'finish') {
    const write = shift(situation, steps.length - 1, 'finish', []);
    const { canary } = running;
    return {
      ...write,
      consentReason: `All traffic of ${wish.endpoint} moves to ${canary}, although its gates have not passed.`,
    };
  }
  return running.step >= steps.length - 1 ? complete(situation, []) : shift(situation, running.step + 1, 'step', []);
}

/** Without an action: measures, and does what the measurements decide. */
async function goOn(first: Situation): Promise<PlannedWrite> {
  const situation = await deployed(first);
  const { running, wish, context } = situation;
  const { settings } = wish;
  switch (running.phase) {
    case 'ended':
      return tidy(situation, OUTCOMES[running.end ?? 'failed']);
    case 'failed':
      return tidy(situation, 'failed', 'failed');
    case 'deploying':
      return waiting(situation, { note: 'the service is still deploying', come_back_in_seconds: 60 });
    default:
  }
  if (running.held !== undefined) return stillHeld(situation, running.held);
  if (running.foreign !== undefined) return hold(situation, running.foreign);
  if (running.step < 0) return context.unattended ? nothing(situation, {}) : shift(situation, 0, 'step', []);
  watchLater(situation);
  const { minutes, decision, failure } = await measured(situation);
  // The lock was free during the measurement.
  await context.lock.acquire();
  const again = await reread(situation);
  if (again.running.step !== running.step || again.running.phase !== running.phase || again.running.held !== undefined)
    return planNext({ ...wish, waitSeconds: 0 }, again.current, again.running, context);
  if (again.running.foreign !== undefined) return hold(again, again.running.foreign);
  if (settings.observe_only) return observed(again, decision, minutes);
  switch (decision.kind) {
    case 'wait':
      return waiting(again, waitView(again, decision, minutes, failure));
    case 'roll_back':
      return settings.plan.on_fail === 'hold'
        ? hold(again, decision.reason, minutes)
        : rollBack(again, decision.reason, minutes);
    case 'hold':
      return hold(again, decision.reason, minutes);
    case 'promote':
      if (context.unattended) return nothing(again, {});
      return shift(again, running.step + 1, 'step', minutes);
    case 'complete':
      return context.unattended ? nothing(again, {}) : complete(again, minutes);
  }
}

const OUTCOMES = { roll_back: 'rolled_back', done: 'done', failed: 'failed' } as const;

/** Waits for an update of this rollout, as long as the call may. */
async function deployed(situation: Situation): Promise<Situation> {
  const { running, wish, context, current } = situation;
  if (running.phase !== 'deploying' || wish.preview || context.unattended) return situation;
  const version = current.pending_config?.config_version;
  await awaitEndpoint(
    wish.endpoint,
    version === undefined ? {} : { configVersion: version },
    wish.waitSeconds,
    context,
  );
  await context.lock.acquire();
  return reread(situation);
}

async function reread(situation: Situation): Promise<Situation> {
  const { wish, context, running } = situation;
  const current = await endpoints.get(context.http, wish.endpoint);
  return { ...situation, current, running: (await guardedRollout(current, context)) ?? { ...running, phase: 'ended' } };
}

/** Measures until there is something to decide. */
async function measured({ running, wish, context }: Situation): Promise<Driven> {
  const { plan } = wish.settings;
  context.lock.release();
  const waitMs = wish.preview || context.unattended ? 0 : wish.waitSeconds * 1000;
  return drive(
    { ...running, endpoint: wish.endpoint },
    waitMs,
    () => readMetrics(wish.endpoint, context),
    (minutes, now) => decisionOf(running, plan, minutes, now),
    context,
    (decision) => context.progress(`${wish.endpoint}: ${decision.kind === 'wait' ? decision.why : decision.kind}`),
  );
}

/** At 100 %, the step comes first and the final bake follows it. */
function decisionOf(
  { step, times }: RunningRollout,
  plan: RolloutSettings['plan'],
  minutes: readonly Minute[],
  now: number,
): Decision {
  const began = times.findLast((each) => each.step === step)?.from ?? now;
  const judged = decide({ plan, step, step_started_at: began, now, minutes, phase: 'step' });
  if (judged.kind !== 'promote' || step < plan.steps.length - 1) return judged;
  const baked = began + plan.bake_minutes * 60_000;
  return decide({ plan, step, step_started_at: baked, now, minutes, phase: 'final_bake' });
}

/** Measures each minute between calls, where this process lives on. */
function watchLater({ wish, context, next }: Situation): void {
  if (wish.preview) return;
  const again = { ...next, args: { ...next.args, wait_seconds: 0 } };
  context.later?.(`roll_out ${wish.endpoint}`, again, 60_000 / context.http.pace());
}

/** Shifts the traffic to a step. */
function shift(situation: Situation, step: number, event: 'step' | 'finish', minutes: readonly Minute[]): PlannedWrite {
  const { wish, running } = situation;
  const { plan } = wish.settings;
  const percent = plan.steps[step] ?? 100;
  const last = step === plan.steps.length - 1;
  watchLater(situation);
  const bake = plan.bake_minutes + (last ? plan.final_bake_minutes : 0);
  return change(situation, {
    shares: { [running.canary]: percent, [running.baseline]: 100 - percent },
    mark: { step, held: false },
    record: { event, step },
    answer: {
      outcome: 'waiting',
      step: stepText(step, plan.steps),
      report: minutes.length > 0 ? reportOf(minutes, plan, running.step) : undefined,
      ...watching(situation),
      come_back_in_seconds: secondsHere(bake * 60_000, situation),
      next: call(situation.next.tool, situation.next.args),
    },
  });
}

function rollBack(situation: Situation, reason: string, minutes: readonly Minute[] = []): PlannedWrite {
  const { running, wish } = situation;
  const updating = refusalWhileUpdating(situation.current);
  if (updating) throw updating;
  return change(situation, {
    shares: { [running.canary]: 0, [running.baseline]: 100 },
    mark: undefined,
    record: { event: 'roll_back', step: running.step, reason },
    answer: {
      outcome: 'rolled_back',
      reason,
      report: minutes.length > 0 ? reportOf(minutes, wish.settings.plan, running.step) : undefined,
      note: `${running.canary} stays on the endpoint at 0 % and costs money until it is removed`,
      next: call('update_endpoint', { endpoint: wish.endpoint, remove_entities: [running.canary] }),
    },
  });
}

/** The end: the alias, then the old entity if that was asked, then the mark. */
async function complete(situation: Situation, minutes: readonly Minute[]): Promise<PlannedWrite> {
  const { wish, running, current, context } = situation;
  const { settings } = wish;
  const model = endpoints.entitiesOf(current.config).find(({ name }) => name === running.canary)?.entity_name ?? '';
  const alias = settings.alias === undefined ? undefined : await aliasNow(context.http, model, settings.alias);
  const number = Number(running.version);
  const foreign = alias !== undefined && alias.version !== settings.alias_was && alias.version !== number;
  const move = alias !== undefined && !foreign ? aliasChange(alias, number) : [];
  const shares = { [running.canary]: 100, ...(settings.remove_old ? {} : { [running.baseline]: 0 }) };
  return change(situation, {
    shares,
    remove: settings.remove_old ? [running.baseline] : [],
    mark: undefined,
    first: alias && move.length > 0 ? { changes: move, steps: [aliasStep(model, alias, number, context)] } : undefined,
    record: { event: 'done', step: running.step },
    answer: {
      outcome: 'done',
      serving: `${running.canary} (100 %)`,
      alias: aliasView(alias, foreign ? alias.version : number),
      ...(foreign ? { alias_note: 'someone else moved the alias during the rollout, so it was not moved' } : {}),
      report: minutes.length > 0 ? reportOf(minutes, settings.plan, running.step) : undefined,
      note: settings.remove_old
        ? undefined
        : `${running.baseline} stays on the endpoint at 0 % and costs money until it is removed`,
      next: settings.remove_old
        ? undefined
        : call('update_endpoint', { endpoint: wish.endpoint, remove_entities: [running.baseline] }),
    },
    alsoRead: alias,
  });
}

/** Marks the rollout as held. The traffic stays as it is. */
function hold(situation: Situation, reason: string, minutes: readonly Minute[] = []): PlannedWrite {
  const { running, wish, context } = situation;
  // What a person did to the endpoint is not changed without a person.
  if (context.unattended) return nothing(situation, {});
  return change(situation, {
    mark: { step: running.step, held: true },
    record: { event: 'hold', step: running.step, reason },
    answer: {
      outcome: 'held',
      reason,
      step: stepText(running.step, wish.settings.plan.steps),
      report: minutes.length > 0 ? reportOf(minutes, wish.settings.plan, running.step) : undefined,
      next: choices(situation),
    },
  });
}

function resume(situation: Situation): PlannedWrite {
  const { running, wish, current } = situation;
  const share = endpoints.trafficOf(current.config).get(running.canary);
  const { steps } = wish.settings.plan;
  const step = running.step < 0 && share === 0 ? -1 : steps.indexOf(share ?? -1);
  if (share === undefined || (step < 0 && share !== 0))
    throw changedMeanwhile(
      situation,
      `the traffic of ${running.canary} is ${share ?? 'gone'}, which is no step of the plan`,
    );
  return change(situation, {
    mark: { step, held: false },
    record: { event: 'resume', step },
    answer: {
      outcome: 'waiting',
      step: stepText(step, steps),
      next: call(situation.next.tool, situation.next.args),
    },
  });
}

/** Finishes what a process left when it ended early: the mark, or the record. */
function tidy(situation: Situation, outcome: string, event?: 'failed'): PlannedWrite {
  const { running } = situation;
  return change(situation, {
    mark: undefined,
    record: { event: event ?? running.end ?? 'failed', step: running.step },
    answer: dropEmpty({
      outcome,
      note: event === 'failed' ? `${running.canary} could not be deployed, and the traffic is as before` : undefined,
      next: event === 'failed' ? call('diagnose_endpoint', { endpoint: situation.wish.endpoint }) : undefined,
    }),
  });
}

interface Change {
  shares?: Record<string, number>;
  remove?: readonly string[];
  mark: { step: number; held: boolean } | undefined;
  first?: Part | undefined;
  record: Pick<RolloutRecord, 'event' | 'step' | 'reason'>;
  answer: ToolResult;
  alsoRead?: unknown;
}

/** The write of one change of a rollout: first the config, because it matters most, and then the mark. */
function change(
  situation: Situation,
  { shares, remove = [], mark, first, record, answer, alsoRead }: Change,
): PlannedWrite {
  const { wish, running, current, context, next } = situation;
  const config = shares === undefined ? undefined : splitConfig(current, shares, remove);
  const put =
    config && shares
      ? configPart(
          { current, ...config, shares, next, waitSeconds: Math.max(wish.waitSeconds, SPLIT_SECONDS) },
          context,
        )
      : NO_PART;
  const tag: TaggedRollout | undefined = mark && {
    ...mark,
    id: running.id,
    version: running.version,
    steps: wish.settings.plan.steps,
    by: wish.by,
  };
  const parts = joined(...(first ? [first] : []), put, markPart(current, tag, context));
  const { id, version, canary, baseline } = running;
  const active = current.config?.config_version ?? 0;
  return {
    subject: endpointSubject(wish.endpoint),
    before: current,
    ...parts,
    rollout: {
      id,
      version,
      canary,
      baseline,
      ...record,
      config_version: put.changes.length > 0 ? nextVersion(current) : active,
      ...(running.settings === undefined ? { settings: wish.settings } : {}),
    },
    answer: dropEmpty({ endpoint: wish.endpoint, rollout: id, ...answer }),
    repeatArgs: next.args,
    undo: [],
    ...(alsoRead === undefined ? {} : { alsoRead }),
  };
}

const NO_PART: Part = { changes: [], steps: [] };
/** A new split takes a few seconds. */
const SPLIT_SECONDS = 30;

/** A call that changes nothing. */
function nothing({ wish, current }: Situation, view: ToolResult): PlannedWrite {
  return {
    subject: endpointSubject(wish.endpoint),
    before: current,
    changes: [],
    steps: [],
    unchanged: dropEmpty({ endpoint: wish.endpoint, ...view }),
    undo: [],
  };
}

function waiting(situation: Situation, view: ToolResult): PlannedWrite {
  return nothing(situation, {
    outcome: 'waiting',
    ...view,
    ...watching(situation),
    next: call(situation.next.tool, situation.next.args),
  });
}

function waitView(
  situation: Situation,
  decision: Decision & { kind: 'wait' },
  minutes: readonly Minute[],
  failure: unknown,
): ToolResult {
  const { running, wish } = situation;
  return {
    step: stepText(running.step, wish.settings.plan.steps),
    ...shortReport(minutes, wish.settings.plan, running.step),
    why: failure === undefined ? decision.why : 'the metrics could not be read',
    come_back_in_seconds: secondsHere(decision.until - situation.context.http.time(), situation),
  };
}

function observed(situation: Situation, decision: Decision, minutes: readonly Minute[]): PlannedWrite {
  const { running, wish } = situation;
  return nothing(situation, {
    outcome: 'waiting',
    step: stepText(running.step, wish.settings.plan.steps),
    gates_would: decision.kind,
    reason: 'reason' in decision ? decision.reason : undefined,
    report: reportOf(minutes, wish.settings.plan, running.step),
    next: choices(situation),
  });
}

function stillHeld(situation: Situation, reason: string): PlannedWrite {
  const { running, wish } = situation;
  return nothing(situation, {
    outcome: 'held',
    reason,
    step: stepText(running.step, wish.settings.plan.steps),
    next: choices(situation),
  });
}

/** Who watches the rollout until the next call. */
function watching({ context, wish }: Situation): ToolResult {
  const on = wish.settings.plan.on_fail === 'hold' ? 'only measures' : 'may roll back, and never promotes';
  return { watching: context.later ? `this server ${on}` : 'no one until the next call' };
}

function choices({ next }: Situation): string {
  const by = (action: RolloutAction) => call(next.tool, { ...next.args, action });
  return `Ask the user: ${by('resume')}, ${by('promote')} or ${by('abort')}.`;
}

function stepText(step: number, steps: readonly number[]): string {
  return step < 0 ? 'deployed, no traffic yet' : `${step + 1} of ${steps.length} (${steps[step]} %)`;
}

/** Time of the service as time of the caller, in seconds. */
function secondsHere(ms: number, { context }: Situation): number {
  return Math.max(1, Math.ceil(ms / context.http.pace() / 1000));
}

function changedMeanwhile({ wish, next }: Situation, what: string): Refusal {
  return new Refusal(
    'changed_meanwhile',
    `the rollout of ${wish.endpoint} is held, because ${what}`,
    `Ask the user what should serve. ${call(next.tool, { ...next.args, action: 'abort' })} gives the old version all traffic again.`,
  );
}

/** Entries of earlier calls whose end the endpoint shows. */
function endedEntries({ running, current }: Situation): NonNullable<PlannedWrite['ended']> {
  if (running.phase === 'deploying') return [];
  const active = current.config?.config_version ?? 0;
  return running.open.map(({ entry, config_version = 0, event }) => {
    const lost = config_version > active || (event === 'start' && running.phase === 'failed');
    return { id: entry, end: lost ? { outcome: 'failed', code: 'not_applied' } : { outcome: 'done' } };
  });
}

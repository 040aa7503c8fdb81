/** The next step of a guarded rollout: what the call asks for by hand, or what the measurements decide. */

import type { ToolResult } from '../../src/refusal.ts';
import { type Endpoint, endpoints } from '../../src/rest/index.ts';
import type { Decision } from '../../src/rollout/decide.ts';
import type { Minute } from '../../src/rollout/measure.ts';
import { type RolloutSource, seenPlan } from '../../src/rollout/source.ts';
import type { RunningRollout } from '../../src/rollout/state.ts';
import type { ToolContext } from '../../src/tool.ts';
import type { PlannedWrite } from '../../src/write/planned-write.ts';
import { awaitEndpoint } from './await-endpoint.ts';
import { observed, stillHeld, unchanged, waiting, waitView } from './guarded-answers.ts';
import { complete, hold, resume, rollBack, shift, tidy } from './guarded-changes.ts';
import { here, measured } from './guarded-measure.ts';
import { sendProbes, TOLERANCE } from './guarded-probes.ts';
import { type RolloutSettings, wishedArgs } from './guarded-settings.ts';
import {
  changedMeanwhile,
  endedEntries,
  type NextWish,
  type RolloutAction,
  type Situation,
  secondsHere,
  watchLater,
} from './guarded-situation.ts';
import { chooseSource, requireSource } from './guarded-source.ts';
import { guardedRollout, rememberSteps } from './guarded-state.ts';
import { refusalWhileUpdating } from './put-config.ts';

/** Plans the next step of a rollout that runs. */
export async function planNext(
  wish: NextWish,
  current: Endpoint,
  running: RunningRollout,
  context: ToolContext,
): Promise<PlannedWrite> {
  const settings = settingsHere(wish.settings, current, running);
  const source = await sourceHere(wish, settings, current, running, context);
  const more = running.settings === undefined ? wishedArgs({ ...settings, source }) : {};
  const next = { tool: 'roll_out', args: { endpoint: wish.endpoint, version: running.version, ...more } };
  const seen = { ...settings, source, plan: seenPlan(settings.plan, source.name) };
  const situation = { wish: { ...wish, settings: seen }, current, running, context, next };
  const ended = endedEntries(situation);
  const write = await (wish.action === undefined ? goOn(situation) : byHand(situation, wish.action));
  return { ...write, ...(ended.length > 0 ? { ended } : {}) };
}

/** Without the record of the start, the alias counts as untouched while it names the version before. */
function settingsHere(settings: RolloutSettings, current: Endpoint, running: RunningRollout): RolloutSettings {
  if (running.settings !== undefined || settings.alias_was !== undefined) return settings;
  const before = endpoints.entitiesOf(current.config).find(({ name }) => name === running.baseline)?.entity_version;
  return before === undefined ? settings : { ...settings, alias_was: Number(before) };
}

/** The source of the start. Without its record, and without a source in the call, it is found out again. */
async function sourceHere(
  { action, preview }: NextWish,
  { source, probes }: RolloutSettings,
  current: Endpoint,
  { baseline, settings, phase }: RunningRollout,
  context: ToolContext,
): Promise<RolloutSource> {
  if (source?.name !== undefined) return { ...source, name: source.name };
  // What acts by hand needs no numbers, and a rollout of an earlier version of this program has the metrics.
  if (settings !== undefined || action !== undefined || preview || phase !== 'serving') return { name: 'metrics' };
  const chosen = await chooseSource(current, baseline, { source, probes: probes !== undefined }, context);
  return requireSource(chosen, current.name);
}

async function byHand(situation: Situation, action: RolloutAction): Promise<PlannedWrite> {
  const { wish, running, current } = situation;
  const { steps } = wish.settings.plan;
  if (running.phase !== 'deploying' && running.phase !== 'serving') return goOn(situation);
  const isGone = endpoints.entitiesOf(current.config).every(({ name }) => name !== running.baseline);
  if (action === 'abort' && isGone && running.phase === 'serving') return tidy(situation, 'failed', 'failed');
  if (action === 'abort') return rollBack(situation, 'it was aborted by hand');
  if (action === 'hold') return hold(situation, 'it was held by hand', await here(situation));
  if (running.foreign !== undefined && action !== 'resume') throw changedMeanwhile(situation, running.foreign);
  const updating = refusalWhileUpdating(current);
  if (updating) throw updating;
  if (action === 'resume') return resume(situation);
  // Without new counts in the tag, so that a preview stays valid while minutes pass.
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
  const { running, wish, context, current } = situation;
  const { settings } = wish;
  switch (running.phase) {
    case 'ended':
      if (running.end === 'roll_back' && (endpoints.trafficOf(current.config).get(running.canary) ?? 0) > 0)
        return hold(situation, `it was rolled back, and someone else changed the traffic of ${running.canary} since`);
      if (running.end === 'done')
        return context.unattended ? unchanged(situation.current, {}) : complete(situation, []);
      return tidy(situation, OUTCOMES[running.end ?? 'failed']);
    case 'unstarted':
    case 'failed':
      if (context.unattended) return unchanged(situation.current, {});
      return tidy(situation, 'failed', 'failed');
    case 'deploying':
      if (running.step >= 0) watchLater(situation);
      return waiting(situation, {
        note: 'the service is still deploying',
        come_back_in_seconds: secondsHere(60_000, situation),
      });
    default:
  }
  if (running.held !== undefined) return stillHeld(situation, running.held);
  if (running.foreign !== undefined) return hold(situation, running.foreign);
  if (running.step < 0)
    return context.unattended ? unchanged(situation.current, {}) : probed(situation, { kind: 'promote' }, []);
  watchLater(situation);
  rememberSteps(running, context);
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
    default:
      return context.unattended ? unchanged(again.current, {}) : probed(again, decision, minutes);
  }
}

/** The next step, unless the probes show a difference. */
async function probed(situation: Situation, decision: Decision, minutes: readonly Minute[]): Promise<PlannedWrite> {
  const { running, wish, context } = situation;
  const { plan, probes: bodies, tolerance = TOLERANCE } = wish.settings;
  const { canary, baseline } = running;
  const probes =
    bodies && !wish.preview
      ? await sendProbes({ endpoint: wish.endpoint, canary, baseline, bodies, tolerance }, context)
      : undefined;
  if (probes && probes.alike < probes.sent) {
    const reason = `${probes.sent - probes.alike} of ${probes.sent} probes differ: ${probes.differences?.[0] ?? ''}`;
    const write = plan.on_fail === 'hold' ? hold(situation, reason, minutes) : rollBack(situation, reason, minutes);
    return withAnswer(write, { probes });
  }
  if (decision.kind === 'probe' && probes?.compared === 0) {
    const reason = `both versions answered none of ${probes.sent} probes, and the traffic is too thin: ${decision.why}`;
    return withAnswer(hold(situation, reason, minutes), { probes });
  }
  const last = running.step >= plan.steps.length - 1;
  const write = last ? await complete(situation, minutes) : shift(situation, running.step + 1, 'step', minutes);
  const alone = decision.kind === 'probe' ? { judged_by: `probes alone, because of the traffic: ${decision.why}` } : {};
  return withAnswer(write, probes ? { probes, ...alone } : {});
}

function withAnswer(write: PlannedWrite, fields: ToolResult): PlannedWrite {
  return { ...write, answer: { ...write.answer, ...fields } };
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

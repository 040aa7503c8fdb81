import * as z from 'zod';
import { ROLLOUT_TAG } from '../src/plan/rollout-tag.ts';
import { call, Refusal } from '../src/refusal.ts';
import { ApiError } from '../src/rest/errors.ts';
import { type Endpoint, endpoints, principals } from '../src/rest/index.ts';
import { SOURCES, seenPlan } from '../src/rollout/source.ts';
import type { RunningRollout } from '../src/rollout/state.ts';
import { taggedRollout } from '../src/rollout/tag.ts';
import { defineWrite, type ToolContext } from '../src/tool.ts';
import type { PlannedWrite } from '../src/write/planned-write.ts';
import { aliasName, checkedRecord, confirm, endpoint, version, waitSeconds, writeParams } from './params.ts';
import { unchanged } from './shared/guarded-answers.ts';
import { endedRollout, idleAnswer } from './shared/guarded-ended.ts';
import { planNext } from './shared/guarded-next.ts';
import { planOf, type RolloutSettings, recordedSettings } from './shared/guarded-settings.ts';
import { watchAgain } from './shared/guarded-situation.ts';
import { planStart } from './shared/guarded-start.ts';
import { guardedRollout, rolloutChanges } from './shared/guarded-state.ts';
import { readyVersion } from './shared/model-version.ts';

const gate = z
  .strictObject({
    /** Percentage points, or percent of more slow requests. */
    margin: z.number().min(0.1).max(50).optional(),
    max: z.number().min(0).max(100).optional(),
    off: z.boolean().optional(),
  })
  .optional();

const planForm = z.strictObject({
  steps: z.array(z.int()).max(20).optional(),
  bake_minutes: z.number().optional(),
  min_requests: z.int().optional(),
  max_minutes: z.number().optional(),
  final_bake_minutes: z.number().optional(),
  on_fail: z.enum(['rollback', 'hold']).optional(),
  on_inconclusive: z.enum(['rollback', 'hold']).optional(),
  /** Relative difference of two numbers in answers to probes that counts as none. */
  tolerance: z.number().min(0).max(10).optional(),
  gates: z.strictObject({ errors_5xx: gate, errors_4xx: gate, latency: gate, saturation: gate }).optional(),
  /** Where the numbers come from. Default: the first that has them. */
  source: z.enum(SOURCES).optional(),
  /** SQL warehouse of a table, by id or name. */
  warehouse: z.string().min(1).max(255).optional(),
  start_warehouse: z.boolean().optional(),
});
type PlanArgs = Partial<z.output<typeof planForm>>;

const input = z.strictObject({
  endpoint,
  version: version.describe('Version to roll out, or @alias.'),
  action: z
    .enum(['hold', 'resume', 'promote', 'finish', 'abort'])
    .optional()
    .describe('By hand: promote goes to the next step, finish to 100 %, abort back. Default: begin or continue.'),
  plan: checkedRecord(planForm)
    .optional()
    .describe(
      'For the start: steps [5,25,50,100], bake_minutes 10, min_requests 200, max_minutes 60, final_bake_minutes 30, on_fail rollback, on_inconclusive hold, gates, source, warehouse.',
    ),
  alias: aliasName.optional().describe('Alias to move at the end.'),
  remove_old: z.boolean().optional().describe('Remove the old version at the end. Default: it stays at 0 %.'),
  observe_only: z.boolean().optional().describe('The gates record their verdicts and decide nothing.'),
  probes: z
    .array(z.record(z.string(), z.unknown()))
    .min(1)
    .max(20)
    .optional()
    .describe('Request bodies that both versions must answer alike at each step.'),
  wait_seconds: waitSeconds(40),
  confirm,
  ...writeParams,
});
type Args = z.output<typeof input>;

export const rollOut = defineWrite({
  name: 'roll_out',
  title: 'Guarded rollout',
  effect: 'write',
  toolsets: ['rollout'],
  view: 'rollout',
  description:
    'Rolls a new model version out as a canary that judges itself: deploys it next to the old one, shifts traffic step by step, compares errors and latency of both in the same minutes, and rolls back on evidence. Repeat the call in next until outcome is done, held, rolled_back or failed. The alias moves last. For an immediate change use swap_version.',
  input,
  output: z.looseObject({
    outcome: z.string().optional(),
    step: z.string().optional(),
    report: z.array(z.looseObject({})).optional(),
    reason: z.string().optional(),
    next: z.string().optional(),
  }),

  async plan(args, context) {
    if (typeof args.dry_run === 'string')
      throw new Refusal(
        'not_exported',
        'a guarded rollout cannot be exported as commands, because each step waits for its measurements',
        'dry_run true shows its requests. The command rollout of this program runs it in a shell, in CI or in a job.',
      );
    const { current, running } = await found(args, context);
    if (args.action !== 'abort') refuseUnreadable(current);
    // A watcher begins nothing: its rollout has ended.
    if (context.unattended && (!running || running.phase === 'unstarted')) return unchanged(current, {});
    if (!running) return withoutRollout(args, current, context);
    // Another process went back, and only its own journal has that.
    if (running.phase === 'ended' && !running.tag && args.action === 'resume')
      return withoutRollout({ ...args, action: undefined }, current, context);
    if (running.phase === 'unstarted' && args.action === undefined) {
      const write = await withoutRollout(args, current, context);
      const ended = running.open.map(({ entry }) => ({ id: entry, end: NOT_APPLIED }));
      return { ...write, ended };
    }
    await refuseOther(args, running, current, context);
    const settings = settingsOf(args, running);
    const by = (await principals.me(context.http).catch(() => undefined)) ?? 'unknown';
    return planNext(
      {
        endpoint: args.endpoint,
        action: args.action,
        settings,
        by,
        waitSeconds: args.wait_seconds,
        preview: args.dry_run !== false,
      },
      current,
      running,
      context,
    );
  },
});

/** The endpoint and its rollout. A watcher tries again a minute later where they cannot be read. */
async function found(
  args: Args,
  context: ToolContext,
): Promise<{ current: Endpoint; running: RunningRollout | undefined }> {
  try {
    const current = await endpoints.get(context.http, args.endpoint);
    return { current, running: await guardedRollout(current, context) };
  } catch (error) {
    const isGone = error instanceof ApiError && error.status === 404;
    if (context.unattended && !isGone) watchAgain({ endpoint: args.endpoint, version: args.version }, context);
    throw error;
  }
}

function refuseUnreadable(current: Endpoint): void {
  if (taggedRollout(current.tags) !== 'unreadable') return;
  throw new Refusal(
    'rollout_running',
    `endpoint ${current.name} has the tag ${ROLLOUT_TAG}, whose value this version of the program cannot read`,
    `Ask the user who set it. ${call('update_endpoint', { endpoint: current.name, remove_tags: [ROLLOUT_TAG] })} removes it.`,
  );
}

const NOT_APPLIED = { outcome: 'failed', code: 'not_applied' } as const;

/** Begins, unless the version has been rolled out already or was just rolled back. */
async function withoutRollout(args: Args, current: Endpoint, context: ToolContext): Promise<PlannedWrite> {
  const { action, version } = args;
  refuseUnreadable(current);
  const changes = await rolloutChanges(current.name, context);
  const ended = endedRollout(current, changes, await numberOf(version, current, context).catch(() => version));
  if (ended && action !== 'resume') return idleAnswer(current, ended);
  if (action !== undefined && !ended)
    throw new Refusal(
      'no_rollout',
      `no rollout runs on endpoint ${current.name}, so there is nothing to ${action}`,
      `${call('roll_out', { endpoint: current.name, version })} begins one.`,
    );
  return planStart(
    { endpoint: current.name, version, settings: settingsOf(args, undefined), waitSeconds: args.wait_seconds },
    current,
    context,
  );
}

/** The number of a version that may be named by an alias. @throws Refusal or the error of the service. */
async function numberOf(version: string, { config }: Endpoint, { http }: ToolContext): Promise<string> {
  const [model] = endpoints.entitiesOf(config).flatMap(({ entity_name }) => entity_name ?? []);
  return version.startsWith('@') && model !== undefined ? readyVersion(http, model, version) : version;
}

/** One rollout at a time. */
async function refuseOther(
  { version, endpoint, plan }: Args,
  running: RunningRollout,
  current: Endpoint,
  { http }: ToolContext,
): Promise<void> {
  const model = endpoints
    .entitiesOf(endpoints.latestConfig(current))
    .find(({ name }) => name === running.canary)?.entity_name;
  const number = version.startsWith('@') && model !== undefined ? await readyVersion(http, model, version) : version;
  if (number !== running.version)
    throw new Refusal(
      'rollout_running',
      `a rollout of version ${running.version} runs on endpoint ${endpoint}, at step ${running.step + 1}`,
      `Continue it with ${call('roll_out', { endpoint, version: running.version })}, or end it with action abort.`,
      { rollout: running.id, ...(running.tag ? { last_step_by: running.tag.by } : {}) },
    );
  if (plan === undefined || running.settings === undefined) return;
  const { source } = running.settings as Partial<RolloutSettings>; // the journal has what `planStart` recorded
  const seen = (given: object) => JSON.stringify(seenPlan(planOf(given), source?.name ?? 'metrics'));
  if (seen(plan) !== seen(running.settings.plan as Record<string, unknown>))
    throw new Refusal(
      'plan_differs',
      `the rollout of ${endpoint} runs with another plan, and the plan cannot change while it runs`,
      'Repeat the call without plan, or abort the rollout and begin again.',
      { plan: running.settings.plan },
    );
}

/** The settings of the start, where the journal has them. On another machine, those of this call. */
function settingsOf(args: Args, running: RunningRollout | undefined): RolloutSettings {
  const { settings, steps } = running ?? {};
  const given = settings ?? {
    ...args,
    tolerance: args.plan?.tolerance,
    source: sourceOf(args.plan),
    plan: { ...args.plan, ...(steps ? { steps } : {}) },
  };
  return recordedSettings({ observe_only: args.observe_only, ...given });
}

/** The part of the plan that says where the numbers come from. */
function sourceOf({ source, warehouse, start_warehouse }: PlanArgs = {}): RolloutSettings['source'] {
  const found = {
    ...(source === undefined ? {} : { name: source }),
    ...(warehouse === undefined ? {} : { warehouse }),
    ...(start_warehouse === undefined ? {} : { start_warehouse }),
  };
  return Object.keys(found).length > 0 ? found : undefined;
}

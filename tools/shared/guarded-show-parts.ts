/** Parts of a shown rollout: its settings, its changes, and its measurements. */
import { byEntity } from '../../src/digest/metrics.ts';
import type { Reading } from '../../src/digest/readings.ts';
import { MAX_AGE } from '../../src/history/files.ts';
import type { ToolResult } from '../../src/refusal.ts';
import type { Endpoint } from '../../src/rest/index.ts';
import { knownMinutes } from '../../src/rollout/drive.ts';
import type { Minute } from '../../src/rollout/measure.ts';
import { DEFAULT_PLAN, problemsOfPlan } from '../../src/rollout/plan.ts';
import type { RolloutChange } from '../../src/rollout/record.ts';
import { isTable, type SourceName, seenPlan, sourceWords } from '../../src/rollout/source.ts';
import type { RunningRollout } from '../../src/rollout/state.ts';
import type { Look } from '../../src/rollout/watch.ts';
import { clip } from '../../src/text/sanitize.ts';
import { timeText } from '../../src/text/time.ts';
import type { ToolContext } from '../../src/tool.ts';
import { comparison } from './guarded-answers.ts';
import { judging } from './guarded-measure.ts';
import { gateRows, type Measured, stepRows, stepsNotKept } from './guarded-numbers.ts';
import { type RolloutSettings, recordedSettings } from './guarded-settings.ts';
import { knownOfTable } from './guarded-table.ts';

/** What all parts are made from. */
export interface Shown {
  current: Endpoint;
  context: ToolContext;
  /** Of the journal, newest first. */
  changes: readonly RolloutChange[];
  /** The metrics of now. Undefined where they could not be read. */
  newest: Reading | undefined;
  /** What is not known, one line each. Parts add to it. */
  missing: string[];
}

type Known = Pick<RunningRollout, 'id' | 'canary' | 'baseline' | 'step' | 'steps' | 'settings' | 'times'> &
  Partial<Pick<RunningRollout, 'tag'>>;

/** The settings of the start as its source can judge them. Undefined where no journal here has them, or where they are damaged. */
export function settingsIn({ settings, steps }: Pick<Known, 'settings' | 'steps'>): RolloutSettings | undefined {
  if (!settings || !steps) return undefined;
  const found = recordedSettings(settings);
  const seen = { ...found, plan: seenPlan(found.plan, found.source?.name ?? 'metrics') };
  return problemsOfPlan(seen.plan).length === 0 ? seen : undefined;
}

/** The plan and the wishes of the start. Empty where they are not known. */
export function settingsView(known: Pick<Known, 'settings' | 'steps'>): ToolResult {
  const settings = settingsIn(known);
  if (!settings) return {};
  const { plan, alias, alias_was, remove_old, observe_only, probes } = settings;
  return {
    plan,
    alias: alias === undefined ? undefined : { name: alias, ...(alias_was === undefined ? {} : { was: alias_was }) },
    remove_old: remove_old || undefined,
    observe_only: observe_only || undefined,
    probes: probes?.length,
  };
}

/** Changes in one answer. A rollout makes a dozen. */
const MAX_CHANGES = 40;

/** What the journal has of a rollout, oldest first. */
export function changeRows(
  changes: readonly RolloutChange[],
  { id, steps }: Pick<Known, 'id' | 'steps'>,
): ToolResult[] {
  const own = changes.filter((each) => each.id === id).slice(0, MAX_CHANGES);
  return own.reverse().map(({ event, step, at, ended, outcome, reason, who }) => ({
    event,
    step: step + 1,
    ...(steps?.[step] === undefined ? {} : { percent: steps[step] }),
    at: timeText(ended ?? at),
    by: who,
    ...(outcome === 'done' ? {} : { outcome: outcome ?? 'open' }),
    ...(reason === undefined ? {} : { reason: clip(reason, 500) }),
  }));
}

/** What was measured, and what it was read from. */
export interface MeasuredView {
  view: ToolResult;
  source: SourceName | undefined;
  minutes: readonly Minute[];
  /** What a table has shown to this server. */
  look?: Look | undefined;
}

/**
 * The measurements that this machine has. It makes no request: what only a SQL warehouse or probes would show is named as missing.
 * @param until the end of the rollout, or now.
 */
export async function measuredView(
  shown: Shown,
  known: Known,
  { until, isOver }: { until: number; isOver: boolean },
): Promise<MeasuredView> {
  const { missing } = shown;
  const settings = settingsIn(known);
  const { steps } = known;
  if (!steps) {
    missing.push('the steps: no journal here has the start, and the tag does not name them');
    return { view: {}, source: undefined, minutes: [] };
  }
  if (!settings)
    missing.push('the plan, and so the verdicts and margins: the journal of the machine that began it has it');
  const { source, minutes: found, look } = await minutesOf(shown, known, settings, { until, isOver });
  const plan = settings?.plan ?? { ...DEFAULT_PLAN, steps };
  const minutes = judging({ ...known, tag: known.tag }, { plan, probes: undefined }).judged(found);
  const measured: Measured = { minutes, plan, step: known.step, times: known.times, until, isPlanned: true };
  const lost = source === 'metrics' && isOver ? stepsNotKept(measured, shown.context.http.time() - MAX_AGE) : [];
  if (lost.length > 0)
    missing.push(
      `the measurements of step ${lost.join(', ')}: its readings of metrics are not kept, so no verdict is known`,
    );
  const isPlanned = settings !== undefined && lost.length === 0;
  const rows = { ...measured, isPlanned };
  return {
    view: {
      measured: source && sourceView(source, minutes, look, known),
      gates: gateRows(rows),
      report: stepRows(rows),
    },
    source,
    minutes: found,
    look,
  };
}

/** After the end, the metrics are those of something else. */
const AFTER = -2;

async function minutesOf(
  { context, newest, missing, current }: Shown,
  known: Known,
  settings: RolloutSettings | undefined,
  { until, isOver }: { until: number; isOver: boolean },
): Promise<{ source: SourceName | undefined; minutes: readonly Minute[]; look?: Look | undefined }> {
  const source = settings ? (settings.source?.name ?? 'metrics') : guessed(newest, known);
  if (source === undefined) {
    missing.push(
      'the measurements: the metrics do not tell the versions apart, and the source of the rollout is not known here',
    );
    return { source, minutes: [] };
  }
  if (source === 'probes') {
    missing.push('the measurements: nothing tells the versions apart, and only the rollout itself sends the probes');
    return { source, minutes: [] };
  }
  if (isTable(source)) {
    const look = knownOfTable(known, context);
    const words = sourceWords(source);
    missing.push(
      look
        ? `newer rows of ${words}: only the rollout itself reads it`
        : `the measurements: only the rollout itself reads ${words}, and this server has not done so`,
    );
    return { source, minutes: look?.minutes ?? [], look };
  }
  const times = isOver ? [...known.times, { step: AFTER, from: until }] : known.times;
  const minutes = await knownMinutes({ ...known, times, endpoint: current.name }, context);
  return { source, minutes: minutes.filter(({ step }) => step !== AFTER) };
}

/** Without the record of the start: the metrics, where they name one of the versions. Then the rollout prefers them too. */
function guessed(newest: Reading | undefined, { canary, baseline }: Known): SourceName | undefined {
  const groups = byEntity(newest?.samples ?? [], [canary, baseline]);
  return [canary, baseline].some((name) => (groups.get(name) ?? []).length > 0) ? 'metrics' : undefined;
}

/** Where the numbers come from, and which time they are of. */
function sourceView(
  source: SourceName,
  minutes: readonly Minute[],
  look: Look | undefined,
  { tag }: Known,
): ToolResult {
  const own = minutes.filter(({ step, told }) => step >= 0 && !told);
  const read = own.filter(({ unreadable }) => !unreadable);
  const newest = read.at(-1)?.at;
  return {
    source,
    by: sourceWords(source),
    minutes: read.length,
    unreadable: own.length - read.length,
    ...(read[0] ? { from: timeText(read[0].at - 60_000) } : {}),
    ...(newest === undefined ? {} : { as_of: timeText(look?.asOf ?? newest) }),
    ...comparison({ running: { tag } }, minutes),
  };
}

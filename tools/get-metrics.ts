import * as z from 'zod';
import { type Comparison, compare } from '../src/digest/comparison.ts';
import { isExposition } from '../src/digest/exposition.ts';
import { byEntity, type Digest, digest, otherSeries } from '../src/digest/metrics.ts';
import { limitNotes, minimumNotes, missingSeries, unseparated } from '../src/digest/metrics-notes.ts';
import { isStale, type Reading, summed } from '../src/digest/readings.ts';
import { seriesOf } from '../src/digest/series.ts';
import { isAtZero } from '../src/plan/at-zero.ts';
import { isFoundationModel } from '../src/plan/foundation.ts';
import { isStopped } from '../src/plan/stopped.ts';
import { call, Refusal } from '../src/refusal.ts';
import { isAbsent } from '../src/rest/absent.ts';
import { reasonOf } from '../src/rest/failed-read.ts';
import { type Endpoint, endpoints } from '../src/rest/index.ts';
import type { RunningRollout } from '../src/rollout/state.ts';
import { clip } from '../src/text/sanitize.ts';
import { timeText } from '../src/text/time.ts';
import { defineTool, type ToolContext } from '../src/tool.ts';
import { endpoint, waitSeconds } from './params.ts';
import { seriesOfEntities } from './shared/entity-series.ts';
import type { shownRollout } from './shared/guarded-show.ts';
import { readMetrics } from './shared/read-metrics.ts';
import { rolloutLine, rolloutOn } from './shared/running-rollout.ts';
import { type Sampled, sampleMetrics } from './shared/sample-metrics.ts';
import { dropEmpty } from './shared/view.ts';

/** Minutes of one answer. */
const MAX_MINUTES = 60;

export const getMetrics = defineTool({
  name: 'get_metrics',
  title: 'Read metrics',
  effect: 'read',
  toolsets: ['observe', 'rollout'],
  view: 'endpoint',
  description:
    'Shows the metrics of the last minute, or of up to 60 minutes as far as they are known, in total, per minute and per served entity: requests, error rates, latency percentiles, provisioned concurrency, CPU, memory and GPU. Compares each newer entity with the oldest, for example to judge a canary.',
  input: z.strictObject({
    endpoint,
    minutes: z
      .int()
      .min(1)
      .max(MAX_MINUTES)
      .default(1)
      .describe('Minutes up to now. The service has the last one only; earlier ones are those that this server read.'),
    watch: z.boolean().default(false).describe('Measure until no minute is missing. A later call continues.'),
    wait_seconds: waitSeconds(40).describe('Longest time to watch. Many clients time out at 60.'),
    detail: z.enum(['entities', 'rollout']).optional().describe('Adds series per entity, and the guarded rollout.'),
  }),
  output: z.looseObject({
    total: z.looseObject({}).optional(),
    series: z.looseObject({ lines: z.array(z.string()) }).optional(),
    entities: z.array(z.looseObject({})).optional(),
    comparison: z.array(z.looseObject({})).optional(),
    missing: z.array(z.string()).optional(),
    not_checked: z.array(z.string()).optional(),
    notes: z.array(z.string()).optional(),
    next: z.string().optional(),
  }),

  async run({ endpoint: name, minutes: wanted, watch, wait_seconds, detail }, context) {
    const { http } = context;
    const before = await endpoints.get(http, name);
    const asked = { minutes: wanted, watchMs: watch ? wait_seconds * 1000 : 0 };
    const sampling = sampleMetrics(before, asked, () => metricsOf(before, context), context);
    const sampled = detail === 'rollout' ? await sampling.catch(unlessAborted(context)) : await sampling;
    // Where the service has no metrics, a rollout is judged by something else.
    if ('failure' in sampled)
      return dropEmpty({
        endpoint: name,
        guarded_rollout: await guardedRollout(before, undefined, context),
        missing: [`the metrics: ${whyNot(sampled.failure)}`],
      });
    const { minutes } = sampled;
    // After a pause the endpoint may be another one.
    const found = sampled.watchedMs === 0 ? before : await endpoints.get(http, name);
    const samples = summed(sampled);
    const served = endpoints.entitiesOf(found.config);
    const groups = byEntity(
      samples,
      served.map((entity) => entity.name),
    );
    const traffic = endpoints.trafficOf(found.config);
    const total = digest(samples, minutes);
    const measured = served.map((entity) => ({
      served: entity,
      entity: entity.name,
      // Series without names are those of an only entity.
      digest: served.length === 1 ? total : digest(groups.get(entity.name) ?? [], minutes),
      scaledToZero: isAtZero(entity),
      external: entity.external_model !== undefined,
    }));
    const limits = found.ai_gateway?.rate_limits ?? [];
    const running = await rolloutOn(found, context);
    const old = isStale(sampled.to, http.time());
    const shown = detail === undefined ? undefined : seriesOfEntities(sampled, served, wanted);
    const incomplete = minutes < wanted && !sampled.tooLong;
    const next = incomplete
      ? call('get_metrics', { endpoint: name, minutes: wanted, watch: true })
      : (await isTroubled(total, sampled))
        ? call('diagnose_endpoint', { endpoint: name })
        : undefined;
    return dropEmpty({
      endpoint: name,
      period: minutes > 1 ? `${minutes} minutes` : old ? 'one minute, up to as_of' : 'last minute',
      from: minutes === 1 ? undefined : timeText(sampled.from),
      as_of: timeText(sampled.to),
      seconds_behind: lag(sampled.to, http.time()),
      read_from: wanted === 1 ? undefined : sourcesOf(sampled.readings),
      rollout: running && rolloutLine(running),
      total,
      guarded_rollout: detail === 'rollout' ? await guardedRollout(found, sampled.readings.at(-1), context) : undefined,
      series: minutes > 1 || shown ? dropEmpty({ ...seriesOf(sampled) }) : undefined,
      entities:
        measured.length > 1 || detail !== undefined
          ? measured.map(({ entity, digest: own }) => ({
              entity,
              traffic_percent: traffic.get(entity) ?? 0,
              ...own,
              ...shown?.of(entity),
            }))
          : [],
      comparison: compare(measured).map((each) => dropEmpty({ ...each, rollout: rolesIn(each, running) })),
      other_series: otherNames(samples),
      missing: [
        ...missingMinutes(sampled, wanted),
        ...missingSeries({
          total,
          entities: measured,
          series: samples.length,
          unnamed: groups.get('')?.length ?? 0,
          minutes,
        }),
        ...(shown?.leftOut ?? []),
      ],
      not_checked: unseparated(total, limits),
      notes: [
        ...(isStopped(found) ? ['the endpoint is stopped, so it answers no requests'] : []),
        ...(old ? [OLD_NOTE] : []),
        ...minimumNotes(total),
        ...limitNotes(total, limits, minutes),
        ...changeNotes(before, found, sampled),
        ...sampled.notes,
      ],
      next,
    });
  },
});

/** A failure as a value. @throws what a cancellation throws. */
function unlessAborted({ signal }: ToolContext): (failure: unknown) => { failure: unknown } {
  return (failure) => {
    signal.throwIfAborted();
    return { failure };
  };
}

/** @throws an error that is no failure of the service. */
function whyNot(failure: unknown): string {
  return failure instanceof Refusal
    ? failure.message
    : reasonOf(failure, 'the service has none of this endpoint (404)');
}

/** Loaded when it is asked for: few calls are. */
async function guardedRollout(...given: Parameters<typeof shownRollout>): ReturnType<typeof shownRollout> {
  const { shownRollout } = await import('./shared/guarded-show.ts');
  return shownRollout(...given);
}

/** Which of the two entities a rollout tries. An older version may be the new one of a rollout. */
function rolesIn({ entity, against }: Comparison, running: RunningRollout | undefined): string | undefined {
  if (!running || running.phase === 'ended') return undefined;
  const { canary, baseline } = running;
  if (entity === canary && against === baseline) return 'canary against the old version';
  return entity === baseline && against === canary ? 'the old version against the canary' : undefined;
}

/** Whether so many requests fail that a cause is worth a look. */
async function isTroubled(total: Digest, sampled: Sampled): Promise<boolean> {
  const { failedIn, isMany } = await import('../src/diagnose/rules/numbers.ts');
  const failed = failedIn(total, { at: sampled.to, minutes: sampled.minutes });
  if (!failed) return false;
  return isMany(failed.clientErrors + failed.serverErrors + (failed.rateLimited ?? 0), failed.requests);
}

/** Seconds from which the age of the metrics matters: what happened since then is not in them. */
const NOTABLE_LAG = 15;

const OLD_NOTE =
  'these metrics are old: the service has none of later minutes, in which the endpoint may have been idle';

/** Names of series in one answer. */
const MAX_NAMES = 20;

/** Series that have no field here, by name. */
function otherNames(samples: Parameters<typeof otherSeries>[0]): string[] {
  const names = otherSeries(samples).map((name) => clip(name, 80));
  return names.length > MAX_NAMES ? [...names.slice(0, MAX_NAMES), `… (${names.length - MAX_NAMES} more)`] : names;
}

/** How old the metrics are, by the clock of the service, in seconds. They may end with a full minute (fact L10). */
function lag(to: number, now: number): number | undefined {
  const seconds = Math.round((now - to) / 1000);
  return seconds >= NOTABLE_LAG ? seconds : undefined;
}

/** Gaps in one answer. */
const MAX_GAPS = 6;

/** The time that was asked for and is not in the sums. */
function missingMinutes({ minutes, gaps, failed, tooLong, readings, to }: Sampled, wanted: number): string[] {
  const why = tooLong
    ? 'the metrics are too long to sum'
    : failed > 0
      ? `${failed} readings failed`
      : 'nothing read them when they passed';
  const times = gaps.map((gap) => `${timeText(gap.from)} to ${timeText(gap.to)}`);
  const more = times.length > MAX_GAPS ? [`${times.length - MAX_GAPS} more gaps`] : [];
  const named = gaps.length > 0 ? `: ${[...times.slice(0, MAX_GAPS), ...more].join(', ')}` : '';
  const newest = readings.at(-1);
  const stale = newest?.at === to ? newest.stale : undefined;
  return [
    (minutes < wanted && `${wanted - minutes} of ${wanted} minutes (${why})${named}`) ||
      (gaps.length > 0 && `the time between readings${named}`),
    stale !== undefined && `${stale} series: their values are of an earlier time than the others`,
  ].flatMap((note) => note || []);
}

/** How many of the readings come from where. */
function sourcesOf(readings: readonly Reading[]): Record<string, number> {
  const count = (from: Reading['from']) => readings.filter((each) => each.from === from).length;
  const counts = { now: count('now'), stored: count('stored'), metrics_history: count('history') };
  return Object.fromEntries(Object.entries(counts).filter(([, number]) => number > 0));
}

/** What may make the minutes differ from each other. */
function changeNotes(before: Endpoint, after: Endpoint, { from, to, minutes }: Sampled): string[] {
  if (!sameSplit(before, after)) return ['the config changed while these metrics were read'];
  const changed = after.last_updated_timestamp ?? 0;
  return minutes > 1 && changed > from && changed < to
    ? [`the endpoint was changed at ${timeText(changed)}: the minutes before show the earlier settings`]
    : [];
}

/** Whether the same entities got the same traffic before and after. */
function sameSplit(before: Endpoint, after: Endpoint): boolean {
  const split = ({ config }: Endpoint) => JSON.stringify([config?.config_version, ...endpoints.trafficOf(config)]);
  return split(before) === split(after);
}

async function metricsOf(found: Endpoint, context: ToolContext): Promise<Reading> {
  const check = (text: string) => {
    if (isExposition(text)) return;
    throw new Refusal(
      'unexpected_answer',
      `the service sent no metrics of ${found.name}, but another text: ${clip(text, 300)}`,
      'Check that the host is a Databricks workspace. A proxy may have sent a page of its own.',
    );
  };
  try {
    return { ...(await readMetrics(found.name, context, check)), from: 'now' };
  } catch (error) {
    if (!isAbsent(error)) throw error;
    const why = isFoundationModel(found)
      ? 'the service does not collect them for foundation models'
      : 'the service answered 404, as it does for endpoints that it does not measure';
    throw new Refusal(
      'no_metrics',
      `endpoint ${found.name} has no metrics: ${why}`,
      `Where usage tracking is on, the table system.serving.endpoint_usage has the requests: ${call('get_usage', { report: 'traffic', endpoint: found.name })}`,
    );
  }
}

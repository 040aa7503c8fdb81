import * as z from 'zod';
import { compare } from '../src/digest/comparison.ts';
import { isExposition } from '../src/digest/exposition.ts';
import { byEntity, digest, otherSeries } from '../src/digest/metrics.ts';
import { limitNotes, minimumNotes, missingSeries } from '../src/digest/metrics-notes.ts';
import { summed } from '../src/digest/readings.ts';
import { isFoundationModel } from '../src/plan/foundation.ts';
import { Refusal } from '../src/refusal.ts';
import { isAbsent } from '../src/rest/absent.ts';
import type { Http } from '../src/rest/http.ts';
import { type Endpoint, endpoints, observe } from '../src/rest/index.ts';
import { clip } from '../src/text/sanitize.ts';
import { timeText } from '../src/text/time.ts';
import { defineTool } from '../src/tool.ts';
import { endpoint } from './params.ts';
import { type Sampled, sampleMetrics } from './shared/sample-metrics.ts';
import { dropEmpty } from './shared/view.ts';

/** The longest that one call may take, in minutes. */
const MAX_MINUTES = 10;

export const getMetrics = defineTool({
  name: 'get_metrics',
  title: 'Read metrics',
  effect: 'read',
  toolsets: ['observe', 'rollout'],
  description:
    'Shows the metrics of the last minute, or the sum of several, in total and per served entity: requests, error rates, latency percentiles, provisioned concurrency, CPU, memory and GPU. Compares each newer entity with the oldest, for example to judge a canary.',
  input: z.strictObject({
    endpoint,
    minutes: z
      .int()
      .min(1)
      .max(MAX_MINUTES)
      .default(1)
      .describe('Minutes to sum. Each after the first takes a minute, and many clients time out after one.'),
  }),
  output: z.looseObject({
    total: z.looseObject({}).optional(),
    entities: z.array(z.looseObject({})).optional(),
    comparison: z.array(z.looseObject({})).optional(),
    missing: z.array(z.string()).optional(),
    notes: z.array(z.string()).optional(),
  }),

  async run({ endpoint: name, minutes: wanted }, context) {
    const { http } = context;
    const before = await endpoints.get(http, name);
    const sampled = await sampleMetrics(name, wanted, () => metricsOf(http, before), context);
    const { minutes } = sampled;
    // After a pause the endpoint may be another one.
    const found = wanted === 1 ? before : await endpoints.get(http, name);
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
      scaledToZero: /scaled to zero/i.test(entity.state?.deployment_state_message ?? ''),
      external: entity.external_model !== undefined,
    }));
    const age = lag(sampled.to, http.time());
    const old = wanted === 1 && age !== undefined && age >= OLD;
    return dropEmpty({
      endpoint: name,
      period: minutes > 1 ? `${minutes} minutes` : old ? 'one minute, up to as_of' : 'last minute',
      from: minutes === 1 ? undefined : timeText(sampled.from),
      as_of: timeText(sampled.to),
      seconds_behind: age,
      total,
      entities:
        measured.length > 1
          ? measured.map(({ entity, digest: own }) => ({ entity, traffic_percent: traffic.get(entity) ?? 0, ...own }))
          : [],
      comparison: compare(measured).map((each) => dropEmpty({ ...each })),
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
      ],
      notes: [
        ...(old ? [OLD_NOTE] : []),
        ...minimumNotes(total),
        ...limitNotes(total, found.ai_gateway?.rate_limits ?? [], minutes),
        ...(sameSplit(before, found) ? [] : ['the config changed while these metrics were read']),
      ],
    });
  },
});

/** Seconds from which the age of the metrics matters: what happened since then is not in them. */
const NOTABLE_LAG = 15;

/** Seconds from which metrics are not those of now. The service was seen to be some minutes late. */
const OLD = 600;
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

/** The time that was asked for and is not in the sums. */
function missingMinutes({ minutes, gapSeconds, failed, tooLong }: Sampled, wanted: number): string[] {
  const why = tooLong
    ? 'the metrics are too long to sum'
    : failed > 0
      ? `${failed} readings failed`
      : 'the time was up';
  return [
    minutes < wanted && `${wanted - minutes} of ${wanted} minutes: ${why}`,
    gapSeconds > 0 && `${gapSeconds} seconds between the readings, which no reading covers`,
  ].flatMap((note) => note || []);
}

/** Whether the same entities got the same traffic before and after. */
function sameSplit(before: Endpoint, after: Endpoint): boolean {
  const split = ({ config }: Endpoint) => JSON.stringify([config?.config_version, ...endpoints.trafficOf(config)]);
  return split(before) === split(after);
}

async function metricsOf(http: Http, found: Endpoint): Promise<string> {
  try {
    const text = await observe.metrics(http, found.name);
    if (isExposition(text)) return text;
    throw new Refusal(
      'unexpected_answer',
      `the service sent no metrics of ${found.name}, but another text: ${clip(text, 300)}`,
      'Check that the host is a Databricks workspace. A proxy may have sent a page of its own.',
    );
  } catch (error) {
    if (!isAbsent(error)) throw error;
    const why = isFoundationModel(found)
      ? 'the service does not collect them for foundation models'
      : 'the service answered 404, as it does for endpoints that it does not measure';
    throw new Refusal(
      'no_metrics',
      `endpoint ${found.name} has no metrics: ${why}`,
      'Where usage tracking is on, the table system.serving.endpoint_usage has the requests.',
    );
  }
}

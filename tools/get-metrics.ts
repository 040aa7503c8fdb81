import * as z from 'zod';
import { parseExposition } from '../src/digest/exposition.ts';
import { byEntity, type Digest, digest } from '../src/digest/metrics.ts';
import { Refusal } from '../src/refusal.ts';
import { ApiError } from '../src/rest/errors.ts';
import { type Endpoint, endpoints, observe } from '../src/rest/index.ts';
import { defineTool } from '../src/tool.ts';
import { endpoint } from './params.ts';
import { dropEmpty } from './shared/view.ts';

/** With fewer requests per minute, a difference between two entities is not significant. */
const ENOUGH_REQUESTS = 30;

export const getMetrics = defineTool({
  name: 'get_metrics',
  title: 'Read metrics',
  effect: 'read',
  description:
    'Shows the metrics of the last minute, in total and per served entity: requests, error rates, latency percentiles, concurrency, CPU, memory and GPU. Compares the entities, for example to judge a canary.',
  input: z.strictObject({ endpoint }),
  output: z.looseObject({
    total: z.looseObject({}).optional(),
    entities: z.array(z.looseObject({})).optional(),
    comparison: z.array(z.looseObject({})).optional(),
    missing: z.array(z.string()).optional(),
  }),

  async run({ endpoint: name }, { http }) {
    const found = await endpoints.get(http, name);
    let text: string;
    try {
      text = await observe.metrics(http, name);
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 404)) throw error;
      const message = `endpoint ${name} has no metrics: the service does not collect them for foundation models`;
      throw new Refusal(
        'no_metrics',
        message,
        'Query the table system.serving.endpoint_usage for the usage of foundation models.',
      );
    }
    const samples = parseExposition(text);
    const names = endpoints.entitiesOf(found.config).map((entity) => entity.name);
    const groups = byEntity(samples, names);
    const traffic = endpoints.trafficOf(found.config);
    const entities = names.map((entity) => ({
      entity,
      traffic_percent: traffic.get(entity) ?? 0,
      ...digest(groups.get(entity) ?? []),
    }));
    return dropEmpty({
      endpoint: name,
      period: 'last minute',
      total: digest(samples),
      entities: names.length > 1 ? entities : [],
      comparison: compare(entities),
      missing: missingSeries(found, samples.length, entities, groups.get('')?.length ?? 0),
    });
  },
});

type Row = { entity: string; traffic_percent: number } & Digest;

/** Compares each entity with the one that has the most requests, which is the baseline of a canary. */
function compare(rows: Row[]): Record<string, unknown>[] {
  const busy = rows.filter((row) => (row.requests ?? 0) > 0).toSorted((a, b) => (b.requests ?? 0) - (a.requests ?? 0));
  const base = busy[0];
  if (!base || busy.length < 2) return [];
  return busy.slice(1).map((row) =>
    dropEmpty({
      entity: row.entity,
      against: base.entity,
      p95_ratio: ratio(row.p95_ms, base.p95_ms),
      error_5xx_points: points(row.error_5xx_percent, base.error_5xx_percent),
      error_4xx_points: points(row.error_4xx_percent, base.error_4xx_percent),
      caution: (row.requests ?? 0) < ENOUGH_REQUESTS ? `only ${row.requests} requests: too few to judge` : undefined,
    }),
  );
}

function ratio(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined || b === 0 ? undefined : Number((a / b).toFixed(2));
}

function points(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : Number((a - b).toFixed(2));
}

/** Series that the service did not return, with the reason where it is known. */
function missingSeries(found: Endpoint, samples: number, rows: Row[], unnamed: number): string[] {
  if (samples === 0) return ['the service returned no series: the endpoint is new, not ready or idle'];
  const asleep = endpoints
    .entitiesOf(found.config)
    .filter((entity) => /scaled to zero/i.test(entity.state?.deployment_state_message ?? ''))
    .map((entity) => entity.name);
  const notes: string[] = [];
  if (asleep.length > 0) notes.push(`CPU and memory of ${asleep.join(', ')}: scaled to zero`);
  const silent = rows
    .filter((row) => row.requests === undefined && !asleep.includes(row.entity))
    .map((row) => row.entity);
  if (silent.length > 0 && rows.length > 1) notes.push(`series for ${silent.join(', ')}`);
  if (unnamed > 0 && rows.length > 1)
    notes.push(`the entity of ${unnamed} series: their labels name none, so they count only in total`);
  if (rows.every((row) => row.p95_ms === undefined)) notes.push('latency: no request in the last minute');
  return notes;
}

import * as z from 'zod';
import { compare } from '../src/digest/comparison.ts';
import { parseExposition } from '../src/digest/exposition.ts';
import { byEntity, digest, takenAt } from '../src/digest/metrics.ts';
import { limitNotes, missingSeries } from '../src/digest/metrics-notes.ts';
import { isFoundationModel } from '../src/plan/foundation.ts';
import { Refusal } from '../src/refusal.ts';
import { ApiError } from '../src/rest/errors.ts';
import type { Http } from '../src/rest/http.ts';
import { type Endpoint, endpoints, observe } from '../src/rest/index.ts';
import { timeText } from '../src/text/time.ts';
import { defineTool } from '../src/tool.ts';
import { endpoint } from './params.ts';
import { dropEmpty } from './shared/view.ts';

export const getMetrics = defineTool({
  name: 'get_metrics',
  title: 'Read metrics',
  effect: 'read',
  description:
    'Shows the metrics of the last minute, in total and per served entity: requests, error rates, latency percentiles, provisioned concurrency, CPU, memory and GPU. Compares each newer entity with the oldest, for example to judge a canary.',
  input: z.strictObject({ endpoint }),
  output: z.looseObject({
    total: z.looseObject({}).optional(),
    entities: z.array(z.looseObject({})).optional(),
    comparison: z.array(z.looseObject({})).optional(),
    missing: z.array(z.string()).optional(),
    notes: z.array(z.string()).optional(),
  }),

  async run({ endpoint: name }, { http }) {
    const found = await endpoints.get(http, name);
    const samples = parseExposition(await metricsOf(http, found));
    const served = endpoints.entitiesOf(found.config);
    const groups = byEntity(
      samples,
      served.map((entity) => entity.name),
    );
    const traffic = endpoints.trafficOf(found.config);
    const total = digest(samples);
    const measured = served.map((entity) => ({
      served: entity,
      entity: entity.name,
      // Series without names are those of an only entity.
      digest: served.length === 1 ? total : digest(groups.get(entity.name) ?? []),
      scaledToZero: /scaled to zero/i.test(entity.state?.deployment_state_message ?? ''),
      external: entity.external_model !== undefined,
    }));
    const several = measured.length > 1;
    return dropEmpty({
      endpoint: name,
      period: 'last minute',
      as_of: timeText(takenAt(samples)),
      total,
      entities: several
        ? measured.map(({ entity, digest: own }) => ({ entity, traffic_percent: traffic.get(entity) ?? 0, ...own }))
        : [],
      comparison: compare(measured).map((each) => dropEmpty({ ...each })),
      missing: missingSeries({
        total,
        entities: measured,
        series: samples.length,
        unnamed: groups.get('')?.length ?? 0,
      }),
      notes: limitNotes(total, found.ai_gateway?.rate_limits ?? []),
    });
  },
});

async function metricsOf(http: Http, found: Endpoint): Promise<string> {
  try {
    return await observe.metrics(http, found.name);
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 404)) throw error;
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

/** Answers that are no JSON, or JSON of a free form: the metrics text and the OpenAPI document. */
import { closed, type Schema, TEXT } from './forms.ts';

/** The OpenAPI document of an endpoint. The schemas of the model are free. */
export const OPENAPI: Schema = closed(
  ['openapi', 'info', 'servers', 'paths'],
  {
    openapi: { type: 'string', pattern: '^3\\.1\\.' },
    info: closed(['title', 'version'], { title: TEXT, version: TEXT }),
    servers: { type: 'array', minItems: 1, items: closed(['url'], { url: TEXT }) },
    paths: {
      evidence: 'data.openapi-shape',
      type: 'object',
      propertyNames: { pattern: '^/served-models/[^/]+/invocations$' },
      additionalProperties: { type: 'object' },
    },
  },
  { evidence: 'data.openapi-shape' },
);

/** Series of the metrics text, by type. */
export const METRICS = {
  gauge: [
    'cpu_usage_percentage',
    'mem_usage_percentage',
    'gpu_usage_percentage',
    'gpu_mem_usage_percentage',
    'provisioned_concurrent_requests_total',
    'request_count_total',
    'request_4xx_count_total',
    'request_5xx_count_total',
  ],
  histogram: ['request_latency_ms', 'model_queue_time_ms'],
} as const;

/** Labels of every series; buckets also have `le`. */
export const METRIC_LABELS = ['endpoint_name', 'served_entity_name'] as const;

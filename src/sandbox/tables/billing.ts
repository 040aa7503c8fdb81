import { MINUTE } from '../clock.ts';
import { DATE, decimal, mapOf, STRING, struct, TIMESTAMP } from '../engine/types.ts';
import { hexOf } from '../ids.ts';
import type { Endpoint, ServedEntity, Workspace } from '../state/state.ts';
import { awakeSpans } from './awake.ts';
import { dbuPerHour, isGpu } from './compute.ts';
import { within } from './intervals.ts';
import { servingType, skuOf, tokenProduct } from './skus.ts';
import { type Cell, columns, json, type TableDef } from './table.ts';
import { type Lifetime, lifetimes } from './tracked-requests.ts';

const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Rows of an hour come an hour after its end. The service says one to two hours. assumed: sql-billing */
const LAG = HOUR;
/** Sandbox time of a wake from zero. evidence: data.cold-start */
const LAUNCH_MS = 15_000;
/** One in so many hours is corrected later: the first row is taken back, and replaced. assumed: sql-billing */
const CORRECTED = 71;
/** A correction comes this long after the hour. */
const CORRECTION = 2 * DAY;

/** What one hour of an endpoint used of one SKU. */
interface Usage {
  endpoint: Endpoint | null;
  entity: ServedEntity | null;
  at: number;
  sku: string;
  quantity: number;
  type: 'COMPUTE_TIME' | 'GPU_TIME' | 'TOKEN';
  serving: string | null;
  offering: string | null;
}

/** Usage by hour, from the hours and sizes of entities and from tokens. evidence: sql-billing-table, assumed: sql-billing */
export const BILLING_USAGE: TableDef = {
  catalog: 'system',
  schema: 'billing',
  name: 'usage',
  comment: 'Billable usage',
  owner: 'System user',
  lag: LAG,
  grows: false,
  stamp: (_workspace, to) => String(Math.floor(to / HOUR)),
  columns: columns({
    record_id: STRING,
    account_id: STRING,
    workspace_id: STRING,
    sku_name: STRING,
    cloud: STRING,
    usage_start_time: TIMESTAMP,
    usage_end_time: TIMESTAMP,
    usage_date: DATE,
    custom_tags: mapOf(STRING),
    usage_unit: STRING,
    usage_quantity: decimal(38, 18),
    usage_metadata: struct({
      job_id: STRING,
      warehouse_id: STRING,
      endpoint_name: STRING,
      endpoint_id: STRING,
      budget_policy_id: STRING,
    }),
    identity_metadata: struct({ run_as: STRING, created_by: STRING, owned_by: STRING }),
    record_type: STRING,
    ingestion_date: DATE,
    billing_origin_product: STRING,
    product_features: struct({
      serving_type: STRING,
      offering_type: STRING,
      model_serving: struct({ offering_type: STRING }),
    }),
    usage_type: STRING,
  }),
  *rows(workspace, from, to) {
    const end = Math.floor(to / HOUR) * HOUR;
    const begin = Math.ceil(from / HOUR) * HOUR;
    for (const usage of usages(workspace, begin, end)) yield* recordsOf(workspace, usage, end);
  },
};

function* usages(workspace: Workspace, begin: number, end: number): Generator<Usage> {
  for (const life of lifetimes(workspace)) {
    if (life.endpoint.foundation) yield* tokens(workspace, life.endpoint, begin, end);
    else yield* compute(workspace, life, begin, end);
  }
  // Another product, so that a sum over all products is not that of serving.
  for (let at = Math.ceil(begin / DAY) * DAY; at < end; at += DAY) {
    const sku = `ENTERPRISE_JOBS_SERVERLESS_COMPUTE_${skuOf('compute', workspace.cloud).split('INFERENCE_')[1]}`;
    yield { endpoint: null, entity: null, at, sku, quantity: 3.5, type: 'COMPUTE_TIME', serving: null, offering: null };
  }
}

function* compute(workspace: Workspace, life: Lifetime, begin: number, end: number): Generator<Usage> {
  const { endpoint } = life;
  for (const { entity, spans, wakes } of awakeSpans(workspace, life, end)) {
    if (entity.type === 'EXTERNAL_MODEL' || entity.type === 'TILE') continue;
    const rate = entity.max_dbus ?? dbuPerHour(entity.config);
    const serving = servingType(entity);
    const shared = { endpoint, entity, serving, offering: 'ONLINE_INFERENCE' };
    const type = isGpu(entity.config) ? 'GPU_TIME' : 'COMPUTE_TIME';
    const first = Math.max(begin, Math.floor((spans[0]?.[0] ?? end) / HOUR) * HOUR);
    for (let at = first; at < end; at += HOUR) {
      const awake = within(spans, [at, at + HOUR]);
      const product = serving === 'FOUNDATION_MODEL' ? 'throughput' : 'compute';
      if (awake > 0)
        yield { ...shared, at, sku: skuOf(product, workspace.cloud), quantity: (rate * awake) / HOUR, type };
      const woke = wakes.filter((wake) => wake >= at && wake < at + HOUR).length;
      if (woke > 0) {
        yield {
          ...shared,
          at,
          sku: skuOf('launch', workspace.cloud),
          quantity: (rate * woke * LAUNCH_MS) / HOUR,
          type,
        };
      }
    }
  }
}

/** The tokens of a foundation model that clients used, by hour. */
function* tokens(workspace: Workspace, endpoint: Endpoint, begin: number, end: number): Generator<Usage> {
  const { product, input, output } = tokenProduct(endpoint);
  const hours = new Map<number, number>();
  for (const { endpoint: name, at, tokens_in, tokens_out } of workspace.routed) {
    if (name !== endpoint.name || at < begin || at >= end) continue;
    const hour = Math.floor(at / HOUR) * HOUR;
    hours.set(hour, (hours.get(hour) ?? 0) + (tokens_in * input + tokens_out * output) / 1e6);
  }
  const entity = endpoint.config?.served_entities[0] ?? null;
  const shared = { endpoint, entity, sku: skuOf(product, workspace.cloud), type: 'TOKEN' as const };
  for (const [at, quantity] of hours)
    yield { ...shared, at, quantity, serving: 'FOUNDATION_MODEL', offering: 'PAY_PER_TOKEN' };
}

/** The records of a usage: one, or a first one, its retraction and the right one. Only the sum of all is right. */
function* recordsOf(workspace: Workspace, usage: Usage, end: number): Generator<Cell[]> {
  const { endpoint, at, sku, quantity } = usage;
  const key = `${endpoint?.id ?? endpoint?.name ?? 'jobs'}/${sku}/${at}/${usage.entity?.config.name}`;
  const corrected = (at / HOUR) % CORRECTED === 0 && at + CORRECTION < end;
  const record = (type: string, amount: number, ingested: number): Cell[] => [
    hexOf(`${key}/${type}`),
    workspace.account_id,
    workspace.org_id,
    sku,
    workspace.cloud.toUpperCase(),
    at,
    at + HOUR,
    Math.floor(at / DAY),
    json(Object.fromEntries((endpoint?.tags ?? []).map((tag) => [tag.key, tag.value ?? '']))),
    'DBU',
    amount,
    metadata(endpoint),
    json({ run_as: endpoint ? (endpoint.creator ?? null) : 'admin@example.com' }),
    type,
    Math.floor(ingested / DAY),
    endpoint ? 'MODEL_SERVING' : 'JOBS',
    json({
      serving_type: usage.serving,
      offering_type: usage.offering,
      model_serving: { offering_type: usage.offering },
    }),
    usage.type,
  ];
  if (!corrected) {
    yield record('ORIGINAL', quantity, at + 2 * HOUR);
    return;
  }
  yield record('ORIGINAL', quantity * 2, at + 2 * HOUR);
  yield record('RETRACTION', -quantity * 2, at + CORRECTION);
  yield record('RESTATEMENT', quantity, at + CORRECTION);
}

function metadata(endpoint: Endpoint | null): string | null {
  if (endpoint === null) return json({ job_id: '1031' });
  const { name, id, budget_policy_id } = endpoint;
  return json({ endpoint_name: name, endpoint_id: id, budget_policy_id });
}

import { MINUTE } from '../clock.ts';
import type { SandboxApp, SandboxContext } from '../context.ts';
import { warmth } from '../endpoints/lifecycle.ts';
import { missing } from '../errors.ts';
import { endpointOf } from '../http.ts';
import { requirePermission } from '../identity/access.ts';
import type { Endpoint, ServedEntity } from '../state/state.ts';
import { requestsBetween } from '../traffic/requests.ts';
import { provisionedFor, saturationOf } from '../traffic/saturation.ts';
import { performanceOf } from '../traffic/served-model.ts';
import { type MetricsEntity, metricsText } from './metrics.ts';

/** Mounts the metrics of an endpoint. */
export function mountMetrics(app: SandboxApp, ctx: SandboxContext): void {
  app.get('/api/2.0/serving-endpoints/:name/metrics', (c) => {
    const endpoint = endpointOf(c, c.req.param('name'));
    requirePermission(c.get('principal'), endpoint, 'View');
    // The service answers 404 on this route for foundation models. The text is the sandbox's own. evidence: data.metrics-foundation
    if (endpoint.foundation || endpoint.tile) throw missing(`Metrics are not available for endpoint ${endpoint.name}.`);
    // assumed: data.metrics-type
    return c.body(metricsOf(ctx, endpoint), 200, { 'content-type': 'text/plain; charset=utf-8' });
  });
}

/** The metrics text of the last full minute. */
function metricsOf(ctx: SandboxContext, endpoint: Endpoint): string {
  const now = ctx.clock.now();
  const at = Math.floor(now / MINUTE) * MINUTE;
  const labels = ctx.data_plane.metric_labels;
  return metricsText({
    endpoint: endpoint.name,
    entities: (endpoint.config?.served_entities ?? []).map((entity) => metricsEntity(ctx, endpoint, entity, now)),
    samples: requestsBetween(ctx.workspace, endpoint, at - MINUTE, at),
    at,
    ...(labels ? { labels } : {}),
    merged: !ctx.workspace.features.metrics_per_entity,
  });
}

/** An entity as its metrics describe it. */
function metricsEntity(
  { workspace }: SandboxContext,
  endpoint: Endpoint,
  entity: ServedEntity,
  now: number,
): MetricsEntity {
  const { load } = saturationOf(endpoint, entity, performanceOf(workspace, endpoint, entity, now));
  const { name, workload_type = 'CPU' } = entity.config;
  const external = entity.config.external_model !== undefined;
  return {
    name,
    compute: external ? 'external' : workload_type.includes('GPU') ? 'gpu' : 'cpu',
    asleep: endpoint.stopped || warmth(endpoint, entity, now) === 'cold',
    concurrency: provisionedFor(entity, load),
  };
}

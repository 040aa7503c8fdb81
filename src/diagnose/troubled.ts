/** Which deployments need an explanation. Pure. */
import type { Deployment } from '../plan/deployments.ts';
import { isStopped } from '../plan/stopped.ts';
import type { Endpoint } from '../rest/endpoints.ts';
import type { MetricsEvidence } from './evidence.ts';

/** Whether a deployment failed, or does not serve although it should. One that was cancelled needs no explanation. */
export function isTroubled({ entity, config }: Deployment, endpoint: Endpoint): boolean {
  if (isStopped(endpoint)) return false;
  const deployment = entity.state?.deployment;
  if (config === 'cancelled update') return deployment === 'DEPLOYMENT_FAILED';
  if (config !== 'active') return deployment !== 'DEPLOYMENT_READY';
  if (endpoint.state.ready !== 'READY' && endpoint.state.config_update !== 'IN_PROGRESS') return true;
  return deployment !== undefined && deployment !== 'DEPLOYMENT_READY';
}

/** Percent of failed requests, and of a resource, from which the log of what serves may have the reason. */
const SOME_FAILURES = 1;
const NEARLY_FULL = 90;
/** Milliseconds. */
const SLOW = 5_000;

/** Whether the metrics look as if requests or workers failed. Without metrics, they may. */
export function mayHideFailures(metrics: MetricsEvidence | undefined): boolean {
  if (metrics === undefined) return true;
  return [metrics.total, ...metrics.entities.values()].some(
    (each) =>
      (each.error_5xx_percent ?? 0) >= SOME_FAILURES ||
      (each.error_4xx_percent ?? 0) >= SOME_FAILURES ||
      (each.memory_percent ?? 0) >= NEARLY_FULL ||
      (each.gpu_memory_percent ?? 0) >= NEARLY_FULL ||
      (each.p95_ms ?? 0) >= SLOW,
  );
}

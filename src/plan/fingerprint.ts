/** Detects whether an endpoint has changed since it was read. Pure. */
import { createHash } from 'node:crypto';
import type { Endpoint } from '../rest/endpoints.ts';
import type { ModelService } from '../rest/model-services.ts';
import { configInput } from './config-input.ts';
import { canonical, configView } from './diff.ts';
import { isStopped } from './stopped.ts';

/**
 * The fingerprint of an endpoint. It changes with any setting, such as config, pending update, gateway, tags or description. A stop by a
 * person counts. Other state does not, so a scale to zero keeps the fingerprint.
 */
export function fingerprint(endpoint: Endpoint): string {
  return fingerprintOf({
    id: endpoint.id,
    config: configView(configInput(endpoint.config)),
    version: endpoint.config?.config_version,
    pending: endpoint.pending_config ? configView(configInput(endpoint.pending_config)) : undefined,
    gateway: endpoint.ai_gateway && { ...endpoint.ai_gateway, rate_limits: inOrder(endpoint.ai_gateway.rate_limits) },
    tags: inOrder(endpoint.tags),
    description: endpoint.description,
    notifications: endpoint.email_notifications,
    telemetry: endpoint.telemetry_config,
    budget_policy: endpoint.effective_budget_policy_id,
    // An update would start it, which costs money.
    stopped: isStopped(endpoint) || undefined,
  });
}

/** The fingerprint of a model service. It changes with its comment and any setting. Times do not count, nor does the loss of what is behind a destination. */
export function serviceFingerprint({ comment, config }: ModelService): string {
  const settings: unknown = JSON.parse(
    JSON.stringify(config ?? {}, (key, value: unknown) => (key === 'is_deleted' ? undefined : value)),
  );
  return fingerprintOf({ comment: comment || undefined, settings });
}

/** Twelve hex digits that differ for different values. The order of keys does not count. */
export function fingerprintOf(value: unknown): string {
  return createHash('sha256').update(canonical(value)).digest('hex').slice(0, 12);
}

/** A list in a fixed order, because the service does not keep one (fact E10). */
function inOrder(list: unknown[] | undefined): string[] {
  return (list ?? []).map(canonical).sort();
}

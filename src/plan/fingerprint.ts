/** Detects whether an endpoint has changed since it was read. Pure. */
import { createHash } from 'node:crypto';
import type { Endpoint } from '../rest/endpoints.ts';
import { configInput } from './config-input.ts';
import { canonical, configView } from './diff.ts';

/**
 * Twelve hex digits that change with any setting of the endpoint: config, pending update, gateway, tags, description. State such as a
 * scale to zero does not count. `beside` is state kept elsewhere that also counts, such as grants.
 */
export function fingerprint(endpoint: Endpoint, beside?: unknown): string {
  const settings = {
    beside,
    id: endpoint.id,
    config: configView(configInput(endpoint.config)),
    version: endpoint.config?.config_version,
    pending: endpoint.pending_config ? configView(configInput(endpoint.pending_config)) : undefined,
    gateway: endpoint.ai_gateway && { ...endpoint.ai_gateway, rate_limits: inOrder(endpoint.ai_gateway.rate_limits) },
    tags: inOrder(endpoint.tags),
    description: endpoint.description,
    notifications: endpoint.email_notifications,
  };
  return createHash('sha256').update(canonical(settings)).digest('hex').slice(0, 12);
}

/** A list in a fixed order, because the service does not keep one (fact E10). */
function inOrder(list: unknown[] | undefined): string[] {
  return (list ?? []).map(canonical).sort();
}

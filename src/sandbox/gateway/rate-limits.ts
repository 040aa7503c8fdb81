import { invalid } from '../errors.ts';
import { principalExists } from '../identity/access.ts';
import type { ServiceRateLimit } from '../state/model-service.ts';
import type { Workspace } from '../state/state.ts';

/** The keys that need a principal, and what it is. */
const PRINCIPAL = {
  RATE_LIMIT_KEY_USER: 'user_name',
  RATE_LIMIT_KEY_USER_GROUP: 'group_name',
  RATE_LIMIT_KEY_SERVICE_PRINCIPAL: 'service_principal_name',
  RATE_LIMIT_KEY_SERVICE: null,
  RATE_LIMIT_KEY_USER_DEFAULT: null,
} as const satisfies Record<ServiceRateLimit['key'], string | null>;

/**
 * Checks the limits of a body, whose shape is known. A key of a principal needs one that exists, and there is one limit for each key,
 * principal, period and dimension. evidence: gateway-control-routes, evidence: gateway-limit-apart, assumed: gateway-limit-rules
 */
export function readLimits(workspace: Workspace, sent: readonly ServiceRateLimit[] = []): ServiceRateLimit[] {
  const seen = new Set<string>();
  for (const [at, { key, principal, renewal_period, requests, tokens }] of sent.entries()) {
    const field = `config.rate_limits[${at}]`;
    const kind = PRINCIPAL[key];
    if (kind === null && principal !== undefined)
      throw invalid(`Invalid value for ${field}.principal: ${key} has no principal.`);
    if (kind !== null && principal === undefined) throw invalid(`Missing required field: ${field}.principal.`);
    if (kind !== null && principal !== undefined && !principalExists(workspace, kind, principal))
      throw invalid(`Invalid value for ${field}.principal: '${principal}' does not exist.`);
    if (requests === undefined && tokens === undefined)
      throw invalid(`Missing required field: ${field}.requests or ${field}.tokens.`);
    for (const [dimension, most] of Object.entries({ requests, tokens })) {
      if (most === undefined) continue;
      const id = JSON.stringify([key, principal ?? null, renewal_period, dimension]);
      if (seen.has(id)) throw invalid(`${field} repeats the key, principal and period of another limit.`);
      seen.add(id);
    }
  }
  return [...sent];
}

import { ApiError } from '../errors.ts';
import { EVERYONE } from '../identity/grants.ts';
import { hexOf } from '../ids.ts';
import type { ModelService, ServiceConfig } from '../state/model-service.ts';
import type { Endpoint, Workspace } from '../state/state.ts';

const SCHEMA = 'system.ai.';
const PREFIX = 'databricks-';
const OWNER = 'System user';

/** The name of a platform service drops the prefix of the endpoint. evidence: gateway-platform-names */
function nameOf(endpoint: string): string {
  return `${SCHEMA}${endpoint.slice(PREFIX.length)}`;
}

/** The platform's own service for a pay-per-token model. It has that one destination and no limits. */
function serviceOf({ name, created_at }: Endpoint): ModelService {
  const full_name = nameOf(name);
  const config: ServiceConfig = {
    destinations: [
      {
        name: full_name.slice(SCHEMA.length),
        destination_type: 'DESTINATION_TYPE_PAY_PER_TOKEN_FOUNDATION_MODEL',
        pay_per_token_config: { model: `models/${full_name}` },
      },
    ],
    fallbacks: null,
    rate_limits: [],
    inference_table: null,
    service_policies: [],
  };
  return {
    ...{
      full_name,
      id: hexOf(full_name),
      owner: OWNER,
      grants: new Map([[EVERYONE, ['EXECUTE']]]),
      comment: '',
    },
    ...{ created_at, created_by: OWNER, updated_at: created_at, updated_by: OWNER, revision: 1 },
    ...{ config, releases: [{ at: created_at, config }], traffic: [], mishaps: [] },
  };
}

/** The platform's services, one for each pay-per-token model that the workspace has, unless it is described otherwise. */
export function platformServices({ endpoints, model_services }: Workspace): ModelService[] {
  return [...endpoints.values()]
    .filter(
      ({ foundation, name }) =>
        foundation?.products.includes('PPT') && name.startsWith(PREFIX) && !model_services.has(nameOf(name)),
    )
    .map(serviceOf);
}

/** Limits and the table of a service of the platform can be changed, and nothing else of it. assumed: gateway-platform-managed */
export function refuseForPlatform({ owner, full_name }: ModelService, what: string): void {
  if (owner === OWNER && full_name.startsWith(SCHEMA))
    throw new ApiError(403, 'PERMISSION_DENIED', `Cannot ${what} the system-provided Model Service '${full_name}'.`);
}

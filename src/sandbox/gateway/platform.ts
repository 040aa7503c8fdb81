import { EVERYONE } from '../identity/grants.ts';
import { hexOf } from '../ids.ts';
import type { ModelService, ServiceConfig } from '../state/model-service.ts';
import type { Endpoint, Workspace } from '../state/state.ts';

const SCHEMA = 'system.ai.';
const PREFIX = 'databricks-';

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
      owner: 'System user',
      grants: new Map([[EVERYONE, ['EXECUTE']]]),
      comment: '',
    },
    ...{ created_at, created_by: 'System user', updated_at: created_at, updated_by: 'System user', revision: 1 },
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

/** A service by its full name, the platform's own ones too. */
export function serviceNamed(workspace: Workspace, name: string): ModelService | undefined {
  return workspace.model_services.get(name) ?? platformServices(workspace).find(({ full_name }) => full_name === name);
}

/** What the routes of the gateway can do with a service, by the API types that it names. */
import type { ModelService, query } from '../../src/rest/index.ts';

const APIS = ['chat/completions', 'responses', 'embeddings'] as const satisfies readonly query.GatewayApi[];

/**
 * The routes that a service answers at: those that it names, as the gateway refuses the others (fact V14). Where it names none of the gateway's
 * own, the form of another maker for the same purpose counts. Empty where the service names no type that is known here.
 */
export function apisOf({ supported_api_types: types = [] }: ModelService): query.GatewayApi[] {
  const own = APIS.filter((api) => types.includes(`mlflow/v1/${api}`));
  if (own.length > 0) return own;
  return APIS.filter((api) => types.some((type) => type.endsWith(api) || (api === APIS[0] && OTHER_CHAT.test(type))));
}

const OTHER_CHAT = /\/messages$|generateContent$|\/converse$/i;

/** The family of models whose form a route has. */
export const FAMILIES = {
  'chat/completions': 'chat',
  responses: 'responses',
  embeddings: 'embeddings',
} as const satisfies Record<query.GatewayApi, unknown>;

/** Reads the model service that a call names. Without one, says what else the name may mean, and guesses nothing. */
import { servingAlike, servingNames } from '../../src/plan/served-model.ts';
import { call, Refusal, shortCall } from '../../src/refusal.ts';
import { isAbsent } from '../../src/rest/absent.ts';
import { ApiError } from '../../src/rest/errors.ts';
import type { Http } from '../../src/rest/http.ts';
import { endpoints, type ModelService, modelServices } from '../../src/rest/index.ts';
import { closestNames } from '../../src/text/did-you-mean.ts';
import type { ToolContext } from '../../src/tool.ts';
import { dropEmpty } from '../shared/view.ts';

/** Names in a refusal. */
const MAX_NAMES = 5;
/** Names that may become part of a next step. Others are shown as data. */
const PLAIN = /^[\w-]+(?:\.[\w-]+){2}$/;
/** The service of the foundation model `system.ai.databricks-x` is `system.ai.x` (assumed, as in the sandbox). */
const FOUNDATION = /^(system\.ai\.)databricks-/;

/**
 * @param args the arguments of the call, whose next step repeats them with another name.
 * @param named the argument that has the name. A `model_service` can mean no endpoint.
 * @throws Refusal when there is no such service, or the caller has no privilege on it: the service does not say which.
 */
export async function existingService(
  name: string,
  args: Record<string, unknown>,
  context: ToolContext,
  named: 'endpoint' | 'model_service' = 'endpoint',
): Promise<ModelService> {
  try {
    return await modelServices.get(context.http, name);
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 404) throw error;
    throw await missingService(error, name, args, context, named);
  }
}

/** The refusal for a 404 of a route of model services. @param error the 404. */
export async function missingService(
  error: ApiError,
  name: string,
  args: Record<string, unknown>,
  { http, tool, signal }: ToolContext,
  named: 'endpoint' | 'model_service' = 'endpoint',
): Promise<Error> {
  if (error.said.codes.length === 0) return error; // a proxy, which says nothing about the service
  const [near, all] = await Promise.all([
    isAbsent(error) ? nearServices(name, http) : [],
    endpoints.list(http).catch(() => []),
  ]);
  signal.throwIfAborted();
  const what = isAbsent(error)
    ? `there is no model service ${name}, or you have no privilege on it: the service does not say which`
    : 'this workspace has no route for model services: Unity Gateway may be in preview in your region';
  const serving = servingNames(all, name).slice(0, MAX_NAMES);
  const similar = near.length > 0 ? [] : servingAlike(all, name).slice(0, MAX_NAMES);
  const means =
    serving.length > 0
      ? `; ${name} is a model, served by ${serving.join(', ')}`
      : similar.length > 0
        ? `; similar models are served by ${similar.join(', ')}`
        : '';
  const other = (other: string) => shortCall(tool, { ...args, [named]: other }, [named]);
  const service = near.find((each) => PLAIN.test(each));
  const isItsService = FOUNDATION.test(name) && service === name.replace(FOUNDATION, '$1');
  const endpoint = serving[0] ?? similar[0];
  const next =
    service !== undefined && (serving.length === 0 || isItsService)
      ? `Did you mean ${service}? Then call ${other(service)}.`
      : endpoint !== undefined && named === 'endpoint'
        ? `If you mean the endpoint ${endpoint}, call ${other(endpoint)}.`
        : `Check the name; ${call('list_endpoints', { schema: schemaOf(name) })} lists the services that you may see.`;
  const data = dropEmpty({ near: near.slice(0, MAX_NAMES) });
  return new Refusal('model_service_not_found', what + means, next, data, { cause: error });
}

/** `main.ai` of `main.ai.chat`. */
export function schemaOf(name: string): string {
  return name.split('.').slice(0, 2).join('.');
}

/** `chat` of `main.ai.chat`. */
function idOf(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

/** Services of the same schema with a name like it. A list that fails names none. */
async function nearServices(name: string, http: Http): Promise<string[]> {
  // Unity Catalog keeps names in lower case.
  const schema = schemaOf(name).toLowerCase();
  const listed = await modelServices.list(http, schema, 'BASIC').catch(() => []);
  const ids = listed.map((each) => idOf(each.name));
  return closestNames(idOf(name.replace(FOUNDATION, '$1')), ids).map((id) => `${schema}.${id}`);
}

/** `get_schema` on a model service: what its API types take. It publishes no schema of its own. */
import { UNITY_GATEWAY } from '../../src/plan/model-service.ts';
import { call, Refusal, type ToolResult } from '../../src/refusal.ts';
import type { query } from '../../src/rest/index.ts';
import { GATEWAY_PATH } from '../../src/rest/names.ts';
import { clip } from '../../src/text/sanitize.ts';
import type { ToolContext } from '../../src/tool.ts';
import { curlLine } from '../shared/curl-line.ts';
import { formOfFamily } from '../shared/task-form.ts';
import { dropEmpty } from '../shared/view.ts';
import { apisOf, FAMILIES } from './apis.ts';
import { existingService } from './existing.ts';
import { serviceLimitLine, tableView } from './view.ts';

const MAX_LIMITS = 10;

/** The forms of a service, from its API types. One that names none is shown as a chat service (fact V11). */
export async function schemaOfService(
  args: { endpoint: string; entity: string | undefined; raw: unknown },
  context: ToolContext,
): Promise<ToolResult> {
  const { endpoint: name, entity, raw } = args;
  const own = call('get_schema', { endpoint: name });
  if (entity !== undefined || raw !== false)
    throw new Refusal(
      'unused_argument',
      `${entity === undefined ? 'raw' : 'entity'} cannot be used with a model service: it publishes no document, and chooses the destination itself`,
      `Repeat the call without it: ${own}.`,
    );
  const [found, { host }] = await Promise.all([
    existingService(name, { endpoint: name }, context),
    context.http.signer(),
  ]);
  const known = apisOf(found);
  const apis: query.GatewayApi[] = known.length > 0 ? known : ['chat/completions'];
  const { config } = found;
  const table = config && tableView(config);
  return dropEmpty({
    model_service: name,
    gateway: UNITY_GATEWAY,
    api_types: (found.supported_api_types ?? []).slice(0, 20).map((each) => clip(each, 80)),
    apis: apis.map((api) => {
      const { fields, args: example, body, output, prediction, note } = formOfFamily(FAMILIES[api]);
      const path = `${GATEWAY_PATH}/${api}`;
      return dropEmpty({
        path,
        body_fields: ['model', ...fields],
        example: { endpoint: name, ...example },
        output,
        prediction,
        note,
        curl: curlLine(`${host}${path}`, { model: name, ...body }),
      });
    }),
    recorded:
      typeof table === 'string'
        ? `requests and answers, in ${table} (inference table)`
        : (table ?? 'no inference table'),
    limits: config?.rate_limits?.length
      ? config.rate_limits.slice(0, MAX_LIMITS).map(serviceLimitLine)
      : 'none on the service; quotas of the workspace still apply',
    note:
      known.length > 0
        ? 'The service publishes no schema of its own, so these are the forms of its API types.'
        : 'The service names no API type that is known here, which does not mean that it does not work. This is the form of chat.',
  });
}

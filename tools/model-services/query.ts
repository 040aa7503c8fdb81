/** `query_endpoint` on a model service: the routes of the gateway, with the name of the service in `model` (fact V9). */
import { UNITY_GATEWAY } from '../../src/plan/model-service.ts';
import { call, Refusal, type ToolResult } from '../../src/refusal.ts';
import { ApiError, TransportError } from '../../src/rest/errors.ts';
import { type ModelService, query } from '../../src/rest/index.ts';
import { clip } from '../../src/text/sanitize.ts';
import type { ToolContext } from '../../src/tool.ts';
import { buildBody, type Form, type QueryInput } from '../shared/query-body.ts';
import { lateAnswer } from '../shared/query-wake.ts';
import { checkSize, type QuerySettings, sendQuery } from '../shared/send-query.ts';
import { apisOf } from './apis.ts';
import { existingService } from './existing.ts';

type Asked = QueryInput & QuerySettings & { entity?: string | undefined; timeout_seconds: number };

/** The task whose body an API takes. */
const TASKS: Readonly<Record<query.GatewayApi, string>> = {
  'chat/completions': 'llm/v1/chat',
  responses: 'agent/v1/responses',
  embeddings: 'llm/v1/embeddings',
};

/** Reads the service, which says what it takes, and sends one inference. */
export async function queryService(args: Asked, form: Form, context: ToolContext): Promise<ToolResult> {
  const { clock } = context;
  const begun = clock.now();
  refuseArguments(args);
  const api = apiFor(args, form, await readable(args, context));
  // Labels go into a header here, because the gateway ignores them in the body.
  const { usage_context: tags, ...input } = args;
  const body = { ...buildBody(input, form, TASKS[api]), model: args.endpoint };
  checkSize(body, query.PAYLOAD_LIMIT.llm);
  const timeoutMs = Math.max(1_000, args.timeout_seconds * 1000 - (clock.now() - begun));
  const started = clock.now();
  const answer = await sendQuery(args, form, body, { timeoutMs, api, tags, now: clock.now }, context).catch(
    (error: unknown) => {
      throw error instanceof TransportError && error.kind === 'timeout' ? lateAnswer(error, args, []) : error;
    },
  );
  return {
    model_service: args.endpoint,
    gateway: UNITY_GATEWAY,
    ...answer,
    milliseconds: clock.now() - started,
  };
}

/** Refuses what a service has no place for, instead of dropping it. */
function refuseArguments({ endpoint, entity, client_request_id }: Asked): void {
  if (entity !== undefined)
    throw new Refusal(
      'unused_argument',
      `entity cannot be used with a model service, which chooses the destination itself; nothing was sent`,
      `Omit entity. ${call('get_endpoint', { endpoint })} shows the destinations; one of them can be queried by its own name.`,
    );
  if (client_request_id !== undefined)
    throw new Refusal(
      'unused_argument',
      'client_request_id cannot be used with a model service, whose inference table has no such column; nothing was sent',
      'Omit it. Labels in usage_context are kept in the usage table and in the inference table.',
    );
}

/** The service, which says what it takes. Undefined when the caller may call but not read it. */
async function readable(args: Asked, context: ToolContext): Promise<ModelService | undefined> {
  try {
    return await existingService(args.endpoint, { ...args }, context);
  } catch (error) {
    if (error instanceof ApiError && error.status === 403) return undefined;
    throw error;
  }
}

/** The API that takes this form. A service that names no types works nevertheless (fact V11). */
function apiFor({ endpoint }: Asked, form: Form, found: ModelService | undefined): query.GatewayApi {
  const known = found ? apisOf(found) : [];
  const wanted: query.GatewayApi[] =
    form === 'messages' ? ['chat/completions', 'responses'] : form === 'texts' ? ['embeddings'] : [];
  const [first] = wanted;
  const fitting = known.length === 0 ? first : wanted.find((each) => known.includes(each));
  if (fitting !== undefined) return fitting;
  const takes = known.includes('embeddings') && known.length === 1 ? 'texts' : 'messages';
  const types = clip((found?.supported_api_types ?? []).join(', '), 200);
  throw new Refusal(
    'wrong_input_form',
    first === undefined
      ? `model service ${endpoint} takes messages or texts, not ${form}; nothing was sent`
      : `model service ${endpoint} takes ${takes}, not ${form}; nothing was sent`,
    first === undefined
      ? 'Custom models stay on serving endpoints: query the endpoint of the model.'
      : `Repeat the call with ${takes}.`,
    types === '' ? {} : { api_types: types },
  );
}

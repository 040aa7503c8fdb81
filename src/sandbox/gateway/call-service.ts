import type { DataPlaneOptions, SandboxContext } from '../context.ts';
import type { Call } from '../http.ts';
import { isObject, type JsonObject } from '../json.ts';
import { type Answer, failure } from '../models/answer.ts';
import type { QueryRoute } from '../models/answer-query.ts';
import { type PolicyBlock, policyBlockOutcome } from '../models/policy-block.ts';
import { type AttemptQuery, attemptAt, isFailed } from '../query/attempt.ts';
import { LANGUAGE_BODY_LIMIT, refuseSize, refuseType, usageFields } from '../query/check-query.ts';
import { inFlightOf, onTheWay } from '../query/in-flight.ts';
import { foundationQuota } from '../query/limits.ts';
import { keepPayload } from '../query/payload-log.ts';
import { newRecord } from '../query/record.ts';
import { requestTags, TAGS_HEADER } from '../query/request-tags.ts';
import { type Attempt, outcomeAttempt, refusal, sendAnswer, wholeAttempt } from '../query/send-answer.ts';
import type { ModelService, ServiceConfig } from '../state/model-service.ts';
import type { RoutedRequest } from '../state/state.ts';
import { apiTypes } from './api-types.ts';
import { appliedAt } from './applied.ts';
import { callable } from './callable.ts';
import { blockAfter, blockBefore, refusing, requestText } from './policies.ts';
import { routedView, tableOf } from './routed-view.ts';
import { overServiceLimit } from './service-limits.ts';
import { destinationsToTry, nothingLeft, ownerRefusal, type Usable } from './usable.ts';

/** How a call of a model service arrived. */
export interface ServiceArrival {
  /** The full name of the service. */
  service: string;
  route: QueryRoute;
  /** The API as usage tables name it. */
  api_type: string;
  /** The body in the form that the models read. */
  text: string;
}

/** Time in the gateway of a call that it refuses, in sandbox milliseconds. */
const REFUSAL_MS = 1;
/** The name in a record that no destination answered. */
const NOWHERE = { config: { name: '' } };

/** One call on its way to a destination. */
interface ServiceCall extends AttemptQuery {
  service: ModelService;
  config: ServiceConfig;
  body: JsonObject;
}

function bodyOf(text: string): JsonObject {
  try {
    const body: unknown = JSON.parse(text);
    return isObject(body) ? body : {};
  } catch {
    // The destination refuses it in the words of its decoder.
    return {};
  }
}

function newCall(
  ctx: SandboxContext,
  c: Call,
  arrival: ServiceArrival,
  service: ModelService,
  options: DataPlaneOptions,
): ServiceCall {
  const now = ctx.clock.now();
  const { config, release } = appliedAt(service, now) ?? { config: service.config, release: 0 };
  const { client_request_id } = usageFields(c.get('record').body);
  const user_agent = c.req.header('user-agent');
  return {
    ...{
      service,
      config,
      options,
      route: arrival.route,
      gateway: true,
      text: arrival.text,
      body: bodyOf(arrival.text),
    },
    target: routedView(ctx.workspace, service, now),
    principal: c.get('principal'),
    request_id: c.get('request_id'),
    // The context of a body is for the serving routes. Only the header counts here. evidence: gateway-request-tags
    usage: {
      ...{ config_version: release + 1, api_type: arrival.api_type },
      ...requestTags(c.req.header(TAGS_HEADER)),
      ...(client_request_id === undefined ? {} : { client_request_id }),
      ...(user_agent === undefined ? {} : { user_agent }),
    },
    // Guardrails of an endpoint do not count on the gateway's paths. evidence: gateway-no-guardrails
    guard: (_side, text) => ({ text }),
  };
}

/** Records a call that the gateway answered itself. */
function recordRefusal(ctx: SandboxContext, call: ServiceCall, status: number, more: Partial<RoutedRequest>): void {
  Object.assign(newRecord(ctx, call, NOWHERE, status, REFUSAL_MS, 0), more);
}

/** The refusal of a form that the service does not speak. One without known types takes every form. evidence: gateway-type-refused */
function refuseApi(ctx: SandboxContext, { service: { full_name }, config, usage }: ServiceCall): Answer | undefined {
  const types = apiTypes(ctx.workspace, config.destinations);
  if (types.length === 0 || types.includes(usage.api_type ?? '')) return undefined;
  // A platform service goes by the name of its endpoint.
  const name = full_name.replace(/^system\.ai\./, 'databricks-');
  const message = `API type '${usage.api_type}' is not supported by '${name}'. Supported API types: [${types.join(', ')}].`;
  return failure(400, 'BAD_REQUEST', message);
}

/** The answer to a call that no destination may see: over the size, in a wrong form, over a limit, or of another content type. */
function refusedEarly(ctx: SandboxContext, c: Call, call: ServiceCall): Answer | undefined {
  const tooLarge = refuseSize(call.text, LANGUAGE_BODY_LIMIT);
  if (tooLarge !== undefined) return tooLarge;
  const wrongForm = refuseApi(ctx, call);
  if (wrongForm !== undefined) {
    recordRefusal(ctx, call, wrongForm.status, {});
    return wrongForm;
  }
  const limited = overServiceLimit(ctx, call.target, call.config.rate_limits, call.principal, [...inFlightOf(ctx)]);
  if (limited !== undefined) {
    recordRefusal(ctx, call, limited.status, { refused: true });
    return limited;
  }
  const wrongType = refuseType(c.req.header('content-type'), false);
  if (wrongType !== undefined) recordRefusal(ctx, call, wrongType.status, {});
  return wrongType;
}

/** A call whose answer a policy reads. The block replaces the answer. evidence: gateway-policy-output */
async function guarded(
  call: ServiceCall,
  attempt: (call: ServiceCall) => Promise<{ done: Attempt; record: RoutedRequest; pause: () => Promise<void> }>,
) {
  let block: PolicyBlock | undefined;
  const made = await attempt({
    ...call,
    guard: (side, text) => {
      const policy = side === 'output' ? refusing(call.config.service_policies, 'output', text) : undefined;
      if (policy && !block) block = blockAfter(policy, requestText(call.body), text);
      return { text };
    },
  });
  if (block === undefined) return made;
  const { prompt_tokens, completion_tokens } = block;
  Object.assign(made.record, { tokens_in: prompt_tokens, tokens_out: completion_tokens });
  return { ...made, done: outcomeAttempt(policyBlockOutcome(block, call.route, call.body)) };
}

/** One attempt at one destination. */
async function tryOne(ctx: SandboxContext, c: Call, call: ServiceCall, at: Usable, again: boolean) {
  const pause = () => Promise.resolve();
  const refused = (done: Attempt) => ({
    done,
    record: newRecord(ctx, call, at.entity, done.status, REFUSAL_MS, 0),
    pause,
  });
  const lacks = ownerRefusal(ctx.workspace, call.service, at);
  if (lacks) return refused(lacks);
  if (at.backing.kind !== 'foundation')
    return guarded(call, (one) => attemptAt(ctx, c, one, at.entity, again, at.container));
  const { name } = at.backing.endpoint;
  const overQuota = foundationQuota(ctx.workspace, name, [], ctx.clock.now());
  if (overQuota) return refused(wholeAttempt(overQuota));
  const made = await guarded(call, (one) => attemptAt(ctx, c, one, at.entity, again, at.container));
  made.record.foundation = name;
  return made;
}

/**
 * Tries the destinations in order. The next one follows a 429 or 5xx, and the last answer counts. Calls `counted` once there is a record.
 * evidence: gateway-fallback
 */
async function answerFrom(ctx: SandboxContext, c: Call, call: ServiceCall, counted: () => void): Promise<Response> {
  const { workspace, random } = ctx;
  const order = destinationsToTry(workspace, call.config, call.target.config, call.route, random);
  for (const [at, one] of order.entries()) {
    const { done, record, pause } = await tryOne(ctx, c, call, one, at > 0);
    counted();
    if (isFailed(done) && at + 1 < order.length) {
      record.retried = true;
      continue;
    }
    return sendAnswer(c, one.entity, done, record, pause);
  }
  const none = nothingLeft(call.service);
  const record = newRecord(ctx, call, NOWHERE, none.status, REFUSAL_MS, 0);
  return sendAnswer(c, NOWHERE, none, record, () => Promise.resolve());
}

/**
 * Calls a model service: the caller's right, limits, policies, and then its destinations. Records each attempt, and keeps the bodies for the
 * inference table. Throws `ApiError` for an unknown service and a missing right.
 */
export async function callService(
  ctx: SandboxContext,
  c: Call,
  arrival: ServiceArrival,
  options: DataPlaneOptions,
): Promise<Response> {
  const call = newCall(ctx, c, arrival, callable(ctx.workspace, c.get('principal'), arrival.service), options);
  const sent = await c.req.text();
  const keep = (response: Response): Response => {
    if (tableOf(call.config.inference_table) !== null) keepPayload(ctx, call.request_id, sent, response);
    return response;
  };
  const early = refusedEarly(ctx, c, call);
  if (early !== undefined) return keep(refusal(early));
  const policy = refusing(call.config.service_policies, 'input', requestText(call.body));
  if (policy !== undefined) {
    // The inference table has no row of it, because no model ran. evidence: gateway-policy-unlogged
    const done = outcomeAttempt(policyBlockOutcome(blockBefore(policy), call.route, call.body));
    const record = newRecord(ctx, call, NOWHERE, done.status, REFUSAL_MS, 0);
    record.blocked = true;
    return withoutEntity(sendAnswer(c, NOWHERE, done, record, () => Promise.resolve()));
  }
  const mine = onTheWay(call.target.name, call.principal.name, ctx.clock.now());
  const flying = inFlightOf(ctx).add(mine);
  try {
    return keep(withoutEntity(await answerFrom(ctx, c, call, () => flying.delete(mine))));
  } finally {
    flying.delete(mine);
  }
}

/** The gateway names the model in the body only. assumed: gateway-no-entity-header */
function withoutEntity(response: Response): Response {
  response.headers.delete('served-model-name');
  return response;
}

import type { DataPlaneOptions, SandboxContext } from '../context.ts';
import { ApiError, queryEndpointMissing } from '../errors.ts';
import type { Call } from '../http.ts';
import type { Answer } from '../models/answer.ts';
import type { QueryRoute } from '../models/answer-query.ts';
import type { Endpoint, EndpointConfig, ServedEntity } from '../state/state.ts';
import { limitsUsed } from '../traffic/requests.ts';
import { isTabular, servedSpec } from '../traffic/served-model.ts';
import { type AttemptQuery, attemptAt, isFailed } from './attempt.ts';
import {
  activeConfig,
  CUSTOM_BODY_LIMIT,
  LANGUAGE_BODY_LIMIT,
  queriedEndpoint,
  refuseSize,
  refuseType,
  requireQuery,
  usageFields,
} from './check-query.ts';
import { guard } from './guardrails.ts';
import { type InFlight, inFlightOf, onTheWay } from './in-flight.ts';
import { checkLimits, foundationQuota } from './limits.ts';
import { keepPayload } from './payload-log.ts';
import { newRecord } from './record.ts';
import { requestTags, TAGS_HEADER } from './request-tags.ts';
import { attempts } from './routing.ts';
import { refusal, sendAnswer } from './send-answer.ts';

/** How a query arrived. */
export interface Arrival {
  endpoint: string;
  route: QueryRoute;
  /** Set on the route of one served entity, which ignores the traffic split. */
  entity?: string;
  /** On an AI Gateway path, which has other error bodies and ignores base64. */
  gateway: boolean;
  /** At the dedicated URL of a route-optimized endpoint. */
  dedicated: boolean;
}

/** Time in the gateway of a request that it refuses, in sandbox milliseconds. */
const REFUSAL_MS = 1;

type Query = Arrival & AttemptQuery;

/** The refusal by the endpoint's rate limits or by the foundation-model quota. */
function overLimit(ctx: SandboxContext, query: Query, inFlight: readonly InFlight[]): Answer | undefined {
  const { workspace, clock } = ctx;
  const { target, principal } = query;
  const now = clock.now();
  const limits = [...(target.ai_gateway?.rate_limits ?? []), ...target.rate_limits];
  const flying = inFlight.filter(({ endpoint }) => endpoint === target.name);
  if (limits.length > 0) {
    const window = limitsUsed(workspace, target, now);
    for (const one of flying) window.add(one);
    const limited = checkLimits({
      endpoint: target.name,
      limits,
      window,
      caller: { name: principal.name, kind: principal.kind, groups: principal.groups },
      now,
      realSeconds: (ms) => ms / clock.speed / 1000,
      form: query.gateway ? 'openai' : 'databricks',
    });
    if (limited !== undefined) return limited;
  }
  if (target.foundation === null) return undefined;
  return foundationQuota(workspace, target.name, flying, now);
}

/**
 * Tries the entities in turn. A fallback continues after 429 and 5xx, and the last answer counts. Calls `counted` once there is a record.
 */
async function tryEntities(
  ctx: SandboxContext,
  c: Call,
  query: Query,
  entities: readonly ServedEntity[],
  counted: () => void,
): Promise<Response> {
  for (const [at, entity] of entities.entries()) {
    const { done, record, pause } = await attemptAt(ctx, c, query, entity, at > 0);
    counted();
    if (isFailed(done) && at + 1 < entities.length) {
      record.retried = true;
      continue;
    }
    return sendAnswer(c, entity, done, record, pause);
  }
  throw queryEndpointMissing();
}

/** The entity of its own route, or the choice of the traffic split. With fallback on, the other entities follow. */
function candidates(ctx: SandboxContext, arrival: Arrival, target: Endpoint, config: EndpointConfig): ServedEntity[] {
  if (arrival.entity !== undefined) {
    const named = config.served_entities.find((entity) => entity.config.name === arrival.entity);
    if (named === undefined) throw queryEndpointMissing();
    return [named];
  }
  const all = attempts(config, ctx.random);
  return target.ai_gateway?.fallback_config?.enabled === true ? all : all.slice(0, 1);
}

/** Largest body of an endpoint. Language models take less than custom ones. */
function bodyLimit(ctx: SandboxContext, target: Endpoint, entity: ServedEntity): number {
  return isTabular(servedSpec(ctx.workspace, target, entity)) ? CUSTOM_BODY_LIMIT : LANGUAGE_BODY_LIMIT;
}

/** On the paths of the gateway, the tags of the header count, and the context of the body does not. evidence: gateway-request-tags */
function gatewayTags(c: Call): { request_tags: Record<string, string> } {
  return { request_tags: {}, ...requestTags(c.req.header(TAGS_HEADER)) };
}

async function answerFor(ctx: SandboxContext, c: Call, arrival: Arrival, options: DataPlaneOptions): Promise<Response> {
  const target = queriedEndpoint(ctx.workspace, arrival.endpoint);
  const principal = c.get('principal');
  requireQuery(principal, target);
  if (target.route_id !== null && !arrival.dedicated) {
    // assumed: data.route-optimized-only
    throw new ApiError(
      400,
      'BAD_REQUEST',
      `Endpoint ${target.name} is route optimized. Query it at its endpoint_url.`,
      { detailed: false },
    );
  }
  const config = activeConfig(target);
  const entities = candidates(ctx, arrival, target, config);
  const [first] = entities;
  if (first === undefined) throw queryEndpointMissing();
  const text = await c.req.text();
  const tooLarge = refuseSize(text, bodyLimit(ctx, target, first));
  if (tooLarge !== undefined) return refusal(tooLarge);
  const query: Query = {
    ...arrival,
    target,
    principal,
    text,
    options,
    usage: { ...usageFields(c.get('record').body), ...(arrival.gateway ? gatewayTags(c) : {}) },
    request_id: c.get('request_id'),
    guard: (side, each) => guard(target.ai_gateway?.guardrails?.[side], side, each),
  };
  const inFlight = inFlightOf(ctx);
  const limited = overLimit(ctx, query, [...inFlight]);
  if (limited !== undefined) {
    newRecord(ctx, query, first, limited.status, REFUSAL_MS, 0).refused = true;
    return refusal(limited);
  }
  const rows = isTabular(servedSpec(ctx.workspace, target, first));
  const wrongType = refuseType(c.req.header('content-type'), rows);
  if (wrongType !== undefined) {
    newRecord(ctx, query, first, wrongType.status, 0, 0);
    return refusal(wrongType);
  }
  const mine = onTheWay(target.name, principal.name, ctx.clock.now());
  inFlight.add(mine);
  try {
    return await tryEntities(ctx, c, query, entities, () => inFlight.delete(mine));
  } finally {
    inFlight.delete(mine);
  }
}

/**
 * Runs a query: endpoint, permission, size, rate limits, content type, then the entity that the traffic split chooses. Records each request
 * that reaches an entity. Throws `ApiError` for an unknown endpoint and a missing grant.
 */
export async function runQuery(
  ctx: SandboxContext,
  c: Call,
  arrival: Arrival,
  options: DataPlaneOptions,
): Promise<Response> {
  const target = ctx.workspace.endpoints.get(arrival.endpoint);
  const response = await answerFor(ctx, c, arrival, options);
  const { payload_table = null } = target?.periods.at(-1) ?? {};
  if (payload_table !== null) keepPayload(ctx, c.get('request_id'), await c.req.text(), response);
  return response;
}

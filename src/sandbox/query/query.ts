import type { DataPlaneOptions, SandboxContext } from '../context.ts';
import { touch, wake, warmth } from '../endpoints/lifecycle.ts';
import { ApiError, queryEndpointMissing } from '../errors.ts';
import type { Call } from '../http.ts';
import { hex } from '../ids.ts';
import { isObject } from '../json.ts';
import { type Answer, failure } from '../models/answer.ts';
import { answerQuery, type QueryRoute } from '../models/answer-query.ts';
import { csvBody } from '../models/csv.ts';
import { predictRaised } from '../models/inference.ts';
import type { Mishap } from '../state/mishap.ts';
import type { Endpoint, EndpointConfig, Principal, RoutedRequest, ServedEntity } from '../state/state.ts';
import type { CountedRequest } from '../traffic/limit-window.ts';
import { drawsOf, mishapOf } from '../traffic/mishaps.ts';
import { limitsUsed, RAISED } from '../traffic/requests.ts';
import { saturationOf } from '../traffic/saturation.ts';
import {
  isFoundation,
  isTabular,
  modelTime,
  type Performance,
  performanceOf,
  servedSpec,
} from '../traffic/served-model.ts';
import {
  activeConfig,
  CUSTOM_BODY_LIMIT,
  isCsv,
  LANGUAGE_BODY_LIMIT,
  parseBody,
  queriedEndpoint,
  refuseSize,
  refuseType,
  requireQuery,
  usageFields,
} from './check-query.ts';
import { faultyAnswer, serverError } from './faulty-answer.ts';
import { forwardQuery } from './forward-query.ts';
import { guard } from './guardrails.ts';
import { checkFoundationQuota, checkLimits } from './limits.ts';
import { keepPayload } from './payload-log.ts';
import { attempts } from './routing.ts';
import { type Attempt, isStream, outcomeAttempt, refusal, sendAnswer, wholeAttempt } from './send-answer.ts';

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

/** Longest real wait that one request simulates, in milliseconds, however slow the sandbox clock is. */
const LONGEST_WAIT = 300;
/** The same for a wake that is slow on purpose. */
const LONGEST_SLOW_WAKE = 10 * 60_000;
/** Number of requests to keep. Metrics and limits need the last minutes, logs a few hundred lines. */
const KEPT_REQUESTS = 20_000;
/** Real milliseconds between two frames of a stream. On a manual clock there are none. */
const FRAME_MS = 15;
/** Time in the gateway of a request that it refuses, in sandbox milliseconds. */
const REFUSAL_MS = 1;

interface Query extends Arrival {
  target: Endpoint;
  principal: Principal;
  text: string;
  options: DataPlaneOptions;
  usage: ReturnType<typeof usageFields>;
  request_id: string;
}

/** A request that passed the limits and has no record yet. It must count, or parallel requests would all pass. */
type InFlight = CountedRequest & { endpoint: string };

const IN_FLIGHT = new WeakMap<SandboxContext, Set<InFlight>>();

function inFlightOf(ctx: SandboxContext): Set<InFlight> {
  const known = IN_FLIGHT.get(ctx) ?? new Set<InFlight>();
  IN_FLIGHT.set(ctx, known);
  return known;
}

/** Sandbox milliseconds of waiting that a cap in real milliseconds allows. */
function capWait(ctx: SandboxContext, ms: number, cap: number): number {
  return Math.min(ms, cap * ctx.clock.speed);
}

/** Wakes a sleeping entity and waits for it. Returns the sandbox milliseconds that the request waited. */
async function waitForEntity(
  ctx: SandboxContext,
  endpoint: Endpoint,
  entity: ServedEntity,
  { wake_ms, slow_wake }: Performance,
): Promise<number> {
  const now = ctx.clock.now();
  const state = warmth(endpoint, entity, now);
  if (state === 'warm') return Math.round(ctx.random() * 300) / 100;
  if (state === 'cold') wake(entity, now, wake_ms);
  const left = Math.max(0, (entity.waking_until ?? now) - now);
  await ctx.clock.sleep(capWait(ctx, left, slow_wake ? LONGEST_SLOW_WAKE : LONGEST_WAIT));
  return left;
}

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
  const mine = [...workspace.routed.filter(({ endpoint }) => endpoint === target.name), ...flying];
  return checkFoundationQuota(target.name, mine, workspace.limits.fm_input_tokens_per_minute, now);
}

/** The 429 of an entity whose places are all taken. evidence: data.concurrency-limit-text */
function allPlacesTaken(): Attempt {
  const message =
    'Too many concurrent requests. Consider increasing the provisioned concurrency of the served entity and retry.';
  return { ...wholeAttempt(failure(429, 'REQUEST_LIMIT_EXCEEDED', message)), refused: true };
}

/** The failure of a request by the error rates of its entity, or undefined. assumed: data.error-rate */
function chanceFailure(ctx: SandboxContext, performance: Performance, tabular: boolean): Attempt | undefined {
  const { error_rate, error_5xx_rate } = performance;
  if (error_5xx_rate > 0 && ctx.random() < error_5xx_rate) return wholeAttempt(serverError());
  if (error_rate > 0 && ctx.random() < error_rate) return wholeAttempt(tabular ? predictRaised(RAISED) : serverError());
  return undefined;
}

async function attempt(
  ctx: SandboxContext,
  c: Call,
  query: Query,
  entity: ServedEntity,
  performance: Performance,
  mishap: Mishap | undefined,
): Promise<Attempt> {
  const { target, options } = query;
  if (entity.deployment !== 'DEPLOYMENT_READY') {
    // assumed: data.not-ready
    return wholeAttempt(failure(503, 'TEMPORARILY_UNAVAILABLE', `Served entity ${entity.config.name} is not ready.`));
  }
  const full = saturationOf(target, entity, performance);
  if (full.refused > 0 && ctx.random() < full.refused) return allPlacesTaken();
  const strict = isFoundation(target, entity);
  const spec = servedSpec(ctx.workspace, target, entity);
  const csv = isTabular(spec) && isCsv(c.req.header('content-type'));
  const parsed = csv
    ? csvBody(query.text, 'inputs' in spec ? spec.inputs : [])
    : parseBody(query.text, strict, isTabular(spec));
  if ('refused' in parsed) return wholeAttempt(parsed.refused);
  if (mishap?.answer) return wholeAttempt(mishap.answer);
  const failed = chanceFailure(ctx, performance, isTabular(spec));
  if (failed !== undefined) return failed;
  const fault = c.get('answer_fault');
  const stamp = { id: hex(ctx.random, 32), created: ctx.clock.now() / 1000 };
  const replaced = fault && faultyAnswer(fault, { spec, entity, body: parsed.body, route: query.route, stamp });
  if (replaced !== undefined) return outcomeAttempt(replaced);
  const rules = target.ai_gateway?.guardrails;
  const forwarded = await forwardQuery(entity, parsed.body, rules, options.forward_to ?? [], c.req.raw.signal);
  if (forwarded !== undefined) return { status: forwarded.status, forwarded, tokens: forwarded };
  const outcome = answerQuery(spec, parsed.body, {
    route: query.route,
    model:
      target.foundation?.entity_name ?? entity.config.external_model?.name ?? entity.config.entity_name ?? target.name,
    strict,
    // assumed: data.base64-gateway
    honourBase64: !query.gateway && (options.honour_base64 ?? true),
    stamp,
    guard: (side, text) => guard(rules?.[side], side, text),
  });
  return outcomeAttempt(outcome);
}

function newRecord(
  ctx: SandboxContext,
  query: Query,
  entity: ServedEntity,
  status: number,
  latency_ms: number,
  queue_ms: number,
): RoutedRequest {
  const record: RoutedRequest = {
    endpoint: query.target.name,
    entity: entity.config.name,
    at: ctx.clock.now(),
    status,
    latency_ms,
    queue_ms,
    principal: query.principal.name,
    tokens_in: 0,
    tokens_out: 0,
    bytes: 0,
    streaming: false,
    request_id: query.request_id,
    config_version: query.target.config?.config_version ?? 0,
    ...query.usage,
  };
  const { routed } = ctx.workspace;
  routed.push(record);
  if (routed.length > KEPT_REQUESTS) routed.splice(0, routed.length - KEPT_REQUESTS / 2);
  return record;
}

/** The exception of an attempt, which its service log shows. */
function raisedBy(done: Attempt): { raised?: string } {
  if (done.status < 400 || 'forwarded' in done || done.outcome.kind === 'stream') return {};
  const { body } = done.outcome.answer;
  const trace = isObject(body) && typeof body.stack_trace === 'string' ? body.stack_trace : '';
  const [last] = trace.trimEnd().split('\n').slice(-1);
  if (last !== undefined && last !== '') return { raised: last };
  return done.status === 500 ? { raised: RAISED } : {};
}

/** Waits for the model time of one request, up to the cap. */
async function takeTime(ctx: SandboxContext, performance: Performance, set?: number | null): Promise<number> {
  const model = set ?? modelTime(performance, ctx.random(), ctx.random());
  const wait = capWait(ctx, model, LONGEST_WAIT);
  if (wait / ctx.clock.speed >= 1) await ctx.clock.sleep(wait);
  return model;
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
    const performance = performanceOf(ctx.workspace, query.target, entity, ctx.clock.now());
    const queue_ms = await waitForEntity(ctx, query.target, entity, performance);
    const began = ctx.clock.wall();
    const mishap = mishapOf(query.target, entity, ctx.clock.now(), drawsOf(query.request_id), false);
    const done = await attempt(ctx, c, query, entity, performance, mishap);
    // A provider takes real time of its own.
    const model_ms =
      'forwarded' in done ? ctx.clock.wall() - began : await takeTime(ctx, performance, mishap?.latency_ms);
    const record = newRecord(ctx, query, entity, done.status, Math.round((queue_ms + model_ms) * 100) / 100, queue_ms);
    Object.assign(record, {
      tokens_in: done.tokens.tokens_in,
      tokens_out: done.tokens.tokens_out,
      streaming: isStream(done),
      ...(at > 0 ? { fallback: true } : {}),
      ...(mishap && mishap.log_lines.length > 0 ? { logged: mishap.log_lines } : raisedBy(done)),
      ...(mishap?.answer && done.status === mishap.answer.status ? { answered: mishap.answer.body } : {}),
      ...(done.refused || (mishap?.answer && mishap.gateway) ? { refused: true } : {}),
    });
    counted();
    touch(entity, ctx.clock.now());
    const failed = done.status === 429 || done.status >= 500;
    if (failed && at + 1 < entities.length) continue;
    // Streams take real time, so that a client sees the first token before the last. assumed: data.stream-pace
    const frame = (performance.frame_ms ?? FRAME_MS) * ctx.clock.speed;
    return sendAnswer(c, entity, done, record, () => ctx.clock.sleep(frame));
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
    usage: usageFields(c.get('record').body),
    request_id: c.get('request_id'),
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
  const mine: InFlight = {
    endpoint: target.name,
    at: ctx.clock.now(),
    principal: principal.name,
    status: 0,
    tokens_in: 0,
    tokens_out: 0,
  };
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

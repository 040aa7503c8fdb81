import type { DataPlaneOptions, SandboxContext } from '../context.ts';
import { touch } from '../endpoints/lifecycle.ts';
import type { Call } from '../http.ts';
import { hex } from '../ids.ts';
import { failure } from '../models/answer.ts';
import { answerQuery, type QueryContext, type QueryRoute } from '../models/answer-query.ts';
import { csvBody } from '../models/csv.ts';
import { predictRaised } from '../models/inference.ts';
import type { Mishap } from '../state/mishap.ts';
import type { Endpoint, RoutedRequest, ServedEntity } from '../state/state.ts';
import { drawsOf, mishapOf } from '../traffic/mishaps.ts';
import { RAISED } from '../traffic/requests.ts';
import { saturationOf } from '../traffic/saturation.ts';
import { isFoundation, isTabular, type Performance, performanceOf, servedSpec } from '../traffic/served-model.ts';
import { isCsv, parseBody } from './check-query.ts';
import { faultyAnswer, serverError } from './faulty-answer.ts';
import { forwardQuery } from './forward-query.ts';
import { newRecord, type RecordedQuery, raisedBy } from './record.ts';
import { type Attempt, isStream, outcomeAttempt, wholeAttempt } from './send-answer.ts';
import { framePause, takeTime, waitForEntity } from './waiting.ts';

/** A query on its way to an entity. */
export interface AttemptQuery extends RecordedQuery {
  route: QueryRoute;
  /** On an AI Gateway path, which ignores base64. */
  gateway: boolean;
  text: string;
  options: DataPlaneOptions;
  /** Guards each text of the request and the answer. */
  guard: QueryContext['guard'];
}

/** What came of one attempt. `pause` is between the frames of its stream. */
export interface Attempted {
  done: Attempt;
  record: RoutedRequest;
  pause: () => Promise<void>;
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

async function answerOf(
  ctx: SandboxContext,
  c: Call,
  query: AttemptQuery,
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
  const forwarded = await forwardQuery(entity, parsed.body, query.guard, options.forward_to ?? [], c.req.raw.signal);
  if (forwarded !== undefined) return { status: forwarded.status, forwarded, tokens: forwarded };
  const outcome = answerQuery(spec, parsed.body, {
    route: query.route,
    model:
      target.foundation?.entity_name ?? entity.config.external_model?.name ?? entity.config.entity_name ?? target.name,
    strict,
    // assumed: data.base64-gateway
    honourBase64: !query.gateway && (options.honour_base64 ?? true),
    stamp,
    guard: query.guard,
  });
  return outcomeAttempt(outcome);
}

/** Whether a fallback continues after an answer: the entity failed, and the request did not. evidence: data.fallback */
export function isFailed({ status }: Attempt): boolean {
  return status === 429 || status >= 500;
}

/**
 * Sends a query to an entity: waits until it is awake, lets the model take its time, and records the request.
 * @param again the query was at another entity before
 * @param container where the entity really runs, if it is a copy
 */
export async function attemptAt(
  ctx: SandboxContext,
  c: Call,
  query: AttemptQuery,
  entity: ServedEntity,
  again: boolean,
  container: { endpoint: Endpoint; entity: ServedEntity } = { endpoint: query.target, entity },
): Promise<Attempted> {
  const performance = performanceOf(ctx.workspace, query.target, entity, ctx.clock.now());
  const queue_ms = await waitForEntity(ctx, container.endpoint, container.entity, performance);
  const began = ctx.clock.wall();
  const mishap = mishapOf(query.target, entity, ctx.clock.now(), drawsOf(query.request_id), false);
  const done = await answerOf(ctx, c, query, entity, performance, mishap);
  // A provider takes real time of its own.
  const model_ms =
    'forwarded' in done ? ctx.clock.wall() - began : await takeTime(ctx, performance, mishap?.latency_ms);
  const record = newRecord(ctx, query, entity, done.status, Math.round((queue_ms + model_ms) * 100) / 100, queue_ms);
  Object.assign(record, {
    tokens_in: done.tokens.tokens_in,
    tokens_out: done.tokens.tokens_out,
    streaming: isStream(done),
    ...(again ? { fallback: true } : {}),
    ...(mishap && mishap.log_lines.length > 0 ? { logged: mishap.log_lines } : raisedBy(done)),
    ...(mishap?.answer && done.status === mishap.answer.status ? { answered: mishap.answer.body } : {}),
    ...(done.refused || (mishap?.answer && mishap.gateway) ? { refused: true } : {}),
  });
  touch(container.entity, ctx.clock.now());
  return { done, record, pause: framePause(ctx, performance) };
}

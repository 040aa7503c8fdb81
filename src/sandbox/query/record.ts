import type { SandboxContext } from '../context.ts';
import { isObject } from '../json.ts';
import type { Endpoint, Principal, RoutedRequest, ServedEntity } from '../state/state.ts';
import { RAISED } from '../traffic/requests.ts';
import type { Attempt } from './send-answer.ts';

/** Number of requests to keep. Metrics and limits need the last minutes, logs a few hundred lines. */
const KEPT_REQUESTS = 20_000;

/** Who asked an endpoint for what. */
export interface RecordedQuery {
  target: Endpoint;
  principal: Principal;
  request_id: string;
  /** More of the record, as the caller sent it. */
  usage: Partial<RoutedRequest>;
}

/** Records a request to an entity. Everything that reads requests sees it from now on. */
export function newRecord(
  ctx: SandboxContext,
  query: RecordedQuery,
  entity: { config: Pick<ServedEntity['config'], 'name'> },
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
export function raisedBy(done: Attempt): { raised?: string } {
  if (done.status < 400 || 'forwarded' in done || done.outcome.kind === 'stream') return {};
  const { body } = done.outcome.answer;
  const trace = isObject(body) && typeof body.stack_trace === 'string' ? body.stack_trace : '';
  const [last] = trace.trimEnd().split('\n').slice(-1);
  if (last !== undefined && last !== '') return { raised: last };
  return done.status === 500 ? { raised: RAISED } : {};
}

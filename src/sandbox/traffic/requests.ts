import { MINUTE } from '../clock.ts';
import { FEWEST_TO_KEEP_AWAKE } from '../endpoints/lifecycle.ts';
import type { Endpoint, RoutedRequest, RoutingPeriod, ServedEntity, Workspace } from '../state/state.ts';
import { type Arrival, arrivals, DRAW } from './arrivals.ts';
import { type Caller, type CountedRequest, type LimitWindow, limitWindow, scopesOf } from './limit-window.ts';
import { mishapOf } from './mishaps.ts';
import { type Saturation, saturations } from './saturation.ts';
import { isTabular, modelTime, nextChange, type Performance, performanceOf, servedSpec } from './served-model.ts';

/**
 * At each full step of ten minutes, in milliseconds, seeded requests stop counting against limits. A replay can begin there, and the same
 * request has the same outcome whichever span is read. assumed: data.limit-replay
 */
const REPLAY_STEP = 10 * 60_000;
/** The exception of a request that fails on purpose. */
export const RAISED = 'RuntimeError: the model failed on this request';
/** Time in the gateway of a request that it refuses. */
const REFUSAL_MS = 1;

/** Whether a limit can refuse seeded requests in a span. Without it, no earlier request matters. */
function isLimited(periods: readonly RoutingPeriod[]): boolean {
  return periods.some(({ limits, traffic }) => limits.length > 0 && traffic !== null);
}

interface Slice extends RoutingPeriod {
  endpoint: string;
  from: number;
  to: number;
}

/** The parts of the span from `from` to before `to` with one routing each. */
function slices({ name, periods }: Endpoint, from: number, to: number): Slice[] {
  return periods.flatMap((period, at) => {
    const begin = Math.max(from, period.since);
    const end = Math.min(to, periods[at + 1]?.since ?? to);
    return begin < end ? [{ ...period, endpoint: name, from: begin, to: end }] : [];
  });
}

/** Name, kind and groups of a principal. An unknown one counts as a user without groups. */
function callerOf(workspace: Workspace, name: string): Caller {
  const { kind = 'user', groups = [] } = workspace.principals.get(name) ?? {};
  return { name, kind, groups };
}

/** The entity that a point in [0, 1) of the traffic split selects, and the others in the order of the routes. */
function split({ config, fallbacks }: Slice): (point: number) => ServedEntity[] {
  const routed = (config?.routes ?? []).flatMap(({ served_entity_name, traffic_percentage }) => {
    const entity = config?.served_entities.find((one) => one.config.name === served_entity_name);
    return entity === undefined ? [] : [{ entity, weight: traffic_percentage }];
  });
  const total = routed.reduce((sum, { weight }) => sum + weight, 0);
  const orders = routed.map(({ entity }) => [
    entity,
    ...(fallbacks ?? routed.map((one) => one.entity).filter((one) => one !== entity)),
  ]);
  return (point) => {
    let left = point * total;
    for (const [at, { weight }] of routed.entries()) {
      left -= weight;
      if (left < 0) return orders[at] ?? [];
    }
    return [];
  };
}

/** An entity as seeded requests meet it at a moment. */
interface Served {
  performance: Performance;
  tabular: boolean;
  /** It may differ from this moment on. */
  until: number;
}

/** How entities perform. Each is computed again only when that may have changed. Ask in order of time. */
function served(workspace: Workspace, endpoint: Endpoint): (entity: ServedEntity, at: number) => Served {
  const known = new Map<ServedEntity, Served>();
  return (entity, at) => {
    const held = known.get(entity);
    if (held !== undefined && at < held.until) return held;
    const now = {
      performance: performanceOf(workspace, endpoint, entity, at),
      tabular: isTabular(servedSpec(workspace, endpoint, entity)),
      until: nextChange(workspace, entity, at),
    };
    known.set(entity, now);
    return now;
  };
}

/** Whether requests come so seldom that an entity which may sleep is asleep at each of them. assumed: data.sparse-traffic */
function isSparse({ traffic }: Slice): boolean {
  return traffic !== null && traffic.requests_per_minute < FEWEST_TO_KEEP_AWAKE;
}

/** The outcome of one seeded request at one entity. `again` is the number of entities that it tried before. */
function outcome(
  endpoint: Endpoint,
  slice: Slice,
  full: Saturation,
  arrival: Arrival,
  entity: ServedEntity,
  { performance, tabular }: Served,
  again: number,
): RoutedRequest {
  // Another attempt of the same request needs numbers of its own.
  const draw = (what: number): number => arrival.draw(what + 100 * again);
  if (full.refused > 0 && draw(DRAW.place) < full.refused) return refused(slice, arrival, entity, 429);
  const mishap = mishapOf(endpoint, entity, arrival.at, (what) => draw(DRAW.mishap + what), true);
  const fails5xx = 1 - (1 - performance.error_5xx_rate) * (1 - (slice.traffic?.error_rate ?? 0));
  let status = 200;
  if (draw(DRAW.server_error) < fails5xx) status = 500;
  // assumed: data.error-rate
  else if (draw(DRAW.error) < performance.error_rate) status = tabular ? 400 : 500;
  const caller = slice.traffic?.callers.find(({ principal }) => principal === arrival.caller);
  const byCaller = status === 200 && draw(DRAW.caller_error) < (caller?.error_rate ?? 0);
  if (byCaller) status = caller?.error_status ?? 400;
  const chanceOnly = status;
  if (mishap?.answer) status = mishap.answer.status;
  const cold = isSparse(slice) && entity.config.scale_to_zero_enabled === true ? performance.wake_ms : 0;
  const queue_ms = Math.round(draw(DRAW.queue) * 300 + draw(DRAW.queue) * 200 * full.queue_ms + cold * 100) / 100;
  const model = modelTime(performance, draw(DRAW.latency), draw(DRAW.tail));
  const latency = (mishap?.latency_ms ?? model) + queue_ms;
  const request: RoutedRequest = {
    endpoint: slice.endpoint,
    entity: entity.config.name,
    at: arrival.at,
    status,
    latency_ms: Math.round(latency * 100) / 100,
    queue_ms,
    principal: arrival.caller,
    tokens_in: tabular ? 0 : (slice.traffic?.input_tokens ?? 0),
    tokens_out: tabular || status !== 200 ? 0 : (slice.traffic?.output_tokens ?? 0),
    bytes: 40 + Math.floor(draw(DRAW.bytes) * 60),
    streaming: false,
    config_version: slice.config?.config_version ?? 0,
  };
  if (again > 0) request.fallback = true;
  if (mishap !== undefined && mishap.log_lines.length > 0) request.logged = mishap.log_lines;
  if (mishap?.answer) request.answered = mishap.answer.body;
  if (mishap?.answer && mishap.gateway) request.refused = true;
  if (chanceOnly !== 200 && !byCaller && !mishap?.answer) request.raised = RAISED;
  return request;
}

/** A request that a limit refused. It counts for the entity to which it would have gone. assumed: data.limit-metrics */
function refused(
  { endpoint, config }: Slice,
  arrival: Arrival,
  entity: ServedEntity,
  status: 403 | 429,
): RoutedRequest {
  return {
    endpoint,
    entity: entity.config.name,
    at: arrival.at,
    status,
    latency_ms: REFUSAL_MS,
    queue_ms: 0,
    principal: arrival.caller,
    tokens_in: 0,
    tokens_out: 0,
    bytes: 0,
    streaming: false,
    config_version: config?.config_version ?? 0,
    refused: true,
  };
}

/** What a seeded request uses of the limits. Its tokens count whatever its outcome, so that no outcome is needed here. */
function counted({ traffic }: Slice, { at, caller }: Arrival, tabular: boolean): CountedRequest {
  const tokens = tabular || traffic === null ? 0 : traffic.input_tokens + traffic.output_tokens;
  return { at, principal: caller, status: 200, tokens_in: tokens, tokens_out: 0 };
}

/** The requests that reached an endpoint in a span and what they used of its limits at the end. */
interface Replay {
  requests: RoutedRequest[];
  window: LimitWindow;
}

/** Replays the span from `from` to before `to`: the seeded requests, and those that clients of the sandbox really made. */
function replay(workspace: Workspace, endpoint: Endpoint, from: number, to: number, forLimits: boolean): Replay {
  const limited = forLimits || isLimited(slices(endpoint, from, to));
  const begin = limited ? stepOf(from) : from;
  const made = workspace.routed.filter(
    ({ endpoint: name, at }) =>
      name === endpoint.name && at >= Math.max(begin - MINUTE, endpoint.created_at) && at < to,
  );
  const requests: RoutedRequest[] = [];
  let step = Number.NaN;
  let window = limitWindow(() => []);
  /** Begins a new step when its time has come. What clients really made still counts. */
  const enter = (at: number): void => {
    if (!limited || stepOf(at) === step) return;
    step = stepOf(at);
    window = limitWindow((name) => workspace.principals.get(name)?.groups ?? []);
    for (const request of made) if (request.at < step && request.at >= step - MINUTE) window.add(request);
  };
  let next = made.findIndex(({ at }) => at >= begin);
  const takeMade = (until: number): void => {
    for (let request = made[next]; request !== undefined && request.at <= until; request = made[next]) {
      enter(request.at);
      if (limited) window.add(request);
      if (request.at >= from) requests.push(request);
      next += 1;
    }
  };
  const performing = served(workspace, endpoint);
  for (const slice of slices(endpoint, begin, to)) {
    if (slice.traffic === null || slice.config === null) continue;
    const choose = split(slice);
    const fullness = saturations(slice);
    const scopes = new Map<string, ReturnType<typeof scopesOf>>();
    for (const arrival of arrivals(endpoint.name, slice.traffic, slice.from, slice.to)) {
      takeMade(arrival.at);
      const entities = choose(arrival.draw(DRAW.entity));
      const [first] = entities;
      if (first === undefined) continue;
      if (limited) {
        enter(arrival.at);
        const mine = scopes.get(arrival.caller) ?? scopesOf(slice.limits, callerOf(workspace, arrival.caller));
        scopes.set(arrival.caller, mine);
        const found = slice.limits.length > 0 ? window.excess(mine, arrival.at) : undefined;
        if (found === undefined) window.add(counted(slice, arrival, performing(first, arrival.at).tabular));
        else if (arrival.at >= from) requests.push(refused(slice, arrival, first, found === 'zero' ? 403 : 429));
        if (found !== undefined) continue;
      }
      if (arrival.at < from) continue;
      // With a fallback, a failure continues at the next entity.
      for (const [again, entity] of (slice.fallback ? entities : [first]).entries()) {
        const met = performing(entity, arrival.at);
        const full = fullness(entity, met.performance);
        const one = outcome(endpoint, slice, full, arrival, entity, met, again);
        requests.push(one);
        if (one.status < 500 && one.status !== 429) break;
      }
    }
  }
  takeMade(to);
  enter(to - 1);
  return { requests, window };
}

function stepOf(at: number): number {
  return Math.floor(at / REPLAY_STEP) * REPLAY_STEP;
}

/**
 * Every request that an endpoint received in the span from `from` to before `to`, in order of time: those that clients made, and the seeded
 * ones. Metrics, logs and limits all read these, so they agree. The same span always gives the same requests.
 */
export function requestsBetween(workspace: Workspace, endpoint: Endpoint, from: number, to: number): RoutedRequest[] {
  return replay(workspace, endpoint, from, to, false).requests;
}

/** What the requests of the last minute, up to `now`, have used of an endpoint's limits. */
export function limitsUsed(workspace: Workspace, endpoint: Endpoint, now: number): LimitWindow {
  return replay(workspace, endpoint, now - MINUTE, now + 1, true).window;
}

/** Whether any routing of an endpoint leads to an entity. */
function isRouted({ periods }: Endpoint, entity: string): boolean {
  return periods.some(
    ({ config, fallback }) =>
      fallback ||
      config?.routes.some((route) => route.served_entity_name === entity && route.traffic_percentage > 0) === true,
  );
}

/** The newest requests of one entity from `since` to `now`, at least `count` if there are so many, in order of time. */
export function newestRequests(
  workspace: Workspace,
  endpoint: Endpoint,
  entity: string,
  span: { since: number; now: number; count: number },
): RoutedRequest[] {
  // Without a route, only requests to the entity's own address reach it. A search through two weeks would find no more.
  if (!isRouted(endpoint, entity)) {
    return workspace.routed.filter(
      (one) => one.endpoint === endpoint.name && one.entity === entity && one.at >= span.since && one.at <= span.now,
    );
  }
  let found: RoutedRequest[] = [];
  let to = span.now + 1;
  for (let step = MINUTE; to > span.since && found.length < span.count; step *= 2) {
    const from = Math.max(span.since, to - step);
    const more = requestsBetween(workspace, endpoint, from, to).filter((request) => request.entity === entity);
    found = [...more, ...found];
    to = from;
  }
  return found;
}

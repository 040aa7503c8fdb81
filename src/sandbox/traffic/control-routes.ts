import { Ajv, type ValidateFunction } from 'ajv';
import { MINUTE } from '../clock.ts';
import type { SandboxApp, SandboxContext } from '../context.ts';
import { endTraffic } from '../endpoints/lifecycle.ts';
import { invalid } from '../errors.ts';
import { endpointOf, jsonBody } from '../http.ts';
import { backgroundTraffic, type TrafficInput, unknownCaller } from '../state/background-traffic.ts';
import type { Behaviour } from '../state/model-spec.ts';
import type { RoutedRequest, SetBehaviour } from '../state/state.ts';
import { requestsBetween } from './requests.ts';

const RATE = { type: 'number', minimum: 0, maximum: 1 };
const COUNT = { type: 'number', minimum: 0 };
const closed = (properties: object, ...required: string[]) => ({
  ...{ type: 'object', additionalProperties: false },
  ...{ properties, required },
});

const TRAFFIC = closed(
  {
    requests_per_minute: { type: 'number', minimum: 0, maximum: 10_000 },
    error_rate: RATE,
    callers: {
      type: 'array',
      items: closed(
        {
          principal: { type: 'string' },
          share: RATE,
          error_rate: RATE,
          error_status: { type: 'integer', minimum: 400, maximum: 599 },
        },
        'principal',
        'share',
      ),
    },
    input_tokens: COUNT,
    output_tokens: COUNT,
  },
  'requests_per_minute',
);

/** JSON Schemas of what a behaviour may set. */
export const BEHAVIOUR_FIELDS = {
  latency_ms: COUNT,
  p95_ms: COUNT,
  error_rate: RATE,
  error_5xx_rate: RATE,
  wake_seconds: COUNT,
  frame_ms: COUNT,
};

const BEHAVIOUR = closed(
  {
    match: closed({
      endpoint: { type: 'string' },
      entity: { type: 'string' },
      model: { type: 'string' },
      version: { type: ['string', 'integer'] },
    }),
    set: { ...closed(BEHAVIOUR_FIELDS), minProperties: 1 },
  },
  'match',
  'set',
);

const HOUR = 60 * MINUTE;
/** The most minutes of history in one answer. */
const MOST_MINUTES = 1440;
/** Behaviours to keep. Each one that ended still explains past requests. */
const KEPT_BEHAVIOURS = 500;

/** Mounts the control routes with which a tester rehearses an incident: traffic, behaviours, history and the record of changes. */
export function mountRehearsal(app: SandboxApp, ctx: SandboxContext): void {
  const isTraffic = checker<TrafficInput>(TRAFFIC, 'traffic');
  app.put('/sandbox/endpoints/:name/traffic', async (c) => {
    const endpoint = endpointOf(c, c.req.param('name'));
    if (endpoint.foundation || endpoint.tile) throw invalid('Only an endpoint with metrics can have seeded traffic.');
    const now = ctx.clock.now();
    const traffic = backgroundTraffic(ctx.workspace, isTraffic(await jsonBody(c)), now);
    const unknown = unknownCaller(ctx.workspace, traffic);
    if (unknown !== undefined) throw invalid(`Invalid traffic: the workspace has no principal '${unknown}'.`);
    endTraffic(endpoint, now);
    endpoint.traffic = traffic;
    return c.json({ name: endpoint.name, traffic });
  });
  mountBehaviours(app, ctx);

  app.get('/sandbox/endpoints/:name/history', (c) => {
    const endpoint = endpointOf(c, c.req.param('name'));
    const minutes = Number(c.req.query('minutes') ?? 60);
    if (!Number.isInteger(minutes) || minutes < 1 || minutes > MOST_MINUTES) {
      throw invalid(`minutes must be a whole number from 1 to ${MOST_MINUTES}.`);
    }
    const to = Math.floor(ctx.clock.now() / MINUTE) * MINUTE;
    const rows: Record<string, unknown>[] = [];
    // Hour by hour, so that a busy day needs little memory.
    for (let from = to - minutes * MINUTE; from < to; from += HOUR) {
      rows.push(...historyRows(requestsBetween(ctx.workspace, endpoint, from, Math.min(from + HOUR, to))));
    }
    return c.json({ rows });
  });

  app.get('/sandbox/changes', (c) => {
    const endpoint = c.req.query('endpoint');
    const changes = ctx.workspace.changes.filter((one) => endpoint === undefined || one.endpoint === endpoint);
    return c.json({ changes });
  });
}

function mountBehaviours(app: SandboxApp, ctx: SandboxContext): void {
  const isBehaviour = checker<
    { match: Omit<SetBehaviour['match'], 'version'> & { version?: string | number } } & { set: Behaviour }
  >(BEHAVIOUR, 'behaviour');
  const current = () => ({ behaviours: ctx.workspace.behaviours.filter(({ until }) => until === null) });
  app.get('/sandbox/behaviours', (c) => c.json(current()));
  app.post('/sandbox/behaviours', async (c) => {
    const { match, set } = isBehaviour(await jsonBody(c));
    const { version, ...rest } = match;
    const { behaviours } = ctx.workspace;
    behaviours.push({
      id: (behaviours.at(-1)?.id ?? 0) + 1,
      since: ctx.clock.now(),
      until: null,
      match: { ...rest, ...(version === undefined ? {} : { version: String(version) }) },
      set,
    });
    behaviours.splice(0, behaviours.length - KEPT_BEHAVIOURS);
    return c.json(current());
  });
  app.delete('/sandbox/behaviours', (c) => {
    const id = c.req.query('id');
    for (const one of ctx.workspace.behaviours) {
      if (one.until === null && (id === undefined || one.id === Number(id))) one.until = ctx.clock.now();
    }
    return c.json(current());
  });
}

/** Compiles a schema at its first use. The returned function throws the 400 of a body that does not match it. */
function checker<T>(schema: object, what: string): (body: unknown) => T {
  let validate: ValidateFunction<T> | undefined;
  return (body) => {
    validate ??= new Ajv({ strict: false }).compile<T>(schema);
    if (validate(body)) return body;
    const fault = validate.errors?.[0];
    throw invalid(`Invalid ${what}: ${fault?.instancePath.slice(1).replaceAll('/', '.') || what} ${fault?.message}.`);
  };
}

/** One row for each minute and entity with requests, in order of time. Latencies leave out what the gateway refused. */
function historyRows(requests: readonly RoutedRequest[]): Record<string, unknown>[] {
  const groups = new Map<string, RoutedRequest[]>();
  for (const request of requests) {
    const key = `${Math.floor(request.at / MINUTE)}/${request.entity}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [request]);
    else group.push(request);
  }
  return [...groups.values()].map((group) => {
    const count = (low: number, high: number) => group.filter(({ status }) => status >= low && status < high).length;
    const times = group.flatMap(({ refused, latency_ms }) => (refused ? [] : [latency_ms])).sort((a, b) => a - b);
    const at = (share: number): number | null => times[Math.max(0, Math.ceil(share * times.length) - 1)] ?? null;
    const [first] = group;
    return {
      minute: first === undefined ? null : new Date(Math.floor(first.at / MINUTE) * MINUTE).toISOString(),
      entity: first?.entity,
      requests: group.length,
      refused: group.filter(({ refused }) => refused === true).length,
      errors_4xx: count(400, 500),
      errors_5xx: count(500, 600),
      p50_ms: at(0.5),
      p95_ms: at(0.95),
    };
  });
}

/** What a fault does to a matching request. */
export type FaultEffect =
  | { status: number; body?: unknown; headers?: Record<string, string> }
  | { delay_ms: number }
  | { cut: 'before' | 'headers' | 'body' }
  | { lost_reply: true }
  | { late_status: number }
  | { stale: true }
  | { html: true }
  | { redirect: string }
  | { truncate: number }
  | { expired_token: 401 | 403 }
  | { slow_body: { chunk_bytes: number; every_ms: number } }
  | { huge_body: number }
  | { sse_cut_after: number }
  | { sse_error_after: number; form?: StreamErrorForm }
  | { answer: AnswerFault };

/** How a stream reports an error: a frame with `error`, one with `error_code` and `message`, or the event `error`. */
export type StreamErrorForm = (typeof STREAM_ERROR_FORMS)[number];
const STREAM_ERROR_FORMS = ['error', 'error_code', 'event'] as const;

/** What a query is answered instead of the model's own answer. The request counts, as any other. */
export type AnswerFault = (typeof ANSWER_FAULTS)[number];
const ANSWER_FAULTS = [
  'server_error',
  'insufficient_quota',
  'guardrail_block',
  'policy_block',
  'used_up_budget',
  'nan',
  'failed_response',
  'approval_request',
] as const;

/**
 * Which requests a fault hits and how often. `path` is a glob (`*` within a path part, `**` across parts) or a regular expression, written
 * `/…/`. Without `path`, every path matches. The first `skip` matching requests pass, then `times` are hit (default: all).
 */
export interface FaultRule {
  match?: { method?: string; path?: string };
  times?: number;
  skip?: number;
  effect: FaultEffect;
}

interface ActiveRule extends FaultRule {
  skipped: number;
  used: number;
  pattern: RegExp;
}

/** The faults in force. All matching rules apply, in the order in which they were added. */
export interface FaultBox {
  add(rule: FaultRule): void;
  clear(): void;
  /** The effects for one request. Counts the request against every matching rule. */
  take(method: string, path: string): FaultEffect[];
  list(): FaultRule[];
}

/** The path of a fault rule as an anchored regular expression. */
export function pathPattern(path: string | undefined): RegExp {
  if (path === undefined) return /^/;
  const written = /^\/(.+)\/$/.exec(path);
  if (written?.[1] !== undefined && /[\\^$|()[\]+?]/.test(written[1])) return new RegExp(written[1]);
  const glob = path
    .split('**')
    .map((part) =>
      part
        .split('*')
        .map((text) => text.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
        .join('[^/]*'),
    )
    .join('.*');
  return new RegExp(`^${glob}$`);
}

/** An empty box. Each rule counts for itself, from the moment it is added. */
export function createFaultBox(): FaultBox {
  let rules: ActiveRule[] = [];
  return {
    add(rule) {
      rules.push({ ...rule, skipped: 0, used: 0, pattern: pathPattern(rule.match?.path) });
    },
    clear() {
      rules = [];
    },
    take(method, path) {
      const effects: FaultEffect[] = [];
      for (const rule of rules) {
        if (rule.match?.method && rule.match.method.toUpperCase() !== method) continue;
        if (!rule.pattern.test(path)) continue;
        if (rule.skipped < (rule.skip ?? 0)) {
          rule.skipped += 1;
        } else if (rule.used < (rule.times ?? Number.POSITIVE_INFINITY)) {
          rule.used += 1;
          effects.push(rule.effect);
        }
      }
      return effects;
    },
    list: () => rules.map(({ match, times, skip, effect }) => ({ match, times, skip, effect })),
  };
}

const effect = (name: string, schema: object) => ({
  type: 'object',
  required: [name],
  additionalProperties: false,
  properties: { [name]: schema },
});
const NUMBER = { type: 'number', minimum: 0 };

/** JSON Schema of a rule that arrives over HTTP. */
export const RULE_SCHEMA = {
  type: 'object',
  required: ['effect'],
  additionalProperties: false,
  properties: {
    match: {
      type: 'object',
      additionalProperties: false,
      properties: { method: { type: 'string' }, path: { type: 'string' } },
    },
    times: { type: 'integer', minimum: 1 },
    skip: { type: 'integer', minimum: 0 },
    effect: {
      anyOf: [
        {
          type: 'object',
          required: ['status'],
          additionalProperties: false,
          properties: {
            status: { type: 'integer', minimum: 200, maximum: 599 },
            body: {},
            headers: { type: 'object', additionalProperties: { type: 'string' } },
          },
        },
        effect('delay_ms', NUMBER),
        effect('cut', { enum: ['before', 'headers', 'body'] }),
        effect('lost_reply', { const: true }),
        effect('late_status', { type: 'integer', minimum: 200, maximum: 599 }),
        effect('stale', { const: true }),
        effect('html', { const: true }),
        effect('redirect', { type: 'string' }),
        effect('truncate', NUMBER),
        effect('expired_token', { enum: [401, 403] }),
        effect('slow_body', {
          type: 'object',
          required: ['chunk_bytes', 'every_ms'],
          properties: { chunk_bytes: { type: 'integer', minimum: 1 }, every_ms: NUMBER },
        }),
        effect('huge_body', NUMBER),
        effect('sse_cut_after', NUMBER),
        {
          type: 'object',
          required: ['sse_error_after'],
          additionalProperties: false,
          properties: { sse_error_after: NUMBER, form: { enum: STREAM_ERROR_FORMS } },
        },
        effect('answer', { enum: ANSWER_FAULTS }),
      ],
    },
  },
};

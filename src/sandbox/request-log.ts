import type { Context, Next } from 'hono';
import type { RecordedRequest, SandboxContext, SandboxEnv } from './context.ts';
import { uuid } from './ids.ts';
import { isObject } from './json.ts';

/** Number of recorded requests to keep. A long demonstration must not exhaust the memory. */
const KEPT_REQUESTS = 5000;

/** The middleware that records every request. It sets `date`, `x-request-id` and `x-databricks-org-id` on every answer. assumed: request-headers */
export function requestLogMiddleware(ctx: SandboxContext) {
  return async (c: Context<SandboxEnv>, next: Next): Promise<void> => {
    const record: RecordedRequest = {
      id: uuid(ctx.random),
      at: ctx.clock.now(),
      principal: null,
      method: c.req.method,
      path: c.req.path,
      query: c.req.query(),
      headers: maskHeaders(c.req.header()),
      body: await readBody(c),
      status: 0,
    };
    c.set('request_id', record.id);
    c.set('record', record);
    c.set('workspace', ctx.workspace);
    // The control routes belong to the tester. Records of them would hide what the client did.
    if (!c.req.path.startsWith('/sandbox/')) {
      ctx.requests.push(record);
      if (ctx.requests.length > KEPT_REQUESTS) ctx.requests.splice(0, ctx.requests.length - KEPT_REQUESTS);
    }
    await next();
    record.status = c.res.status;
    c.res.headers.set('x-request-id', record.id);
    // Creation times use sandbox time, so a client that compares them with `Date` must see the same clock.
    c.res.headers.set('date', new Date(ctx.clock.now()).toUTCString());
    c.res.headers.set('x-databricks-org-id', ctx.workspace.org_id);
  };
}

function maskHeaders(headers: Record<string, string>): Record<string, string> {
  const masked = (name: string, value: string) => {
    if (name === 'authorization') return `${value.split(' ')[0]} ***`;
    // Clients of other makers send a token here.
    return /^(?:x-)?api-key$/.test(name) ? '***' : value;
  };
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, masked(name, value)]));
}

const SECRET_FORM_FIELDS = [
  'client_secret',
  'assertion',
  'subject_token',
  'token',
  'code',
  'code_verifier',
  'refresh_token',
];

/** Paths whose bodies bring secrets, and the fields that hold them. */
const SECRET_PATH = /^\/api\/2\.0\/secrets\/put$|^\/api\/2\.1\/unity-catalog\/model-provider-services/;
const SECRET_FIELD = /_value$|^plaintext$/;

async function readBody(c: Context<SandboxEnv>): Promise<unknown> {
  // The bytes of a file may be no text, and reading them as text would change them.
  if (c.req.method === 'GET' || c.req.method === 'HEAD' || c.req.path.startsWith('/api/2.0/fs/')) return undefined;
  const text = await c.req.text();
  if (text === '') return undefined;
  if (c.req.header('content-type')?.startsWith('application/x-www-form-urlencoded')) {
    const form = new URLSearchParams(text);
    for (const field of SECRET_FORM_FIELDS) if (form.has(field)) form.set(field, '***');
    return form.toString();
  }
  const secret = SECRET_PATH.test(c.req.path);
  try {
    const body: unknown = JSON.parse(text);
    if (!secret) return body;
    return isObject(body) ? withoutValue(body) : '***';
  } catch {
    return secret ? '***' : text;
  }
}

/** A body without the values of its secrets, at any depth. They are kept nowhere. */
function withoutValue(body: unknown): unknown {
  if (Array.isArray(body)) return body.map(withoutValue);
  if (!isObject(body)) return body;
  const masked = (key: string, value: unknown) =>
    SECRET_FIELD.test(key) && !isObject(value) ? '***' : withoutValue(value);
  return Object.fromEntries(Object.entries(body).map(([key, value]) => [key, masked(key, value)]));
}

/** Plain HTTP against a sandbox with a manual clock. It checks answers against the closed answer schemas. */
import { Ajv, type ValidateFunction } from 'ajv';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/index.ts';
import * as schemas from './answer-schemas.ts';

const ajv = new Ajv({ strict: false });
const compiled = {
  detail: ajv.compile(schemas.ENDPOINT_DETAIL),
  list: ajv.compile(schemas.ENDPOINT_LIST),
  error: ajv.compile(schemas.ERROR),
  acl: ajv.compile(schemas.ACCESS_LIST),
  model: ajv.compile(schemas.REGISTERED_MODEL),
  version: ajv.compile(schemas.MODEL_VERSION),
  events: ajv.compile(schemas.EVENTS),
};

export interface Reply {
  status: number;
  headers: Headers;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers field by field, and a wrong guess fails them
  body: any;
}

export interface Client {
  sandbox: Sandbox;
  /** One request as `who` (default: the admin). `body` is sent as JSON, a string unchanged. */
  call(method: string, path: string, body?: unknown, who?: string): Promise<Reply>;
  get(name: string, who?: string): Promise<Reply>;
  create(name: string, ...entities: Record<string, unknown>[]): Promise<Reply>;
  minutes(count: number): void;
}

export const ENDPOINTS = '/api/2.0/serving-endpoints';
export const ENGINEER = 'ml-engineer@example.com';
export const ANALYST = 'analyst@example.com';
export const BOT = '4f2b8c1e-6d0a-4a57-9c3e-1b7d5e9f0a21';

/** A churn version as a client sends it. */
export function churn(version: number, more: Record<string, unknown> = {}): Record<string, unknown> {
  return { entity_name: 'ml.prod.churn', entity_version: String(version), scale_to_zero_enabled: true, ...more };
}

function schemaOf(method: string, path: string): ValidateFunction | undefined {
  const below = path.split('?')[0]?.slice(ENDPOINTS.length).split('/').filter(Boolean) ?? [];
  if (path.startsWith('/api/2.0/permissions/') && !path.endsWith('permissionLevels')) return compiled.acl;
  if (/unity-catalog\/models\/[^/]+$/.test(path.split('?')[0] ?? '') && method !== 'DELETE') return compiled.model;
  if (/\/versions\/\d+/.test(path) && method !== 'DELETE') return compiled.version;
  if (!path.startsWith(ENDPOINTS) || method === 'DELETE') return undefined;
  if (below[0] === ':foundation-models') return compiled.list;
  if (below.length === 0) return method === 'GET' ? compiled.list : compiled.detail;
  const last = below.at(-1)?.split('?')[0];
  if (last === 'events') return compiled.events;
  if (below[0] === 'get-model-optimization-info') return undefined;
  if (below.length === 1 || last === 'config' || last === 'telemetry-config') return compiled.detail;
  return undefined;
}

function check(method: string, path: string, reply: Reply): void {
  // The answer of a fault is not the service's.
  if (!path.startsWith('/api/') || reply.body === undefined) return;
  const validate = reply.status >= 400 ? compiled.error : schemaOf(method, path);
  if (validate && reply.body?.schemas === undefined && !validate(reply.body)) {
    const fault = validate.errors?.[0];
    throw new Error(
      `${method} ${path}: ${fault?.instancePath} ${fault?.message} ${JSON.stringify(fault?.params)} in ${reply.text}`,
    );
  }
}

export async function startClient(options: SandboxOptions = {}): Promise<Client> {
  const sandbox = await startSandbox({ clock: { kind: 'manual' }, ...options });
  const call: Client['call'] = async (method, path, body, who) => {
    const token = who === undefined ? sandbox.token : sandbox.tokenOf(who);
    const init: RequestInit = {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    };
    if (body !== undefined) init.body = typeof body === 'string' ? body : JSON.stringify(body);
    const response = await fetch(sandbox.host + path, init);
    const text = await response.text();
    const json = response.headers.get('content-type')?.startsWith('application/json') && text !== '';
    const reply = {
      status: response.status,
      headers: response.headers,
      text,
      body: json ? JSON.parse(text) : undefined,
    };
    check(method, path, reply);
    return reply;
  };
  return {
    sandbox,
    call,
    get: (name, who) => call('GET', `${ENDPOINTS}/${name}`, undefined, who),
    create: (name, ...entities) => call('POST', ENDPOINTS, { name, config: { served_entities: entities } }),
    minutes: (count) => sandbox.clock.advance(count * 60_000),
  };
}

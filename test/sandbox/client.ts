/** Plain HTTP against a sandbox with a manual clock. It checks answers against the closed answer schemas. */
import { Ajv, type ValidateFunction } from 'ajv';
import { ANSWERS, type AnswerName, READS } from '../../src/sandbox/answers/index.ts';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/index.ts';

const ajv = new Ajv({ strict: false, allErrors: true });
const compiled = new Map<AnswerName, ValidateFunction>();

function validatorOf(name: AnswerName): ValidateFunction {
  const found = compiled.get(name) ?? ajv.compile(ANSWERS[name]);
  compiled.set(name, found);
  return found;
}

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

/** Which answer a change has, where it has one that a read has too. The first match counts. */
const CHANGES: readonly (readonly [RegExp, AnswerName])[] = [
  [/^\/api\/2\.0\/serving-endpoints(?:\/pt)?$/, 'endpoint'],
  [/^\/api\/2\.0\/serving-endpoints\/(?:pt\/)?[^/]+\/(?:config|telemetry-config)$/, 'endpoint'],
  [/^\/api\/2\.0\/permissions\/[^/]+\/[^/]+$/, 'access-list'],
  [/^\/api\/2\.0\/sql\/statements$/, 'statement'],
  [/^\/api\/2\.1\/unity-catalog\/models\/[^/]+$/, 'model'],
  [/^\/api\/2\.1\/unity-catalog\/model-services(?:\/[^/]+)?$/, 'model-service'],
  [/^\/api\/2\.1\/unity-catalog\/model-provider-services(?:\/[^/]+)?$/, 'provider-service'],
  [/^\/api\/2\.1\/unity-catalog\/permissions\/[^/]+\/[^/]+$/, 'grants'],
  [/^\/api\/2\.1\/unity-catalog\/models\/[^/]+\/versions\/[^/]+$/, 'version'],
];

function answerOf(method: string, path: string, reply: Reply): AnswerName | undefined {
  const [bare = path, query = ''] = path.split('?');
  if (reply.status >= 400) {
    if (reply.body?.schemas !== undefined) return 'scim-error';
    return path.startsWith('/api/') ? 'error' : undefined;
  }
  // Some attributes of a row were asked for, so the others are absent.
  if (method === 'DELETE' || /(?:^|&)(?:attributes|excludedAttributes)=/.test(query)) return undefined;
  return (method === 'GET' ? READS : CHANGES).find(([pattern]) => pattern.test(bare))?.[1];
}

function check(method: string, path: string, reply: Reply, planted: readonly string[]): void {
  const name = reply.body === undefined ? undefined : answerOf(method, path, reply);
  const validate = name && validatorOf(name);
  if (!validate || validate(reply.body)) return;
  const fault = validate.errors?.find(({ params }) => !planted.includes(params.additionalProperty));
  if (!fault) return;
  throw new Error(
    `${method} ${path}: ${fault.instancePath} ${fault.message} ${JSON.stringify(fault.params)} in ${reply.text}`,
  );
}

/** @param planted fields that a seed has and the service does not. */
export async function startClient(options: SandboxOptions = {}, planted: readonly string[] = []): Promise<Client> {
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
    check(method, path, reply, planted);
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

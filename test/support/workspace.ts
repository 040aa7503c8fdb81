/** A small workspace for tests, and readers of the calls that results propose. */
import { expect } from 'vitest';
import type { Answer, Harness } from './harness.ts';

/** A version that predicts `version + 2 x`, so that a prediction identifies the version. */
export function version(number: number, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    version: number,
    status: 'READY',
    deploy_minutes: 3,
    spec: { kind: 'linear', inputs: [{ name: 'x', type: 'double' }], intercept: number, coefficients: { x: 2 } },
    ...more,
  };
}

export const LOAD_ERROR = "An error occurred while loading the model. No module named 'sklearn.ensemble._gb_losses'.";

/** Version 4 fails to load, 5 is pending registration, 6 failed registration, 7 fails to build. */
export const CHURN = {
  full_name: 'ml.prod.churn',
  owner: 'admin@example.com',
  aliases: { champion: 1 },
  versions: [
    version(1),
    version(2),
    version(3),
    version(4, {
      deploy_minutes: 2,
      failure: { phase: 'load', message: LOAD_ERROR, log_lines: [LOAD_ERROR, 'Worker exiting (pid: 115)'] },
    }),
    version(5, { status: 'PENDING_REGISTRATION' }),
    version(6, { status: 'FAILED_REGISTRATION' }),
    version(7, {
      deploy_minutes: 2,
      build_minutes: 1,
      failure: { phase: 'build', message: 'Build failed.', log_lines: ['ERROR: ResolutionImpossible: numpy'] },
    }),
  ],
};

/** The churn model with forty versions that work: no two entities of an endpoint may serve the same one. */
export const FORTY = { ...CHURN, versions: Array.from({ length: 40 }, (_, at) => version(at + 1)) };

export const OTHER = { full_name: 'ml.prod.other', owner: 'admin@example.com', versions: [version(1), version(2)] };

export const CHAT = {
  full_name: 'ml.prod.chat',
  owner: 'admin@example.com',
  versions: [{ version: 1, status: 'READY', spec: { kind: 'chat', model: 'sandbox-chat', profile: 'llama' } }],
};

/** Settings of a served entity that a careless write would lose. */
export const SETTINGS = {
  workload_size: 'Medium',
  workload_type: 'CPU',
  scale_to_zero_enabled: false,
  environment_vars: { TOKEN: '{{secrets/ml/token}}', MODE: 'strict' },
  instance_profile_arn: 'arn:aws:iam::123456789012:instance-profile/serving',
};

/** A served entity that calls a model of a provider. */
export const GPT = {
  name: 'gpt',
  external_model: {
    provider: 'openai',
    name: 'gpt-4o',
    task: 'llm/v1/chat',
    openai_config: { openai_api_key: '{{secrets/ml/token}}' },
  },
};

export function churnEntity(number: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return { entity_name: 'ml.prod.churn', entity_version: number, ...SETTINGS, ...more };
}

export function endpoint(name: string, entities: Record<string, unknown>[], shares: number[] = [], more = {}) {
  const routes = shares.map((share, at) => ({
    served_entity_name: entities[at]?.name,
    traffic_percentage: share,
  }));
  return {
    name,
    config: { served_entities: entities, ...(shares.length > 0 ? { traffic_config: { routes } } : {}) },
    ...more,
  };
}

/** Application id of the service principal `deploy-bot`. */
export const BOT = '9a7d3c52-0000-4000-8000-000000000001';

export function seed(endpoints: unknown[], more: Record<string, unknown> = {}) {
  return {
    users: [
      { user_name: 'admin@example.com', admin: true },
      { user_name: 'engineer@example.com' },
      { user_name: 'analyst@example.com' },
    ],
    groups: [{ display_name: 'analysts' }],
    service_principals: [{ application_id: BOT, display_name: 'deploy-bot' }],
    models: [CHURN, OTHER, CHAT],
    secret_scopes: [{ name: 'ml', keys: ['token'] }],
    endpoints,
    ...more,
  };
}

/** The call that a `next` or `undo` field proposes. @throws Error when the field holds no complete call. */
export function parseCall(text: unknown): { name: string; args: Record<string, unknown> } {
  const [, name, json] = /(?:^|[\s:])([a-z]+_[a-z_]+) (\{.*\})[^}]*$/s.exec(String(text)) ?? [];
  if (name === undefined || json === undefined) throw new Error(`no call in ${JSON.stringify(text)}`);
  const args: unknown = JSON.parse(json);
  if (typeof args !== 'object' || args === null) throw new Error(`no arguments in ${json}`);
  return { name, args: { ...args } };
}

/** Makes the call that a field proposes, word for word. */
export async function follow(harness: Harness, text: unknown): Promise<Answer> {
  const { name, args } = parseCall(text);
  return harness.call(name, args);
}

/** The calls behind the `undo` of an answer, as the journal keeps them. */
export async function undoCalls(harness: Harness, undo: unknown): Promise<{ tool: string; args: unknown }[]> {
  const { name, args } = parseCall(undo);
  expect(name).toBe('undo_change');
  return (await harness.call('list_changes', args)).data.undo_calls;
}

/** Bodies of the requests of one method and path, in order. */
export function bodies(harness: Harness, method: string, path: string | RegExp): unknown[] {
  return harness.sandbox.requests
    .filter(
      (request) =>
        request.method === method && (typeof path === 'string' ? request.path === path : path.test(request.path)),
    )
    .map((request) => request.body);
}

export const CONFIG_PATH = '/api/2.0/serving-endpoints/churn/config';
export const CHURN_PATH = '/api/2.0/serving-endpoints/churn';
export const ALIAS_PATH = '/api/2.1/unity-catalog/models/ml.prod.churn/aliases/champion';

/** The writes that the sandbox received, including refused ones. */
export function writes(harness: Harness): string[] {
  return harness.sandbox.requests
    .filter((request) => request.method !== 'GET')
    .map((request) => `${request.method} ${request.path}`);
}

/** The version behind an alias of the churn model, read from the workspace itself. */
export async function aliasVersion(harness: Harness, alias = 'champion'): Promise<number | undefined> {
  const path = `/api/2.1/unity-catalog/models/ml.prod.churn/aliases/${alias}`;
  const response = await fetch(harness.sandbox.host + path, {
    headers: { authorization: `Bearer ${harness.sandbox.token}` },
  });
  if (response.status === 404) return undefined;
  const body: unknown = await response.json();
  return typeof body === 'object' && body !== null && 'version' in body ? Number(body.version) : Number.NaN;
}

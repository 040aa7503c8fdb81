/** Model services as a workspace answers them, for tests of answers that no seed makes. */
import type { Harness } from './harness.ts';
import { ask } from './tool-test.ts';

export const SERVICES_PATH = '/api/2.1/unity-catalog/model-services';
export const PROVIDERS_PATH = '/api/2.1/unity-catalog/model-provider-services';

export const perToken = (name: string, model: string, more: Record<string, unknown> = {}) => ({
  name,
  destination_type: 'DESTINATION_TYPE_PAY_PER_TOKEN_FOUNDATION_MODEL',
  pay_per_token_config: { model: `models/${model}` },
  ...more,
});

export const throughput = (name: string, endpoint: string, more: Record<string, unknown> = {}) => ({
  name,
  destination_type: 'DESTINATION_TYPE_PROVISIONED_THROUGHPUT_FOUNDATION_MODEL',
  provisioned_throughput_config: { model_serving_endpoint: `serving-endpoints/${endpoint}`, model: 'system.ai.llama' },
  ...more,
});

export const external = (name: string, provider: string, model: string, more: Record<string, unknown> = {}) => ({
  name,
  destination_type: 'DESTINATION_TYPE_EXTERNAL_FOUNDATION_MODEL',
  external_model_config: { model_provider_service: `model-provider-services/${provider}`, target: { model } },
  ...more,
});

/** A service as the GET of one answers it. */
export function service(fullName: string, config: Record<string, unknown>, more: Record<string, unknown> = {}) {
  return {
    name: `model-services/${fullName}`,
    metastore_id: '11111111-0000-4000-8000-000000000001',
    config,
    create_time: '2026-11-01T08:00:00.123Z',
    created_by: 'admin@example.com',
    update_time: '2026-11-02T09:30:00Z',
    updated_by: 'engineer@example.com',
    effective_owner: 'admin@example.com',
    etag: 'AAEC',
    supported_api_types: ['mlflow/v1/chat/completions', 'openai/v1/chat/completions'],
    ...more,
  };
}

/** Creates a service in the workspace, past the server under test. @param config its destinations and the rest. */
export async function makeService(harness: Harness, fullName: string, config: unknown, more = {}): Promise<unknown> {
  const [catalog, schema, id] = fullName.split('.');
  const query = `parent=schemas/${catalog}.${schema}&model_service_id=${id}`;
  const made = await ask(harness, `${SERVICES_PATH}?${query}`, {
    method: 'POST',
    body: JSON.stringify({ config, ...more }),
  });
  if (!JSON.stringify(made).includes(fullName)) throw new Error(JSON.stringify(made));
  return made;
}

/** The workspace answers this for every read of a path. */
export function answers(harness: Harness, path: string, body: unknown, status = 200): void {
  harness.sandbox.faults.add({ match: { method: 'GET', path }, effect: { status, body } });
}

/** The workspace answers this for one model service. */
export function answersService(harness: Harness, fullName: string, body: unknown): void {
  answers(harness, `${SERVICES_PATH}/${fullName}`, body);
}

/** What the workspace says where there is no such object, or the caller may not see it. */
export const ABSENT = { error_code: 'NOT_FOUND', message: "'main.ai.chta' does not exist." };

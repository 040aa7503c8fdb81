/** A workspace with model services, made past the server under test. */
import type { Harness } from './harness.ts';
import { perToken, SERVICES_PATH } from './model-services.ts';
import { ask } from './tool-test.ts';

/** The service of most tests. */
export const CHAT = 'ml.prod.chat';
export const CHAT_PATH = `${SERVICES_PATH}/${CHAT}`;

export const GPT = 'system.ai.databricks-gpt-5';
export const CLAUDE = 'system.ai.databricks-claude-sonnet-4-5';

/** Two destinations, a fallback, and a limit. */
export const CHAT_CONFIG = {
  routing: {
    destinations: [
      perToken('gpt', GPT, { traffic_percentage: 70 }),
      perToken('claude', CLAUDE, { traffic_percentage: 30 }),
    ],
    fallback: { destinations: [perToken('spare', 'system.ai.databricks-gpt-oss-120b')] },
  },
  rate_limits: [
    { key: 'RATE_LIMIT_KEY_SERVICE', renewal_period: 'RATE_LIMIT_RENEWAL_PERIOD_MINUTE', requests: 600 },
    {
      key: 'RATE_LIMIT_KEY_USER',
      principal: 'analyst@example.com',
      renewal_period: 'RATE_LIMIT_RENEWAL_PERIOD_HOUR',
      requests: 10,
      tokens: 5000,
    },
  ],
};

// biome-ignore lint/suspicious/noExplicitAny: tests read answers field by field, and a wrong guess fails them
type Json = any;

/** Makes a service with this config. @returns it as the workspace answers. */
export async function makeService(
  harness: Harness,
  name: string = CHAT,
  config: unknown = CHAT_CONFIG,
  comment = 'For the help desk.',
): Promise<Json> {
  const [catalog, schema, id] = name.split('.');
  const path = `${SERVICES_PATH}?parent=schemas/${catalog}.${schema}&model_service_id=${id}`;
  const made: Json = await ask(harness, path, { method: 'POST', body: JSON.stringify({ comment, config }) });
  if (made?.name !== `model-services/${name}`) throw new Error(`no service: ${JSON.stringify(made)}`);
  return made;
}

/** The service as the workspace has it now. */
export async function serviceNow(harness: Harness, name: string = CHAT): Promise<Json> {
  return ask(harness, `${SERVICES_PATH}/${name}`);
}

/** An edit by someone else. */
export async function editElsewhere(harness: Harness, mask: string, body: unknown, name: string = CHAT): Promise<Json> {
  const path = `${SERVICES_PATH}/${name}?update_mask=${mask}`;
  return ask(harness, path, { method: 'PATCH', body: JSON.stringify(body) });
}

/** The requests to routes of model services since the last `sent()`, without their queries. */
export function serviceRequests(harness: Harness): string[] {
  return harness
    .sent()
    .map((request) => request.split('?')[0] ?? '')
    .filter((request) => request.includes('/model-services'));
}

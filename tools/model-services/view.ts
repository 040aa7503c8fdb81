/** A model service of Unity Gateway in the words of answers. */
import { primariesOf, targetOf } from '../../src/plan/model-service.ts';
import { dialectKey, periodOf } from '../../src/plan/service-limits.ts';
import type { ModelService } from '../../src/rest/index.ts';
import { defined } from '../../src/rest/json.ts';
import type { Destination, ServiceConfig, ServiceLimit } from '../../src/rest/model-services.ts';
import { fullNameOf } from '../../src/rest/names.ts';
import { clip } from '../../src/text/sanitize.ts';
import { timeText } from '../../src/text/time.ts';

/** Characters of a name in an answer. */
const NAME = 200;

/** The kinds of destinations that this version knows, in short. */
export const KINDS: Readonly<Record<string, string>> = {
  DESTINATION_TYPE_PAY_PER_TOKEN_FOUNDATION_MODEL: 'pay-per-token',
  DESTINATION_TYPE_PROVISIONED_THROUGHPUT_FOUNDATION_MODEL: 'provisioned throughput',
  DESTINATION_TYPE_EXTERNAL_FOUNDATION_MODEL: 'external model',
};

/** What a destination routes to, in short: `system.ai.gpt-5`, `gpt-5 of main.ai.openai`, `endpoint llama-pt`. */
export function routesTo(destination: Destination): string {
  const { model, endpoint, provider } = targetOf(destination);
  if (provider !== undefined) return clip(`${model ?? 'a model'} of ${provider}`, NAME);
  if (endpoint !== undefined) return clip(`endpoint ${endpoint}`, NAME);
  return clip(model ?? destination.destination_type ?? 'unknown', NAME);
}

/** The destinations that get traffic, each with its percentage. A single one gets everything (fact V6). */
export function sharesOf(found: ModelService): { destination: Destination; percent: number }[] {
  const all = primariesOf(found);
  return all.map((destination) => ({
    destination,
    percent: all.length === 1 ? 100 : (destination.traffic_percentage ?? 0),
  }));
}

/** A destination as answers show it, in the words of calls. @param providerType what its provider service is, such as `openai`. */
export function destinationRow(
  destination: Destination,
  { percent, providerType }: { percent?: number; providerType?: string | undefined } = {},
): Record<string, unknown> {
  const { destination_type: type = 'unknown kind' } = destination;
  const { model = destination.provisioned_throughput_config?.model, ...target } = targetOf(destination);
  const { endpoint, provider: through } = target;
  return defined({
    destination: clip(destination.name, NAME),
    traffic_percent: percent,
    kind: KINDS[type] ?? clip(type, 80),
    model: model && clip(model, NAME),
    endpoint: endpoint && clip(endpoint, NAME),
    provider: through && clip(through, NAME),
    provider_type: providerType,
    deleted: destination.is_deleted ? 'what is behind it is gone, so no request can use it' : undefined,
  });
}

/** `user_group analysts: 5 calls and 9000 tokens per minute`. A limit of 0 refuses everything (fact V7). */
export function serviceLimitLine(limit: ServiceLimit): string {
  const { principal, requests, tokens } = limit;
  const who = [dialectKey(limit.key), principal].filter(Boolean).join(' ');
  const amounts = [
    requests === undefined ? undefined : `${requests} calls`,
    tokens === undefined ? undefined : `${tokens} tokens`,
  ].filter((each) => each !== undefined);
  const nothing = requests === 0 || tokens === 0 ? ', which refuses every request' : '';
  return clip(`${who}: ${amounts.join(' and ') || 'no limit'} per ${periodOf(limit)}${nothing}`, 300);
}

/** The inference table of a service: its name, or why it gets no rows. */
export function tableView({ inference_table: table }: ServiceConfig): Record<string, unknown> | string | undefined {
  if (table === undefined) return undefined;
  const name = table.table === undefined ? undefined : clip(fullNameOf(table.table), NAME);
  if (table.is_deleted) return defined({ table: name, deleted: 'the table is gone, so no request is recorded' });
  if (name !== undefined) return name;
  const schema = table.parent === undefined ? undefined : fullNameOf(table.parent);
  return clip(`a table in ${schema ?? 'an unknown schema'}`, NAME);
}

/** The names of the policies of a service, as far as the service shows them. */
export function policiesOf(config: ServiceConfig | undefined): string[] {
  return (config?.service_policies ?? []).map(({ name }) => clip(typeof name === 'string' ? name : 'unnamed', 100));
}

/** A time of Unity Catalog as answers show times, or as it came. */
export function serviceTime(text: string | undefined): string | undefined {
  return text === undefined ? undefined : (timeText(Date.parse(text)) ?? clip(text, 40));
}

/** What the comment of a service says, in an answer. */
export function commentOf({ comment }: ModelService): string | undefined {
  return comment && clip(comment, 300);
}

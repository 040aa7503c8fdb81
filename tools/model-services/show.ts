/** `get_endpoint` on a model service: where it routes, what it limits and records, and whose it is. */
import { serviceFingerprint } from '../../src/plan/fingerprint.ts';
import { fallbacksOf, primariesOf, targetOf, UNITY_GATEWAY } from '../../src/plan/model-service.ts';
import type { ToolResult } from '../../src/refusal.ts';
import { type ModelService, providerServices } from '../../src/rest/index.ts';
import type { Destination } from '../../src/rest/model-services.ts';
import { isServiceName } from '../../src/rest/names.ts';
import { clip } from '../../src/text/sanitize.ts';
import type { ToolContext } from '../../src/tool.ts';
import { readEach } from '../shared/read-each.ts';
import { dropEmpty } from '../shared/view.ts';
import { existingService } from './existing.ts';
import { commentOf, destinationRow, policiesOf, serviceLimitLine, serviceTime, sharesOf, tableView } from './view.ts';

/** Milliseconds for reading who the providers are. */
const PROVIDERS_MS = 10_000;
/** Entries of a list in an answer. A service has at most ten destinations (fact V6). */
const MAX_LIMITS = 30;

/** Reads the service, and each provider service that it names. */
export async function showService(
  args: { endpoint: string; detail: boolean },
  context: ToolContext,
): Promise<ToolResult> {
  const name = args.endpoint;
  const found = await existingService(name, args, context);
  const providers = await providersOf(found, context);
  const { config } = found;
  const typeOf = (destination: Destination) => providers.get(targetOf(destination).provider);
  const limits = config?.rate_limits ?? [];
  return dropEmpty({
    model_service: name,
    gateway: UNITY_GATEWAY,
    comment: commentOf(found),
    destinations: sharesOf(found).map(({ destination, percent }) =>
      destinationRow(destination, { percent, providerType: typeOf(destination) }),
    ),
    fallbacks: fallbacksOf(found).map((each) => destinationRow(each, { providerType: typeOf(each) })),
    rate_limits: limits.slice(0, MAX_LIMITS).map(serviceLimitLine),
    more_limits: Math.max(0, limits.length - MAX_LIMITS) || undefined,
    inference_table: config && tableView(config),
    policies: policiesOf(config),
    api_types: (found.supported_api_types ?? []).slice(0, 20).map((each) => clip(each, 80)),
    owner: found.effective_owner,
    created: serviceTime(found.create_time),
    created_by: found.created_by,
    last_change: serviceTime(found.update_time),
    changed_by: found.updated_by,
    server: context.readOnly ? 'read-only: it was started so and changes nothing' : undefined,
    ...(args.detail ? { config } : {}),
    fingerprint: serviceFingerprint(found),
  });
}

/** Who the providers of its external models are: `openai`, by the name of the provider service. A failed read says why. */
async function providersOf(found: ModelService, context: ToolContext): Promise<Map<string | undefined, string>> {
  const all = [...primariesOf(found), ...fallbacksOf(found)];
  const names = [...new Set(all.flatMap((each) => targetOf(each).provider ?? []))].filter(isServiceName);
  const readings = await readEach(
    names,
    (name) => providerServices.get(context.http, name),
    context,
    PROVIDERS_MS,
    'not known: the provider service does not exist, or you have no privilege on it',
  );
  return new Map(
    names.map((name, at) => {
      const reading = readings[at];
      if (reading === undefined) return [name, 'not read'];
      if ('failed' in reading) return [name, reading.failed];
      return [name, clip(providerWord(reading.found.config.provider_type), 60)];
    }),
  );
}

/** `openai` of `EXTERNAL_MODEL_PROVIDER_TYPE_OPENAI`. */
function providerWord(type: string | undefined): string {
  return (type ?? 'not known').replace('EXTERNAL_MODEL_PROVIDER_TYPE_', '').toLowerCase();
}

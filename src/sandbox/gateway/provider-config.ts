import { shapeCheck } from '../check-body.ts';
import { invalid } from '../errors.ts';
import { type JsonObject, pick } from '../json.ts';
import type {
  ModelTarget,
  ProviderConfig,
  ProviderService,
  ProviderType,
  ServiceRateLimit,
} from '../state/model-service.ts';
import type { Principal, Workspace } from '../state/state.ts';
import { PROVIDER_BLOCKS, PROVIDER_SERVICE_BODY } from './body-schemas.ts';
import { readTable, type SentTable } from './inference-table.ts';
import { blockOf, type ReadBlock, readBlock } from './provider-blocks.ts';
import { readLimits } from './rate-limits.ts';
import type { MaskRules, UpdateMask } from './update-mask.ts';

const FLAGS = ['allow_all_targets', 'forward_headers', 'forward_query_parameters', 'forward_unmanaged_paths'] as const;

type SentConfig = Partial<Pick<ProviderConfig, (typeof FLAGS)[number] | 'provider_type'>> & {
  targets?: ModelTarget[];
  rate_limits?: ServiceRateLimit[];
  inference_table?: SentTable;
  pricing?: { default_discount_basis_points?: number };
} & JsonObject;

/** The body of a create or an update. assumed: gateway-body-strict */
export const checkProviderBody = shapeCheck<{ name?: string; comment?: string; config?: SentConfig }>(
  PROVIDER_SERVICE_BODY,
);

const PRICING = 'config.pricing.default_discount_basis_points';

/** evidence: gateway-control-routes */
export const PROVIDER_MASK: MaskRules = {
  method: 'UpdateModelProviderService',
  paths: [
    'comment',
    'config.provider',
    'config.targets',
    'config.rate_limits',
    'config.inference_table',
    PRICING,
    ...FLAGS.map((flag) => `config.${flag}`),
  ],
  between: ['config.pricing'],
};

const EVERYTHING: UpdateMask = { names: () => true, whole: true };

interface Owned {
  workspace: Workspace;
  caller: Principal;
  full_name: string;
  before: ProviderService | undefined;
}

const typeIn = (config: Pick<ProviderConfig, 'provider_type'>): ProviderType =>
  config.provider_type.replace('EXTERNAL_MODEL_PROVIDER_TYPE_', '') as ProviderType; // the schema lists the types

/** The config that a body makes, and whether it brought a secret as plain text. Throws 400 for a wrong one, 404 and 403 for its table. */
export function readProvider(
  sent: SentConfig | undefined,
  owned: Owned,
  mask: UpdateMask = EVERYTHING,
): { config: ProviderConfig; inline: boolean } {
  if (!sent) throw invalid('Missing required field: config.');
  const { workspace, caller, full_name } = owned;
  const before = owned.before?.config;
  const provider_type = sent.provider_type ?? (mask.whole ? undefined : before?.provider_type);
  if (provider_type === undefined) throw invalid('Missing required field: config.provider_type.');
  // The type is never part of a narrow mask.
  if (before && mask.whole && provider_type !== before.provider_type)
    throw invalid('config.provider_type cannot be changed.');
  const type = typeIn(before ?? { provider_type });
  const { block, inline } = mask.names('config.provider') ? readOwnBlock(type, sent, owned) : keptBlock(before);
  const flag = (name: (typeof FLAGS)[number]): boolean =>
    mask.names(`config.${name}`) ? sent[name] === true : before?.[name] === true;
  const config: ProviderConfig = {
    provider_type: before?.provider_type ?? provider_type,
    provider: block,
    targets: mask.names('config.targets') ? (sent.targets ?? []) : (before?.targets ?? []),
    allow_all_targets: flag('allow_all_targets'),
    forward_headers: flag('forward_headers'),
    forward_query_parameters: flag('forward_query_parameters'),
    forward_unmanaged_paths: flag('forward_unmanaged_paths'),
    rate_limits: mask.names('config.rate_limits')
      ? readLimits(workspace, sent.rate_limits)
      : (before?.rate_limits ?? []),
    inference_table: mask.names('config.inference_table')
      ? readTable(sent.inference_table, { workspace, caller, full_name, before: before?.inference_table ?? null })
      : (before?.inference_table ?? null),
    pricing: mask.names(PRICING) ? (sent.pricing ?? null) : (before?.pricing ?? null),
  };
  checkTargets(type, config);
  return { config, inline };
}

function keptBlock(before: ProviderConfig | undefined): ReadBlock {
  return { block: before?.provider ?? {}, inline: false };
}

function readOwnBlock(type: ProviderType, sent: SentConfig, { workspace, before }: Owned): ReadBlock {
  const own = blockOf(type);
  const blocks = Object.keys(pick(sent, PROVIDER_BLOCKS));
  const other = blocks.find((block) => block !== own);
  if (other !== undefined) throw invalid(`config.${other} does not match the provider type ${type}.`);
  return readBlock(workspace, type, sent[own] as JsonObject | undefined, before?.config.provider); // the schema says that blocks are objects
}

/** evidence: gateway-control-routes, assumed: gateway-provider-rules */
function checkTargets(type: ProviderType, { targets, allow_all_targets }: ProviderConfig): void {
  if (type === 'CUSTOM' && allow_all_targets)
    throw invalid('config.allow_all_targets is not supported for CUSTOM providers.');
  if (targets.length === 0 && !allow_all_targets)
    throw invalid('Missing required field: config.targets. It may be empty only with allow_all_targets.');
  const seen = new Set<string>();
  for (const [at, { model, native_api_types = [], endpoint_route }] of targets.entries()) {
    const field = `config.targets[${at}]`;
    if (native_api_types.length === 0) throw invalid(`Missing required field: ${field}.native_api_types.`);
    if (endpoint_route && type !== 'CUSTOM')
      throw invalid(`Invalid value for ${field}.endpoint_route: only CUSTOM providers have one.`);
    if (endpoint_route && /[{}?#]|^\w+:/.test(endpoint_route))
      throw invalid(
        `Invalid value for ${field}.endpoint_route: expected a relative path without templates, query and fragment.`,
      );
    if (seen.has(model)) throw invalid(`${field} repeats the model '${model}'.`);
    seen.add(model);
  }
}

/** The flags that are on. assumed: gateway-false-omitted */
export function flagsOn(config: ProviderConfig): JsonObject {
  return Object.fromEntries(FLAGS.filter((flag) => config[flag]).map((flag) => [flag, true]));
}

/** The block of the provider under its own name. */
export function namedBlock(config: ProviderConfig): [name: string, block: JsonObject] {
  return [blockOf(typeIn(config)), config.provider];
}

/** A model service as the service returns it → what is compared, shown and sent again. Pure. */
import { defined, isObject } from '../rest/json.ts';
import type { Destination, MaskPath, ModelService, ServiceConfig, ServiceInput } from '../rest/model-services.ts';
import { fullNameOf } from '../rest/names.ts';
import { canonical } from './diff.ts';
import { limitsView } from './service-limits.ts';

/** The word for this gateway in answers. */
export const UNITY_GATEWAY = 'Unity Gateway';
/** And for the other one. */
export const LEGACY_GATEWAY = 'AI Gateway of the endpoint (legacy)';

/** What a destination routes to, by the names that people use. */
export interface Target {
  /** A model of Unity Catalog, or with `provider` the provider's own name of the model. */
  model?: string | undefined;
  /** A provider service, as `catalog.schema.name`. */
  provider?: string | undefined;
  /** An endpoint with provisioned throughput. */
  endpoint?: string | undefined;
  /** The API types of a model at a provider, where they are not those of the provider service. */
  api_types?: string[] | undefined;
}

/** A destination in short. */
export interface DestinationView extends Target {
  percent?: number | undefined;
  /** What is behind it is gone, so no request reaches it (fact V5). */
  deleted?: true | undefined;
}

/** What a destination routes to. */
export function targetOf(destination: Destination): Target {
  const { pay_per_token_config, provisioned_throughput_config, external_model_config: external } = destination;
  const name = (resource: string | undefined) => (resource === undefined ? undefined : fullNameOf(resource));
  const types = external?.target?.native_api_types;
  return defined({
    model: external ? external.target?.model : name(pay_per_token_config?.model),
    provider: name(external?.model_provider_service),
    endpoint: name(provisioned_throughput_config?.model_serving_endpoint),
    api_types: Array.isArray(types) && types.length > 0 ? types.map(String) : undefined,
  });
}

/** A destination in short. @param only whether it is the only one, which gets everything (fact V6). */
export function destinationView(destination: Destination, only = false): DestinationView {
  const { traffic_percentage: percent = only ? 100 : undefined, is_deleted } = destination;
  return defined({ ...targetOf(destination), percent, deleted: is_deleted ? (true as const) : undefined });
}

/** The primary destinations. */
export function primariesOf({ config }: Pick<ModelService, 'config'>): Destination[] {
  return config?.routing?.destinations ?? [];
}

/** The fallbacks, in the order in which they are tried. */
export function fallbacksOf({ config }: Pick<ModelService, 'config'>): Destination[] {
  return config?.routing?.fallback?.destinations ?? [];
}

/** The settings of a service as a person reads them. Differences are those of this view. */
export function serviceView({ comment, config }: Pick<ModelService, 'comment' | 'config'>): Record<string, unknown> {
  const primaries = primariesOf({ config });
  const fallbacks = fallbacksOf({ config });
  return defined({
    comment: comment || undefined,
    destinations: Object.fromEntries(
      primaries.map((each) => [each.name, destinationView(each, primaries.length === 1)]),
    ),
    fallbacks:
      fallbacks.length > 0 ? fallbacks.map((each) => ({ name: each.name, ...destinationView(each) })) : undefined,
    rate_limits: limitsView(config?.rate_limits ?? []),
    inference_table: config?.inference_table && tableView(config.inference_table),
  });
}

type Table = NonNullable<ServiceConfig['inference_table']>;

/** The inference table, as callers give it. */
export function tableView({ parent, table_name_prefix: prefix, is_deleted }: Table): Record<string, unknown> {
  const schema = parent === undefined ? undefined : fullNameOf(parent);
  return defined({ schema, prefix, deleted: is_deleted ? true : undefined });
}

/** A destination without the fields that the service adds. Fields that this version does not know stay. */
export function writableDestination({ is_deleted: _, ...destination }: Destination): Destination {
  const { provisioned_throughput_config: throughput } = destination;
  if (!throughput) return destination;
  const { model: _model, ...config } = throughput;
  return { ...destination, provisioned_throughput_config: config };
}

/** An inference table without the fields that the service adds. */
export function writableTable({ table: _table, is_deleted: _deleted, ...rest }: Table): Table {
  return rest;
}

/** The body of a create that gives the service as it is. */
export function serviceInput({ comment, config = {} }: Pick<ModelService, 'comment' | 'config'>): ServiceInput {
  const { routing, inference_table, ...others } = config;
  const fallback = routing?.fallback;
  return {
    ...(comment === undefined ? {} : { comment }),
    config: {
      ...(routing === undefined
        ? {}
        : {
            routing: {
              ...routing,
              ...(routing.destinations ? { destinations: routing.destinations.map(writableDestination) } : {}),
              ...(fallback?.destinations
                ? { fallback: { ...fallback, destinations: fallback.destinations.map(writableDestination) } }
                : {}),
            },
          }),
      ...others,
      ...(inference_table === undefined ? {} : { inference_table: writableTable(inference_table) }),
    },
  };
}

/** The value of a field that a mask names. Absent lists and texts read as empty. */
function valueAt(service: Pick<ModelService, 'comment' | 'config'>, path: MaskPath): unknown {
  const { comment = '', config = {} } = serviceInput(service);
  switch (path) {
    case 'comment':
      return comment;
    case 'config.routing.destinations':
      return config.routing?.destinations ?? [];
    case 'config.routing.fallback.destinations':
      return config.routing?.fallback?.destinations ?? [];
    case 'config.rate_limits':
      return config.rate_limits ?? [];
    case 'config.inference_table':
      return config.inference_table;
  }
}

/**
 * The fields of a mask in which a service differs from what was sent. The order counts for fallbacks alone. What the service adds to a field does not
 * count.
 */
export function differing(
  sent: Pick<ModelService, 'comment' | 'config'>,
  mask: readonly MaskPath[],
  found: Pick<ModelService, 'comment' | 'config'>,
): MaskPath[] {
  return mask.filter((path) => {
    const [wanted, there] = [valueAt(sent, path), valueAt(found, path)];
    if (!Array.isArray(wanted) || !Array.isArray(there)) return !contains(there, wanted);
    if (wanted.length !== there.length) return true;
    if (path === 'config.routing.fallback.destinations') return !wanted.every((each, at) => contains(there[at], each));
    return !wanted.every((each) => there.some((other) => contains(other, each)));
  });
}

/** Whether a value has all that was sent. */
function contains(there: unknown, sent: unknown): boolean {
  if (isObject(sent) && isObject(there))
    return Object.entries(sent).every(([field, value]) => contains(there[field], value));
  return canonical(there) === canonical(sent);
}

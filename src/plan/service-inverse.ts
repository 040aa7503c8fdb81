/** The arguments of `update_model_service` that bring back the routing, the comment and the inference table of a service. Pure. */
import { defined } from '../rest/json.ts';
import type { Destination, ModelService } from '../rest/model-services.ts';
import { canonical } from './diff.ts';
import { destinationView, fallbacksOf, primariesOf, tableView, targetOf } from './model-service.ts';
import type { DestinationInput } from './service-routing.ts';

/** What cannot be said in arguments: fields of a removed destination that this version does not know. */
export interface ServiceInverse {
  args: Record<string, unknown>;
  omits: string[];
}

/** @param after the service as the change leaves it. Absent parts of it are unchanged. */
export function inverseOfUpdate(before: ModelService, after: Pick<ModelService, 'comment' | 'config'>): ServiceInverse {
  const [old, now] = [primariesOf(before), primariesOf(after)];
  const [oldSpares, nowSpares] = [fallbacksOf(before), fallbacksOf(after)];
  const names = (list: readonly Destination[]) => list.map(({ name }) => name);
  const added = now.filter(({ name }) => !names(old).includes(name));
  const destinations = old.flatMap((each) => {
    const there = now.find(({ name }) => name === each.name);
    const percent = destinationView(each, old.length === 1).percent;
    if (!there || canonical(targetOf(there)) !== canonical(targetOf(each))) return [inputOf(each, percent)];
    return destinationView(there, now.length === 1).percent === percent ? [] : [{ name: each.name, percent }];
  });
  const spares = canonical(oldSpares.map(inputFrom)) === canonical(nowSpares.map(inputFrom)) ? undefined : oldSpares;
  const moved = added.filter(({ name }) => !names(oldSpares).includes(name));
  const [table, tableNow] = [before.config?.inference_table, after.config?.inference_table];
  const tableGone = table === undefined && tableNow !== undefined;
  const remove = [...(!before.comment && after.comment ? ['comment'] : []), ...(tableGone ? ['inference_table'] : [])];
  const dropped = [...old, ...oldSpares].filter(({ name }) => ![...names(now), ...names(nowSpares)].includes(name));
  const left = [...now, ...nowSpares].map((each) => canonical([each.name, targetOf(each)]));
  const gone = [...old, ...oldSpares].filter(
    (each) => each.is_deleted && !left.includes(canonical([each.name, targetOf(each)])),
  );
  return {
    args: defined({
      destinations: destinations.length > 0 ? destinations : undefined,
      remove_destinations: moved.length > 0 ? names(moved) : undefined,
      fallbacks: spares?.map(inputFrom),
      comment: before.comment && before.comment !== after.comment ? before.comment : undefined,
      inference_table: table !== undefined && tableNow === undefined ? plainTable(tableView(table)) : undefined,
      remove: remove.length > 0 ? remove : undefined,
    }),
    omits: [
      ...dropped.filter(hasUnknown).map(({ name }) => `fields of destination ${name} that this version does not know`),
      ...gone.map(
        ({ name }) => `destination ${name}, which was gone already: the undo works once what is behind it is restored`,
      ),
    ],
  };
}

function inputOf(destination: Destination, percent: number | undefined): DestinationInput {
  return defined({ name: destination.name, ...targetOf(destination), percent });
}

function inputFrom(destination: Destination): DestinationInput {
  return inputOf(destination, undefined);
}

function plainTable({ schema, prefix }: Record<string, unknown>): Record<string, unknown> {
  return defined({ schema, prefix });
}

const KNOWN = new Set([
  'name',
  'destination_type',
  'traffic_percentage',
  'is_deleted',
  'pay_per_token_config',
  'provisioned_throughput_config',
  'external_model_config',
]);

function hasUnknown(destination: Destination): boolean {
  const {
    pay_per_token_config: token,
    provisioned_throughput_config: throughput,
    external_model_config: external,
  } = destination;
  const extra = (fields: object | undefined, known: readonly string[]) =>
    Object.keys(fields ?? {}).some((field) => !known.includes(field));
  return (
    Object.keys(destination).some((field) => !KNOWN.has(field)) ||
    extra(token, ['model']) ||
    extra(throughput, ['model_serving_endpoint', 'model']) ||
    extra(external, ['model_provider_service', 'target']) ||
    extra(external?.target, ['model', 'native_api_types'])
  );
}

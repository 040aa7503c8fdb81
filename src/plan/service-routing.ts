/** A model service and wished destinations → the lists to send, what is new in them, and all problems. Pure. */
import { defined } from '../rest/json.ts';
import type { Destination, ModelService } from '../rest/model-services.ts';
import { ENDPOINT_NAME, MODEL_NAME } from '../rest/names.ts';
import { closestNames } from '../text/did-you-mean.ts';
import { canonical } from './diff.ts';
import { fallbacksOf, primariesOf, type Target, targetOf, writableDestination } from './model-service.ts';

/** Most primary destinations and fallbacks of a service (fact V6). */
export const MAX_DESTINATIONS = 10;
export const MAX_FALLBACKS = 5;

/** A destination as callers give it. A name alone means one that exists. */
export interface DestinationInput extends Target {
  name?: string | undefined;
  percent?: number | undefined;
}

export interface RoutingWish {
  /** Destinations to add or change, by name or by what they route to. All others stay. */
  destinations: readonly DestinationInput[];
  /** Names of destinations or fallbacks to remove. */
  remove: readonly string[];
  /** All fallbacks in their order. Undefined keeps them. */
  fallbacks?: readonly DestinationInput[] | undefined;
}

export interface Routing {
  destinations: Destination[];
  fallbacks: Destination[];
  problems: string[];
  /** What the lists route to and did not before, or under another name. */
  added: Target[];
  /** Primary destinations that lose traffic by their removal, with the percentage. */
  lost: { name: string; percent: number }[];
  /** Destinations in a list that is not sent, although what is behind them is gone (fact V5). */
  dead: string[];
}

/** The lists after a wish. The order of what exists stays. */
export function planRouting(before: Pick<ModelService, 'config'> | undefined, wish: RoutingWish): Routing {
  const [primaries, spares] = before ? [primariesOf(before), fallbacksOf(before)] : [[], []];
  const known = [...primaries, ...spares];
  const problems = [...absentRemovals(known, wish.remove), ...bothSetAndRemoved(wish)];
  const stays = ({ name }: Destination) => !wish.remove.includes(name);
  const left = primaries.filter(stays);
  const found = problems.length;
  const merged = mergeInto(left, wish.destinations, known, problems, left);
  // Without a destination that could not be read, the sum of the others says nothing.
  const unread = problems.length > found;
  // A list that the call does not touch may be as odd as the service keeps it.
  const touched = !before || wish.destinations.length > 0 || left.length < primaries.length;
  const destinations = touched ? shared(merged, primaries, unread ? [] : problems) : merged;
  const fallbacks = planFallbacks(spares.filter(stays), wish.fallbacks, known, problems);
  if (touched && !unread && destinations.length === 0) problems.push('a model service needs at least one destination');
  problems.push(...problemsOfLists(destinations, fallbacks));
  const kept = [...destinations, ...fallbacks];
  const there = new Map(known.map((each) => [each.name, canonical(targetOf(each))]));
  const stay = (each: Destination) => there.get(each.name) === canonical(targetOf(each));
  const gone = (list: readonly Destination[], isSent: boolean) =>
    known.filter((each) => each.is_deleted && isSent && list.some((one) => one.name === each.name && stay(one)));
  const sends = {
    primaries: listDiffers(primaries, destinations, false),
    spares: listDiffers(spares, fallbacks, true),
  };
  const refused = [...gone(destinations, sends.primaries), ...gone(fallbacks, sends.spares)];
  problems.push(...problemsOfGone(refused, wish.remove));
  const only = primaries.length === 1;
  return {
    destinations,
    fallbacks,
    problems,
    added: kept.filter((each) => !stay(each)).map(targetOf),
    lost: primaries
      .filter((each) => !stays(each) && !each.is_deleted)
      .map(({ name, traffic_percentage }) => ({ name, percent: traffic_percentage ?? (only ? 100 : 0) }))
      .filter(({ percent }) => percent > 0),
    dead: [...gone(destinations, !sends.primaries), ...gone(fallbacks, !sends.spares)].map(({ name }) => name),
  };
}

/** Whether a list to send differs from the one that exists. The order of primary destinations does not count. */
export function listDiffers(before: readonly Destination[], after: readonly Destination[], ordered: boolean): boolean {
  const texts = (list: readonly Destination[]) => list.map((each) => canonical(writableDestination(each)));
  const [old, now] = [texts(before), texts(after)];
  return canonical(ordered ? old : old.sort()) !== canonical(ordered ? now : now.sort());
}

/** The service checks each entry of a list that it gets, so a destination that is gone must leave with the same call (fact V5). */
function problemsOfGone(gone: readonly Destination[], remove: readonly string[]): string[] {
  if (gone.length === 0) return [];
  const names = gone.map(({ name }) => name);
  const targets = gone.map((each) => `${each.name} (${Object.values(targetOf(each))[0] ?? 'unknown'})`).join(' and ');
  const all = JSON.stringify([...remove, ...names]);
  return [
    `what is behind ${targets} is gone, and the service refuses a list that has it: in the same call, give remove_destinations ${all} and name it nowhere else, or replace it with ${JSON.stringify({ name: names[0], model: '…' })}; the percentages of several destinations then sum to 100`,
  ];
}

function absentRemovals(known: readonly Destination[], remove: readonly string[]): string[] {
  const names = known.map(({ name }) => name);
  return remove
    .filter((name) => !names.includes(name))
    .map((name) => `there is no destination ${name} to remove${meant(name, names)}`);
}

function bothSetAndRemoved({ destinations, fallbacks = [], remove }: RoutingWish): string[] {
  return [...destinations, ...fallbacks].flatMap(({ name }) =>
    name !== undefined && remove.includes(name) ? [`destination ${name} is both given and removed`] : [],
  );
}

function meant(name: string, names: readonly string[]): string {
  const near = closestNames(name, names).slice(0, 3);
  return near.length > 0 ? `: did you mean ${near.join(' or ')}?` : '';
}

/**
 * The list with each wish merged into the destination that it means, or added at the end.
 * @param own the destinations of this kind, which a wish without a name may mean by what they route to.
 */
function mergeInto(
  list: readonly Destination[],
  wishes: readonly DestinationInput[],
  known: readonly Destination[],
  problems: string[],
  own: readonly Destination[],
): Destination[] {
  const result = list.map(writableDestination);
  const named: string[] = [];
  for (const wish of wishes) {
    const made = destinationFrom(wish, known, own, problems);
    if (!made) continue;
    if (named.includes(made.name)) problems.push(`destination ${made.name} is given twice: give each its own name`);
    named.push(made.name);
    const at = result.findIndex(({ name }) => name === made.name);
    if (at < 0) result.push(made);
    else result[at] = made;
  }
  return result;
}

/** The destination that a wish means. Undefined with a problem. @param own as in {@link mergeInto}. */
function destinationFrom(
  wish: DestinationInput,
  known: readonly Destination[],
  own: readonly Destination[],
  problems: string[],
): Destination | undefined {
  const { name, percent, ...target } = wish;
  const wanted = defined(target);
  const says = Object.keys(wanted).length > 0;
  const found =
    name === undefined
      ? own.find((each) => says && canonical(targetOf(each)) === canonical(wanted))
      : known.find((each) => each.name === name);
  if (!says) {
    if (!found) {
      const names = known.map((each) => each.name);
      problems.push(
        name === undefined
          ? 'a destination names neither model, nor provider, nor endpoint'
          : `there is no destination ${name}${meant(name, names) || '; a new one needs model or endpoint'}`,
      );
      return undefined;
    }
    return withPercent(writableDestination(found), percent);
  }
  const wrong = problemsOfTarget(wanted);
  problems.push(...wrong);
  if (wrong.length > 0) return undefined;
  const label = name ?? found?.name ?? nameFor(wanted);
  if (name === undefined && !found && known.some((each) => each.name === label)) {
    problems.push(`another destination is named ${label}: give this one its own name`);
    return undefined;
  }
  return withPercent({ name: label, ...rest(found), ...blockOf(wanted, found) }, percent);
}

/** The fields of a destination besides its name and what it routes to. */
function rest(found: Destination | undefined): Record<string, unknown> {
  if (!found) return {};
  const {
    name: _name,
    destination_type: _type,
    pay_per_token_config: _token,
    provisioned_throughput_config: _throughput,
    external_model_config: _external,
    ...others
  } = writableDestination(found);
  return others;
}

function withPercent(destination: Destination, percent: number | undefined): Destination {
  return percent === undefined ? destination : { ...destination, traffic_percentage: percent };
}

/** The name of a destination that is given without one: the last part of its model, or the endpoint. */
function nameFor({ model, endpoint = '', provider }: Target): string {
  if (model === undefined) return endpoint;
  return provider === undefined ? (model.split('.').at(-1) ?? model) : model;
}

function problemsOfTarget({ model, provider, endpoint, api_types }: Target): string[] {
  if (endpoint !== undefined) {
    if (model !== undefined || provider !== undefined)
      return [`destination with endpoint ${endpoint}: give no model and no provider with it`];
    return ENDPOINT_NAME.test(endpoint) ? [] : [`endpoint ${endpoint} is not the name of an endpoint`];
  }
  if (provider !== undefined) {
    if (model === undefined) return [`provider ${provider} needs model: the name that the provider has for it`];
    return MODEL_NAME.test(provider) ? [] : [`provider ${provider} must be catalog.schema.name of a provider service`];
  }
  if (model === undefined) return ['api_types need provider and model'];
  if (!MODEL_NAME.test(model))
    return [
      `model ${model} must be catalog.schema.model, such as system.ai.${model.split('.').at(-1)}; a provider’s model needs provider`,
    ];
  return api_types === undefined ? [] : [`model ${model} takes no api_types: only a model at a provider has them`];
}

/** The block of the wire for a target. Fields of the same block that this version does not know stay. */
function blockOf(
  { model, provider, endpoint, api_types }: Target,
  found: Destination | undefined,
): Partial<Destination> {
  if (endpoint !== undefined)
    return {
      destination_type: 'DESTINATION_TYPE_PROVISIONED_THROUGHPUT_FOUNDATION_MODEL',
      provisioned_throughput_config: {
        ...withoutModel(found?.provisioned_throughput_config),
        model_serving_endpoint: `serving-endpoints/${endpoint}`,
      },
    };
  if (provider === undefined)
    return {
      destination_type: 'DESTINATION_TYPE_PAY_PER_TOKEN_FOUNDATION_MODEL',
      pay_per_token_config: { ...found?.pay_per_token_config, model: `models/${model}` },
    };
  const { native_api_types: _, ...target } = { native_api_types: undefined, ...found?.external_model_config?.target };
  return {
    destination_type: 'DESTINATION_TYPE_EXTERNAL_FOUNDATION_MODEL',
    external_model_config: {
      ...found?.external_model_config,
      model_provider_service: `model-provider-services/${provider}`,
      target: { ...target, ...defined({ model, native_api_types: api_types }) },
    },
  };
}

function withoutModel(config: Destination['provisioned_throughput_config']): Record<string, unknown> {
  const { model: _, ...others } = config ?? {};
  return others;
}

/** Percentages: a single destination gets everything, several have them all and sum to 100 (fact V6). */
function shared(list: readonly Destination[], before: readonly Destination[], problems: string[]): Destination[] {
  const [only, ...others] = list;
  if (!only) return [];
  if (others.length === 0) {
    const { traffic_percentage: percent } = only;
    if (percent === undefined || percent === 100) return [only];
    // What was left of a split gets everything. A wrong number of the caller does not.
    if (before.length > 1) return [{ ...only, traffic_percentage: 100 }];
    problems.push(`${only.name} is the only destination, so it gets 100 percent, not ${percent}`);
    return [only];
  }
  const missing = list.filter(({ traffic_percentage }) => traffic_percentage === undefined);
  problems.push(...missing.map(({ name }) => `destination ${name} needs percent, because there are several`));
  const sum = list.reduce((total, { traffic_percentage = 0 }) => total + traffic_percentage, 0);
  if (missing.length === 0 && sum !== 100) {
    const shares = list.map(({ name, traffic_percentage }) => `${name} ${traffic_percentage}`).join(', ');
    problems.push(`the percentages sum to ${sum}, not 100: ${shares}`);
  }
  return [...list];
}

/** The new list of fallbacks. Those whose model is gone stay at its end: only a removal by name drops them. */
function planFallbacks(
  spares: readonly Destination[],
  wishes: readonly DestinationInput[] | undefined,
  known: readonly Destination[],
  problems: string[],
): Destination[] {
  if (!wishes) return spares.map(writableDestination);
  problems.push(
    ...wishes.flatMap(({ name, model, endpoint, percent }) =>
      percent === undefined
        ? []
        : [`fallback ${name ?? model ?? endpoint} takes no percent: fallbacks are tried in order`],
    ),
  );
  const named = mergeInto([], wishes, known, problems, spares).map(({ traffic_percentage: _, ...each }) => each);
  const dead = spares.filter((each) => each.is_deleted && !named.some(({ name }) => name === each.name));
  return [...named, ...dead.map(writableDestination)];
}

function problemsOfLists(destinations: readonly Destination[], fallbacks: readonly Destination[]): string[] {
  const both = destinations.filter(({ name }) => fallbacks.some((each) => each.name === name));
  return [
    ...(destinations.length > MAX_DESTINATIONS
      ? [`${destinations.length} destinations are more than ${MAX_DESTINATIONS}`]
      : []),
    ...(fallbacks.length > MAX_FALLBACKS ? [`${fallbacks.length} fallbacks are more than ${MAX_FALLBACKS}`] : []),
    ...both.map(({ name }) => `${name} is both a destination and a fallback: give each its own name`),
  ];
}

/** What a swap leaves as it is, for its preview and its answer: settings of the entity, the gateway, and aliases on the replaced version. */
import { configInput } from '../../src/plan/config-input.ts';
import { notThere } from '../../src/plan/removals.ts';
import type { SwapPlan } from '../../src/plan/swap.ts';
import { variablesOf } from '../../src/plan/variables.ts';
import type { ToolResult } from '../../src/refusal.ts';
import type { ConfigInput } from '../../src/rest/endpoints.ts';
import { ApiError, TransportError } from '../../src/rest/errors.ts';
import type { Http } from '../../src/rest/http.ts';
import { type Endpoint, endpoints } from '../../src/rest/index.ts';
import { MODEL_NAME } from '../../src/rest/names.ts';
import { type AliasState, aliasesNow, refuseAlias } from './alias.ts';
import { dropEmpty } from './view.ts';

/** Most names in one list. */
const MAX_NAMES = 30;

/** The settings that the new version takes over, with the variables by name only. @param removed names of variables to remove. */
export function carriedOver(current: Endpoint, plan: SwapPlan, removed: readonly string[] | undefined): ToolResult {
  const input = configInput(current.config ?? current.pending_config).served_entities;
  const source = input.find(({ name }) => name === (plan.existing ? plan.entity : plan.replaced.name));
  const after = plan.config.served_entities.find(({ name }) => name === plan.entity);
  const [was, is] = [variablesOf(source), variablesOf(after)];
  const names = Object.keys(is);
  const kept = names.filter((name) => was[name] === is[name]);
  return dropEmpty({
    variables: cut(kept),
    variables_set: cut(names.filter((name) => was[name] !== is[name])),
    variables_removed: cut(Object.keys(was).filter((name) => !(name in is))),
    not_there: cut(notThere('environment_vars', was, removed)),
    size: after?.workload_size,
    type: after?.workload_type,
    min_concurrency: after?.min_provisioned_concurrency,
    max_concurrency: after?.max_provisioned_concurrency,
    scale_to_zero: after?.scale_to_zero_enabled,
    gateway: Object.keys(current.ai_gateway ?? {}).map((part) => part.replace(/_config$/, '')),
  });
}

/** The aliases of the model. Undefined when they could not be read and the swap moves none, so that it does not depend on them. */
export async function knownAliases(http: Http, model: string, moves: boolean): Promise<AliasState[] | undefined> {
  try {
    return await aliasesNow(http, model);
  } catch (error) {
    if (moves) return refuseAlias(error);
    if (!(error instanceof ApiError || error instanceof TransportError)) throw error;
    return undefined;
  }
}

/** The aliases that still name the replaced version, besides the one that moves. Serving does not follow them, but other jobs may (fact M5). */
export function aliasesLeft(
  aliases: readonly AliasState[] | undefined,
  { model, replaced }: SwapPlan,
  to: { version: string; alias: string | undefined },
): ToolResult {
  const { version } = replaced;
  if (version === to.version) return {};
  if (!aliases) return { not_checked: [`the aliases of ${model} on version ${version}`] };
  const names = aliases.filter((each) => String(each.version) === version && each.name !== to.alias);
  return names.length === 0 ? {} : { other_aliases: { version, names: cut(names.map(({ name }) => name)) } };
}

/** Most models whose aliases one update reads. */
const MAX_MODELS = 3;

/** The aliases that still name a version which an update takes off the endpoint. Nothing else moves them. */
export async function aliasesOnRemoved(http: Http, current: Endpoint, after: ConfigInput): Promise<ToolResult> {
  const same = (a: Fields, b: Fields) => a.entity_name === b.entity_name && a.entity_version === b.entity_version;
  const removed = endpoints
    .entitiesOf(current.config)
    .filter(
      (each) => MODEL_NAME.test(each.entity_name ?? '') && !after.served_entities.some((other) => same(each, other)),
    );
  const models = [
    ...new Set(removed.flatMap(({ entity_name, entity_version }) => (entity_version && entity_name) || [])),
  ];
  const known = new Map(
    await Promise.all(
      models.slice(0, MAX_MODELS).map(async (model) => [model, await knownAliases(http, model, false)] as const),
    ),
  );
  const left = removed.flatMap(({ name: entity, entity_name: model = '', entity_version: version }) => {
    const names = (known.get(model) ?? []).filter((alias) => String(alias.version) === version).map(({ name }) => name);
    return names.length === 0 ? [] : [{ entity, version, names: cut(names) }];
  });
  const unread = models.filter((model) => !known.get(model)).map((model) => `the aliases of ${model}`);
  return dropEmpty({ aliases_on_removed: left, not_checked: unread });
}

type Fields = Record<string, unknown>;

function cut(names: string[]): string[] {
  return names.length <= MAX_NAMES ? names : [...names.slice(0, MAX_NAMES), `and ${names.length - MAX_NAMES} more`];
}

/** `list_endpoints` with a schema: the model services of that schema. The service lists no whole metastore (fact V1). */
import { fallbacksOf, targetOf, UNITY_GATEWAY } from '../../src/plan/model-service.ts';
import { modelKey } from '../../src/plan/same-model.ts';
import { call, Refusal, type ToolResult } from '../../src/refusal.ts';
import { isAbsent } from '../../src/rest/absent.ts';
import { type ModelService, modelServices } from '../../src/rest/index.ts';
import { fullNameOf, isServiceName } from '../../src/rest/names.ts';
import { closestNames, normalize } from '../../src/text/did-you-mean.ts';
import { clip } from '../../src/text/sanitize.ts';
import type { ToolContext } from '../../src/tool.ts';
import { dropEmpty } from '../shared/view.ts';
import { routesTo, serviceTime, sharesOf } from './view.ts';

/** Where services are found, for an answer about endpoints. */
export const LISTED_BY_SCHEMA =
  'Model services of Unity Gateway are listed by schema only: give schema, such as main.ai or system.ai.';

/** Characters of the rows of a page. A normal answer has 8,000. */
const PAGE_CHARACTERS = 6_000;
const PAGE = 50;

interface Asked {
  schema: string;
  name_contains?: string | undefined;
  model?: string | undefined;
  creator?: string | undefined;
  limit?: number | undefined;
  cursor?: string | undefined;
}

/** @param others the names of filters that services do not have. */
export async function listServices(asked: Asked, others: readonly string[], context: ToolContext): Promise<ToolResult> {
  const { schema, limit, cursor, name_contains = '', model, creator } = asked;
  if (others.length > 0)
    throw new Refusal(
      'unused_argument',
      `${others.join(' and ')} cannot be used with schema: model services have no such property`,
      `Repeat the call without it: ${call('list_endpoints', { ...asked })}.`,
    );
  const all = await servicesOf(schema, context);
  const matching = all
    .map((found) => ({ found, name: fullNameOf(found.name) }))
    .filter(
      ({ found, name }) =>
        normalize(idOf(name)).includes(normalize(name_contains)) &&
        (model === undefined || routesToModel(found, model)) &&
        (creator === undefined || isOwner(found, creator)),
    )
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const ahead = cursor === undefined ? matching : matching.filter(({ name }) => name > cursor);
  const rows: ToolResult[] = [];
  let characters = 0;
  for (const { found, name } of ahead.slice(0, limit ?? PAGE)) {
    const row = rowOf(found, name);
    characters += JSON.stringify(row).length;
    if (limit === undefined && rows.length > 0 && characters > PAGE_CHARACTERS) break;
    rows.push(row);
  }
  const last = ahead[rows.length - 1]?.name;
  return dropEmpty({
    schema,
    gateway: UNITY_GATEWAY,
    total: matching.length,
    model_services: rows,
    next_cursor: rows.length < ahead.length ? last : undefined,
    ...(rows.length > 0 ? {} : nothing(all, name_contains, schema)),
  });
}

/** @throws Refusal when the schema does not exist, or the caller may not use it. */
async function servicesOf(schema: string, { http }: ToolContext): Promise<ModelService[]> {
  try {
    // BASIC has no destinations, and the rows show them (fact V2).
    return await modelServices.list(http, schema, 'FULL');
  } catch (error) {
    if (!isAbsent(error)) throw error;
    throw new Refusal(
      'schema_not_found',
      `there is no schema ${schema}, or you may not use it`,
      'Give it as catalog.schema. Listing needs USE CATALOG and USE SCHEMA; the workspace may also lack Unity Gateway, which is in preview in some regions.',
      {},
      { cause: error },
    );
  }
}

function rowOf(found: ModelService, name: string): ToolResult {
  const shares = sharesOf(found);
  const fallbacks = fallbacksOf(found);
  const routes = shares.map(({ destination, percent }) =>
    shares.length > 1 ? `${routesTo(destination)} (${percent} %)` : routesTo(destination),
  );
  const gone = [...shares.map(({ destination }) => destination), ...fallbacks].filter(({ is_deleted }) => is_deleted);
  return dropEmpty({
    name: clip(name, 300),
    routes_to: clip(routes.join(', '), 400),
    fallbacks: clip(fallbacks.map(routesTo).join(', '), 200),
    deleted: clip(gone.map(routesTo).join(', '), 200),
    limits: found.config?.rate_limits?.length || undefined,
    owner: found.effective_owner,
    last_change: serviceTime(found.update_time),
  });
}

/** By the model of a destination, in full, by a part of its name, or as another service spells it. */
function routesToModel(found: ModelService, wanted: string): boolean {
  return [...sharesOf(found).map(({ destination }) => destination), ...fallbacksOf(found)].some((destination) => {
    const { model = destination.provisioned_throughput_config?.model ?? '', endpoint = '' } = targetOf(destination);
    const key = modelKey(wanted, 'kept');
    return (
      [model, endpoint].some((name) => normalize(name).includes(normalize(wanted))) ||
      (key !== '' && modelKey(model, 'kept') === key)
    );
  });
}

function isOwner({ effective_owner, created_by }: ModelService, wanted: string): boolean {
  const names = [effective_owner, created_by].flatMap((name) => (name ? [name, name.replace(/@.*/, '')] : []));
  return names.some((name) => name.toLowerCase() === wanted.toLowerCase());
}

function idOf(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

/** Why a list is empty. */
function nothing(all: readonly ModelService[], part: string, schema: string): ToolResult {
  if (all.length === 0) return { note: `${schema} has no model service that you may see` };
  const names = all.map(({ name }) => fullNameOf(name)).filter(isServiceName);
  const near = closestNames(part, names.map(idOf)).slice(0, 5);
  return dropEmpty({ note: `none of ${all.length} model services match`, near: near.map((id) => `${schema}.${id}`) });
}

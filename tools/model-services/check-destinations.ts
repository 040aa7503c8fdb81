/** Checks of what a model service is to route to: models, provider services and endpoints that exist, with near names where they do not. */
import type { Target } from '../../src/plan/model-service.ts';
import { fullModelNames, plainNames } from '../../src/plan/served-model.ts';
import { ApiError } from '../../src/rest/errors.ts';
import type { Http } from '../../src/rest/http.ts';
import { type Endpoint, endpoints, models, providerServices } from '../../src/rest/index.ts';
import { closestNames } from '../../src/text/did-you-mean.ts';
import { clip } from '../../src/text/sanitize.ts';

/** Models of a provider service in a message. */
const MAX_OFFERED = 5;

export interface CheckedTargets {
  problems: string[];
  /** The targets, and for each endpoint the models that it serves. */
  routed: Target[];
  /** The models of the endpoints, for the policy. */
  endpointModels: Record<string, string[]>;
}

/** Reads each target once. What the caller may not read is left to the service. */
export async function checkTargets(targets: readonly Target[], http: Http): Promise<CheckedTargets> {
  if (targets.length === 0) return { problems: [], routed: [], endpointModels: {} };
  const all = await endpoints.list(http);
  const checks = await Promise.all(targets.map((target) => problemOf(target, all, http)));
  const named = new Set(targets.map(({ endpoint }) => endpoint));
  const endpointModels = Object.fromEntries(
    all.filter(({ name }) => named.has(name)).map((each) => [each.name, fullModelNames(each)]),
  );
  return {
    problems: [...new Set(checks.flatMap((each) => each ?? []))],
    routed: targets.flatMap((target) => {
      const models = endpointModels[target.endpoint ?? ''] ?? [];
      return models.length > 0 ? models.map((model) => ({ ...target, model })) : [target];
    }),
    endpointModels,
  };
}

async function problemOf({ model, provider, endpoint }: Target, all: readonly Endpoint[], http: Http) {
  if (endpoint !== undefined) return endpointProblem(endpoint, all, http);
  if (model === undefined) return undefined;
  return provider === undefined ? modelProblem(model, all, http) : providerProblem(provider, model, http);
}

/** A destination with provisioned throughput needs an endpoint that has it, and that the caller manages (fact V16). */
async function endpointProblem(name: string, all: readonly Endpoint[], http: Http): Promise<string | undefined> {
  const found = await endpoints.find(http, name);
  if (!found) return `there is no endpoint ${name}${meant(name, plainNames(all))}`;
  const level = found.permission_level ?? '';
  if (/^CAN_(VIEW|QUERY)$/.test(level))
    return `you have ${level} on endpoint ${name}, and a model service that routes to it needs your CAN_MANAGE`;
  if (servesProvisioned(found)) return undefined;
  const provisioned = all.filter(servesProvisioned);
  return `endpoint ${name} serves no provisioned throughput, so a model service cannot route to it${meant(name, plainNames(provisioned))}`;
}

const THROUGHPUT = ['min_provisioned_throughput', 'max_provisioned_throughput', 'provisioned_model_units'] as const;

function servesProvisioned({ config, pending_config }: Endpoint): boolean {
  return endpoints
    .entitiesOf(config ?? pending_config)
    .some((entity) => THROUGHPUT.some((field) => entity[field] !== undefined));
}

/** `system.ai.gpt` and `system.ai.databricks-gpt` are the same model (assumed in public answers). */
const bare = (name: string) => name.replace(/^system\.ai\.databricks-/, 'system.ai.');

/** A model that endpoints serve, or that Unity Catalog has. */
async function modelProblem(name: string, all: readonly Endpoint[], http: Http): Promise<string | undefined> {
  const served = [...new Set(all.flatMap(fullModelNames))].filter((each) => each.startsWith('system.ai.'));
  if (served.some((each) => bare(each) === bare(name))) return undefined;
  if (await exists(() => models.get(http, name))) return undefined;
  const [catalog_name = '', schema_name = ''] = name.split('.');
  const listed = await models.list(http, { catalog_name, schema_name }).catch(() => undefined);
  const names = [...served, ...(listed?.models ?? []).flatMap(({ full_name }) => full_name ?? [])];
  return `there is no model ${name}, or you may not see it${meant(name, [...new Set(names)])}`;
}

async function providerProblem(name: string, model: string, http: Http): Promise<string | undefined> {
  let config: providerServices.ProviderService['config'];
  try {
    ({ config } = await providerServices.get(http, name));
  } catch (error) {
    if (!isAbsent(error)) return unlessHidden(error);
    const schema = name.split('.').slice(0, 2).join('.');
    const known = await providerServices.names(http, schema).catch(() => []);
    return `there is no provider service ${name}, or you may not see it${meant(name, known)}`;
  }
  const offered = config.targets.map((target) => target.model);
  if (config.allow_all_targets || offered.length === 0 || offered.includes(model)) return undefined;
  const list = [...new Set([...closestNames(model, offered), ...offered])];
  const shown = list.slice(0, MAX_OFFERED).map((each) => clip(each, 80));
  const more = list.length > MAX_OFFERED ? ` and ${list.length - MAX_OFFERED} more` : '';
  return `provider service ${name} does not offer ${model}; it offers ${shown.join(', ')}${more}`;
}

/** Whether a read finds something. A refusal for another reason proves nothing, so the service decides later. */
async function exists(read: () => Promise<unknown>): Promise<boolean> {
  try {
    await read();
    return true;
  } catch (error) {
    if (isAbsent(error)) return false;
    unlessHidden(error);
    return true;
  }
}

function isAbsent(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404;
}

/** @throws the error, unless it only says that the caller may not read. */
function unlessHidden(error: unknown): undefined {
  if (error instanceof ApiError && error.status === 403) return undefined;
  throw error;
}

/** Names from outside become part of a message only where they are plain. */
function meant(name: string, names: readonly string[]): string {
  const near = closestNames(
    name,
    names.filter((each) => /^[\w.-]{1,255}$/.test(each)),
  ).slice(0, 3);
  return near.length > 0 ? `: did you mean ${near.join(' or ')}?` : '';
}

/** Checks against the workspace before a write: versions, throughput steps and secrets. Each check returns problems, so that one refusal lists all. */
import { type EntityInput, nameOf, secretReferences } from '../../src/plan/entity-rules.ts';
import { Refusal, type ToolResult } from '../../src/refusal.ts';
import { isAbsent } from '../../src/rest/absent.ts';
import { ApiError, UnreachedError } from '../../src/rest/errors.ts';
import type { Http } from '../../src/rest/http.ts';
import { models, provisioned, secrets } from '../../src/rest/index.ts';
import { isWorkspaceModel } from '../../src/rest/names.ts';
import { closest } from '../../src/text/did-you-mean.ts';
import { clip } from '../../src/text/sanitize.ts';
import { readyVersion } from './model-version.ts';

/** Parallel checks. An endpoint can have fifteen entities, and workspaces limit their request rate. */
const AT_ONCE = 6;

/** Versions must be READY, throughput must be a multiple of the step, and secret scopes and keys must exist. */
export async function preflight(
  http: Http,
  entities: readonly EntityInput[],
  extra: unknown = undefined,
): Promise<string[]> {
  const checks = [
    ...entities.map((entity) => () => versionProblems(http, entity)),
    ...entities.map((entity) => () => throughputProblems(http, entity)),
    () => secretProblems(http, [entities, extra]),
  ];
  const problems: string[] = [];
  for (let at = 0; at < checks.length; at += AT_ONCE) {
    const found = await Promise.all(checks.slice(at, at + AT_ONCE).map((check) => check()));
    problems.push(...found.flat());
  }
  return [...new Set(problems)];
}

async function versionProblems(http: Http, entity: EntityInput): Promise<string[]> {
  if (typeof entity.entity_name !== 'string') return [];
  if (isWorkspaceModel(entity.entity_name))
    return [
      `${clip(entity.entity_name, 100)} has no catalog and schema, and this server serves no models of the workspace registry: give catalog.schema.model`,
    ];
  if (entity.entity_version === undefined) return withoutVersion(http, entity.entity_name);
  // A non-numeric version is reported by the entity rules.
  if (!/^[1-9]\d*$/.test(String(entity.entity_version))) return [];
  try {
    await readyVersion(http, entity.entity_name, String(entity.entity_version));
    return [];
  } catch (error) {
    return [versionProblem(error)];
  }
}

/** The refusal of a version as one problem of a list. Rethrows any other error. */
export function versionProblem(error: unknown): string {
  if (!(error instanceof Refusal)) throw error;
  return `${error.message} (${error.next})`;
}

/** An entity without a version must be a feature spec, which is a Unity Catalog function, not a model. */
async function withoutVersion(http: Http, name: string): Promise<string[]> {
  try {
    await models.get(http, name);
    return [`${name} is a registered model and needs entity_version`];
  } catch (error) {
    if (error instanceof UnreachedError || (error instanceof ApiError && error.status === 404)) return [];
    throw error;
  }
}

async function throughputProblems(http: Http, entity: EntityInput): Promise<string[]> {
  const given = ['min_provisioned_throughput', 'max_provisioned_throughput'].filter(
    (field) => entity[field] !== undefined,
  );
  if (given.length === 0 || typeof entity.entity_name !== 'string' || entity.entity_version === undefined) return [];
  const found = await optimization(http, entity.entity_name, String(entity.entity_version));
  if (!found) return [];
  const { optimizable, throughput_chunk_size: step } = found;
  if (optimizable === false)
    return [
      `${nameOf(entity)}: the model does not support provisioned throughput in tokens per second; use provisioned_model_units`,
    ];
  if (!step) return [];
  return given
    .filter((field) => Number(entity[field]) % step !== 0)
    .map(
      (field) =>
        `${nameOf(entity)}: ${field} must be a multiple of ${step} tokens per second, such as ${Math.max(1, Math.round(Number(entity[field]) / step)) * step}`,
    );
}

/** Undefined for a version that does not exist. Another check reports it. */
async function optimization(http: Http, model: string, version: string) {
  try {
    return await provisioned.optimization(http, model, version);
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}

async function secretProblems(http: Http, value: unknown): Promise<string[]> {
  const references = secretReferences(value);
  const scopes = [...new Set(references.map((reference) => reference.scope))];
  const found = await Promise.all(scopes.map(async (scope) => [scope, await keysOf(http, scope)] as const));
  const known = new Map(found);
  const others = found.some(([, keys]) => keys === undefined) ? await secrets.scopes(http).catch(() => []) : [];
  const problems = references.flatMap(({ scope, key }) => {
    const keys = known.get(scope);
    if (keys === 'hidden') return [];
    if (keys === undefined) return [`secret scope ${scope} does not exist${meaning(scope, others)}`];
    return keys.includes(key) ? [] : [`secret scope ${scope} has no key ${key}${meaning(key, keys)}`];
  });
  return [...new Set(problems)];
}

/** The name that was probably meant. Names of scopes and keys come from outside, and only those of the documented form are repeated. */
function meaning(name: string, known: readonly string[]): string {
  const near = closest(
    name,
    known.filter((each) => each !== name && /^[\w.@-]{1,128}$/.test(each)),
  );
  return near === undefined ? '' : `: did you mean ${near}?`;
}

/** Undefined when the scope does not exist. `hidden` when the caller may not list it, so that the keys are unknown. */
async function keysOf(http: Http, scope: string): Promise<string[] | 'hidden' | undefined> {
  try {
    return await secrets.keys(http, scope);
  } catch (error) {
    if (isAbsent(error)) return undefined;
    if (error instanceof ApiError && (error.status === 403 || error.status === 404)) return 'hidden';
    throw error;
  }
}

/** Maximum length of the message in characters, and maximum number of listed problems. */
const MAX_MESSAGE = 6_000;
const MAX_PROBLEMS = 50;

/** Ends the call with all problems at once. @param data for the answer. */
export function refuseProblems(problems: string[], data: ToolResult = {}): void {
  if (problems.length === 0) return;
  const message = `${problems.length === 1 ? '1 problem' : `${problems.length} problems`} found; nothing was sent: ${clip(problems.join('; '), MAX_MESSAGE)}`;
  const next = `Correct the problems and repeat the call.${data.near === undefined ? '' : ' near lists principals with similar names.'}`;
  throw new Refusal('invalid_request', message, next, {
    problems: problems.slice(0, MAX_PROBLEMS).map((problem) => clip(problem, 500)),
    ...(problems.length > MAX_PROBLEMS ? { omitted: problems.length - MAX_PROBLEMS } : {}),
    ...data,
  });
}

/** What only the workspace can say before a write: versions, throughput steps, secrets. Each check answers with problems, so that all are told at once. */
import { type EntityInput, nameOf, secretReferences } from '../../src/plan/entity-rules.ts';
import { Refusal } from '../../src/refusal.ts';
import { ApiError } from '../../src/rest/errors.ts';
import type { Http } from '../../src/rest/http.ts';
import { models, provisioned, secrets } from '../../src/rest/index.ts';
import { clip } from '../../src/text/sanitize.ts';
import { readyVersion } from './model-version.ts';

/** Checks that run at the same time: an endpoint can have fifteen entities, and a workspace counts requests. */
const AT_ONCE = 6;

/** Problems of entities and of other values with secrets: versions must be READY, throughput in steps, scopes and keys there. */
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
  if (entity.entity_version === undefined) return withoutVersion(http, entity.entity_name);
  // What is no number is told by the rules of entities.
  if (!/^[1-9]\d*$/.test(String(entity.entity_version))) return [];
  try {
    await readyVersion(http, entity.entity_name, String(entity.entity_version));
    return [];
  } catch (error) {
    return [versionProblem(error)];
  }
}

/** The refusal of a version as one problem among others; any other error is thrown again. */
export function versionProblem(error: unknown): string {
  if (!(error instanceof Refusal)) throw error;
  return `${error.message.replace('; nothing was sent', '')} (${error.next})`;
}

/** Without a version it can only be a feature spec, which is a function of Unity Catalog and no model. */
async function withoutVersion(http: Http, name: string): Promise<string[]> {
  try {
    await models.get(http, name);
    return [`${name} is a registered model: entity_version is missing`];
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return [];
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
      `${nameOf(entity)}: the model is not eligible for provisioned throughput in tokens per second; use provisioned_model_units`,
    ];
  if (!step) return [];
  return given
    .filter((field) => Number(entity[field]) % step !== 0)
    .map(
      (field) =>
        `${nameOf(entity)}: ${field} must be a multiple of ${step} tokens per second, for instance ${Math.max(1, Math.round(Number(entity[field]) / step)) * step}`,
    );
}

/** Undefined for a version that does not exist, which another check tells. */
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
  const problems = references.flatMap(({ scope, key }) => {
    const keys = known.get(scope);
    if (keys === 'hidden') return [];
    if (keys === undefined) return [`secret scope ${scope} does not exist`];
    return keys.includes(key) ? [] : [`secret scope ${scope} has no key ${key}`];
  });
  return [...new Set(problems)];
}

/** Undefined when there is no such scope; `hidden` when the caller may not list it, which proves nothing about the keys. */
async function keysOf(http: Http, scope: string): Promise<string[] | 'hidden' | undefined> {
  try {
    return await secrets.keys(http, scope);
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    if (error instanceof ApiError && error.status === 403) return 'hidden';
    throw error;
  }
}

/** Characters of the message, and problems in the list beside it. */
const MAX_MESSAGE = 6_000;
const MAX_PROBLEMS = 50;

/** Ends the call with every problem at once. */
export function refuseProblems(problems: string[]): void {
  if (problems.length === 0) return;
  const message = `nothing was sent, ${problems.length === 1 ? 'one thing is' : `${problems.length} things are`} wrong: ${clip(problems.join('; '), MAX_MESSAGE)}`;
  throw new Refusal('invalid_request', message, 'Correct what the message names and repeat the call.', {
    problems: problems.slice(0, MAX_PROBLEMS).map((problem) => clip(problem, 500)),
    ...(problems.length > MAX_PROBLEMS ? { omitted: problems.length - MAX_PROBLEMS } : {}),
  });
}

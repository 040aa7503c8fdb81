/** Which endpoints are foundation models, when they came and go, and which of them are good defaults. Pure. */
import type { Endpoint, ServedEntity } from '../rest/endpoints.ts';

/**
 * Ordinary endpoints may have the prefix `databricks-` too, so the prefix proves nothing. Only the served entity does: it is a foundation model
 * of `system.ai`, or has a foundation model and nothing that a user deployed (facts F1 and F6).
 */
export function isFoundationModel(endpoint: Endpoint): boolean {
  const entity = endpoint.config?.served_entities?.[0];
  if (!entity) return false;
  const { entity_name, entity_version, external_model, foundation_model: model, type } = entity;
  if (isSystem(entity_name))
    return model !== undefined || type === 'FOUNDATION_MODEL' || endpoint.endpoint_type === 'FOUNDATION_MODEL_API';
  if (model === undefined || external_model !== undefined) return false;
  // Some answers name the model in `foundation_model` only, or give the endpoint's own name as its entity.
  return entity_name === undefined || (isSystem(model.name) && entity_version === undefined);
}

function isSystem(name: string | undefined): boolean {
  return name?.startsWith('system.ai.') === true;
}

/** Characters of a description that are read. The longest recorded one has a fifth of them. */
export const MAX_DESCRIPTION = 5_000;

export function modelOf(endpoint: Endpoint): ServedEntity['foundation_model'] {
  return endpoint.config?.served_entities?.[0]?.foundation_model;
}

/** The creation time of foundation models whose day the service does not know (fact F3). */
const NO_DAY = 1_699_610_000_000;

/** Whether a time of the service is the one that it gives where it knows none. */
export function isUnknownDay(at: number | undefined): boolean {
  return at === NO_DAY;
}

/** The day on which the service added a foundation model, such as `2026-04-16`. Undefined where the service does not know it. */
export function addedOn({ creation_timestamp: at }: Endpoint): string | undefined {
  if (at === undefined || at <= 0 || isUnknownDay(at) || !(at < 8.64e15)) return undefined;
  return new Date(at).toISOString().slice(0, 10);
}

/** Newest first by the day they were added, then those without a day. Models of one day, or of none, are in the order of their numbers. */
export function newestFirst(models: readonly Endpoint[]): Endpoint[] {
  return models.toSorted((a, b) => {
    const [left = '', right = ''] = [addedOn(a), addedOn(b)];
    if (left !== right) return left > right ? -1 : 1;
    return byNumbers(a.name, b.name);
  });
}

/** Sorts families of names by alphabet, and each family by its numbers, highest first: `…-4-10` before `…-4-9`. */
export function byNumbers(a: string, b: string): number {
  const families = family(a).localeCompare(family(b), 'en');
  if (families !== 0) return families;
  const [left, right] = [numbers(a), numbers(b)];
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const difference = (right[at] ?? -1) - (left[at] ?? -1);
    if (difference !== 0) return difference;
  }
  return 0;
}

function family(name: string): string {
  return name.replaceAll(/-?\d+/g, '');
}

function numbers(name: string): number[] {
  return [...name.matchAll(/\d+/g)].map(([digits]) => Number(digits));
}

export interface Pick {
  job: 'agents' | 'code' | 'embeddings';
  endpoint: string;
  reason: string;
}

/** Defaults when the user names no model: newest Claude Sonnet, newest `-codex-max`, gte-large-en. `retiring` says which are never picked. */
export function defaultPicks(models: readonly Endpoint[], retiring: (model: Endpoint) => boolean): Pick[] {
  const staying = models.filter((each) => !retiring(each));
  const picks: [Pick['job'], RegExp, what: string | undefined][] = [
    ['agents', /claude-(?:[\d-]+-)?sonnet/, 'Claude Sonnet'],
    ['code', /-codex-max$/, 'codex-max model'],
    ['embeddings', /gte-large-en$/, undefined],
  ];
  return picks.flatMap(([job, pattern, what]) => {
    const found = newestOf(staying.filter(({ name }) => pattern.test(name)));
    if (!found) return [];
    const reason = what ? `${found.by} ${what} without a retirement notice` : 'common English embedding model';
    return [{ job, endpoint: found.model.name, reason }];
  });
}

/** Days decide only where all are known: a model without one may be newer than all others. */
function newestOf(models: readonly Endpoint[]): { model: Endpoint; by: string } | undefined {
  const dated = models.every((each) => addedOn(each) !== undefined);
  const [model] = dated ? newestFirst(models) : models.toSorted((a, b) => byNumbers(a.name, b.name));
  return model && { model, by: dated ? 'newest' : 'highest-numbered' };
}

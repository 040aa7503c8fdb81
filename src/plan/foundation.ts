/** Which endpoints are foundation models, and which of them are good defaults. Pure. */
import type { Endpoint } from '../rest/endpoints.ts';

/**
 * Ordinary endpoints may have the prefix `databricks-` too, so the prefix proves nothing. Only the served entity does: it is a foundation model,
 * of `system.ai` where it names a model (fact F1).
 */
export function isFoundationModel(endpoint: Endpoint): boolean {
  const entity = endpoint.config?.served_entities?.[0];
  if (!entity) return false;
  const { entity_name, external_model, foundation_model, type } = entity;
  const known = foundation_model !== undefined || type === 'FOUNDATION_MODEL';
  // Older answers name no model of `system.ai`.
  if (entity_name === undefined) return external_model === undefined && known;
  return entity_name.startsWith('system.ai.') && (known || endpoint.endpoint_type === 'FOUNDATION_MODEL_API');
}

/** The sentence of a model's description that announces its retirement. Undefined when there is none. */
export function retirement(endpoint: Endpoint): string | undefined {
  const model = endpoint.config?.served_entities?.[0]?.foundation_model;
  const text = [model?.description, endpoint.description].filter((each) => typeof each === 'string').join(' ');
  // A dot inside a version (Claude 3.7) does not end a sentence.
  return text
    .split(/(?<=[.!?])\s+/)
    .find((sentence) => /\b(?:retir|deprecat|end[- ]of[- ]life|sunset)/i.test(sentence));
}

/** Sorts families of names by alphabet, and each family by its numbers, highest first: `…-4-10` before `…-4-9`. */
export function newestFirst(a: string, b: string): number {
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

/** Defaults when the user names no model: newest Claude Sonnet, newest `-codex-max`, gte-large-en. Never one that is being retired. */
export function defaultPicks(foundationModels: readonly Endpoint[]): Pick[] {
  const names = foundationModels.filter((each) => retirement(each) === undefined).map((each) => each.name);
  const newest = (pattern: RegExp) => names.filter((name) => pattern.test(name)).sort(newestFirst)[0];
  const picks: [Pick['job'], string | undefined, string][] = [
    ['agents', newest(/claude-(?:[\d-]+-)?sonnet/), 'newest Claude Sonnet that is not being retired'],
    ['code', newest(/-codex-max$/), 'newest codex-max model that is not being retired'],
    ['embeddings', newest(/gte-large-en$/), 'common English embedding model'],
  ];
  return picks.flatMap(([job, endpoint, reason]) => (endpoint === undefined ? [] : [{ job, endpoint, reason }]));
}

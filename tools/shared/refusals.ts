/** What several tools refuse before anything is sent. */
import { isFoundationModel } from '../../src/plan/foundation.ts';
import { call, Refusal } from '../../src/refusal.ts';
import type { Endpoint, ServedEntity } from '../../src/rest/endpoints.ts';
import { ENDPOINT_NAME } from '../../src/rest/names.ts';

/** Refuses a write that names nothing to change: "changed: false" would read as if all were as wanted. @param lacks what should have been named. */
export function refuseEmptyChange(endpoint: string, lacks: string, look = 'get_endpoint'): never {
  const next = `Name what shall change; ${call(look, { endpoint })} shows what is set.`;
  throw new Refusal('nothing_asked', `${lacks}; nothing was sent`, next);
}

/**
 * What the platform itself serves takes grants, config and an end from nobody; only its gateway can be changed (fact G5).
 * @param cannot what was asked for, as the end of a sentence: `it cannot be deleted`.
 */
export function refuseFoundation(current: Endpoint, cannot: string): void {
  if (!isFoundationModel(current)) return;
  throw new Refusal(
    'foundation_model',
    `${current.name} is a foundation model of the platform: ${cannot}; nothing was sent`,
    'Limit or track its use with set_rate_limits and update_ai_gateway.',
  );
}

/** Refuses an entity that is not among those known: the service would say that the endpoint itself does not exist (fact Q13). */
export function refuseUnknownEntity(endpoint: string, known: readonly ServedEntity[], wanted: string): void {
  if (known.some((each) => each.name === wanted)) return;
  const names = known.map((each) => each.name).filter((name) => ENDPOINT_NAME.test(name));
  const message = `endpoint ${endpoint} serves no entity ${wanted}`;
  throw new Refusal('unknown_entity', message, `It serves: ${names.slice(0, 20).join(', ') || 'nothing yet'}.`);
}

/** Refuses to look for logs where no container of the workspace runs (fact L4). */
export function refuseWithoutContainer({ name }: Endpoint, entity: ServedEntity): void {
  const what = entity.external_model
    ? 'an external model: it runs at its provider'
    : entity.foundation_model
      ? 'a foundation model of the platform'
      : undefined;
  if (what === undefined) return;
  const message = `${entity.name} of endpoint ${name} is ${what}, so there is no container here and no log`;
  throw new Refusal(
    'no_logs',
    message,
    `query_endpoint shows what it answers; ${call('get_endpoint', { endpoint: name })} shows what it is.`,
  );
}

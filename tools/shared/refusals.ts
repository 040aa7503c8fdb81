/** Refusals that several tools share. Each comes before a request is sent. */
import { isFoundationModel } from '../../src/plan/foundation.ts';
import { call, Refusal } from '../../src/refusal.ts';
import type { Endpoint, ServedEntity } from '../../src/rest/endpoints.ts';
import { ENDPOINT_NAME } from '../../src/rest/names.ts';

/** Refuses a write without any change. The answer "changed: false" would look like success. @param lacks the missing arguments, as a sentence. */
export function refuseEmptyChange(endpoint: string, lacks: string, look = 'get_endpoint'): never {
  const next = `Name at least one setting to change. ${call(look, { endpoint })} shows the current settings.`;
  throw new Refusal('nothing_asked', lacks, next);
}

/**
 * A Databricks-hosted foundation model cannot be granted, changed or deleted. Only its gateway can be changed (fact G5).
 * @param cannot the end of the sentence: `it cannot be deleted`.
 */
export function refuseFoundation(current: Endpoint, cannot: string): void {
  if (!isFoundationModel(current)) return;
  throw new Refusal(
    'foundation_model',
    `${current.name} is a Databricks-hosted foundation model, so ${cannot}`,
    'You can limit and track its use with set_rate_limits and update_ai_gateway.',
  );
}

/** Refuses an unknown entity. The service would report that the endpoint itself does not exist (fact Q13). */
export function refuseUnknownEntity(endpoint: string, known: readonly ServedEntity[], wanted: string): void {
  if (known.some((each) => each.name === wanted)) return;
  const names = known.map((each) => each.name).filter((name) => ENDPOINT_NAME.test(name));
  const message = `endpoint ${endpoint} serves no entity ${wanted}`;
  throw new Refusal('unknown_entity', message, `It serves ${names.slice(0, 20).join(', ') || 'nothing yet'}.`);
}

/** Refuses to read logs of an entity without a container (fact L4). */
export function refuseWithoutContainer({ name }: Endpoint, entity: ServedEntity): void {
  const what = entity.external_model
    ? 'an external model that runs at its provider'
    : entity.foundation_model
      ? 'a Databricks-hosted foundation model'
      : undefined;
  if (what === undefined) return;
  const message = `${entity.name} of endpoint ${name} is ${what}, so it has no container and no log here`;
  throw new Refusal(
    'no_logs',
    message,
    `Use query_endpoint to test it, or ${call('get_endpoint', { endpoint: name })} to inspect it.`,
  );
}

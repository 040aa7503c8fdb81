import { failure } from '../models/answer.ts';
import type { QueryRoute } from '../models/answer-query.ts';
import { attempts } from '../query/routing.ts';
import { type Attempt, wholeAttempt } from '../query/send-answer.ts';
import type { Destination, ModelService, ServiceConfig } from '../state/model-service.ts';
import type { Endpoint, EndpointConfig, ServedEntity, Workspace } from '../state/state.ts';
import { type Backing, backingOf } from './backing.ts';
import { destinationEntity } from './destination-entity.ts';
import { missingForDestination, ownerNamed } from './rights.ts';

/** A destination that a call can try, with the entity that stands for it. */
export interface Usable {
  destination: Destination;
  backing: Backing;
  entity: ServedEntity;
  /** Where a provisioned endpoint really runs it. */
  container?: { endpoint: Endpoint; entity: ServedEntity };
}

function usable(workspace: Workspace, destination: Destination, route: QueryRoute, random: () => number): Usable[] {
  const backing = backingOf(workspace, destination);
  if (backing === undefined) return [];
  let chosen: ServedEntity | undefined;
  const entity = destinationEntity(destination, backing, route, (config) => {
    [chosen] = attempts(config, random);
    return chosen;
  });
  const container =
    backing.kind === 'provisioned' && chosen ? { container: { endpoint: backing.endpoint, entity: chosen } } : {};
  return [{ destination, backing, entity, ...container }];
}

/**
 * The destinations of a call, in order: a primary by its percentage, then the fallbacks. What is gone is left out, also when its share of the
 * calls has come to it. evidence: gateway-fallback, assumed: gateway-deleted-destination, assumed: gateway-session-affinity
 */
export function destinationsToTry(
  workspace: Workspace,
  { destinations, fallbacks }: ServiceConfig,
  present: EndpointConfig | null,
  route: QueryRoute,
  random: () => number,
): Usable[] {
  const [picked] = present === null ? [] : attempts(present, random);
  const primary = destinations.filter(({ name }) => name === picked?.config.name);
  return [...primary, ...(fallbacks ?? [])].flatMap((each) => usable(workspace, each, route, random));
}

/** The refusal of a call whose service has no destination left. assumed: gateway-deleted-destination */
export function nothingLeft({ full_name }: ModelService): Attempt {
  return wholeAttempt(failure(404, 'NOT_FOUND', `The destination of model service '${full_name}' does not exist.`));
}

/** The refusal of a call whose owner may not use a destination: the owner's rights count there. assumed: gateway-owner-refusal */
export function ownerRefusal(
  workspace: Workspace,
  { owner }: ModelService,
  { destination }: Usable,
): Attempt | undefined {
  const lacks = missingForDestination(workspace, ownerNamed(workspace, owner), destination, 'Query');
  if (lacks === undefined) return undefined;
  return wholeAttempt(failure(403, 'PERMISSION_DENIED', `Owner ${owner} of the model service does not have ${lacks}.`));
}

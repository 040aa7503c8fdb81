import { ApiError, notFound } from '../errors.ts';
import { type Caller, may } from '../identity/access.ts';
import { holds, missingAmong, PLACE_WORDS, type Place, placesOf, placesOfFoundation } from '../identity/grants.ts';
import type { Destination } from '../state/model-service.ts';
import type { Principal, Workspace } from '../state/state.ts';
import { backingOf, unprefixed } from './backing.ts';

/** 403 of the gateway's objects. assumed: gateway-right-texts */
function denied(message: string): ApiError {
  return new ApiError(403, 'PERMISSION_DENIED', message);
}

/** The places of a schema. Throws 404 when there is none. */
export function schemaPlaces(workspace: Workspace, schema: string): [Place, ...Place[]] {
  const places = placesOf(workspace, schema);
  if (!places) throw notFound(PLACE_WORDS.SCHEMA, schema);
  return places;
}

/** Throws 403 for a caller who may not create this in a schema: it owns the schema, or has the privilege, USE_SCHEMA and USE_CATALOG. */
export function requireCreate(workspace: Workspace, principal: Caller, schema: string, privilege: string): void {
  const places = schemaPlaces(workspace, schema);
  if (principal.admin) return;
  const lacks =
    missingAmong(principal, places) ??
    (holds(principal, privilege, places) ? undefined : `${privilege.replaceAll('_', ' ')} on Schema '${schema}'`);
  if (lacks !== undefined) throw denied(`User does not have ${lacks}.`);
}

/** The owner of a service as grants and access lists see it. A group owns in its own name. */
export function ownerNamed(workspace: Workspace, name: string): Caller {
  return workspace.principals.get(name) ?? { name, groups: [name], admin: false };
}

/** Where EXECUTE is needed for a destination. */
function executePlaces(workspace: Workspace, destination: Destination): readonly Place[] {
  switch (destination.destination_type) {
    case 'DESTINATION_TYPE_PAY_PER_TOKEN_FOUNDATION_MODEL':
      return placesOfFoundation(workspace, unprefixed('model', destination.pay_per_token_config.model) ?? '');
    case 'DESTINATION_TYPE_PROVISIONED_THROUGHPUT_FOUNDATION_MODEL':
      return placesOfFoundation(workspace, destination.provisioned_throughput_config.model);
    case 'DESTINATION_TYPE_EXTERNAL_FOUNDATION_MODEL': {
      const { model_provider_service } = destination.external_model_config;
      return placesOf(workspace, unprefixed('provider', model_provider_service) ?? '', 'MODEL_PROVIDER_SERVICE') ?? [];
    }
  }
}

/** What someone lacks to use a destination, in the service's words, or undefined. */
export function missingForDestination(
  workspace: Workspace,
  principal: Caller,
  destination: Destination,
  level: 'Manage' | 'Query',
): string | undefined {
  const lacks = missingAmong(principal, executePlaces(workspace, destination));
  if (lacks !== undefined) return lacks;
  const backing = backingOf(workspace, destination);
  if (backing?.kind !== 'provisioned' || may(principal, backing.endpoint, level)) return undefined;
  return `permission '${level}' on Endpoint ${backing.endpoint.name}`;
}

/** Throws 403 when the caller, or the owner of an existing service, may not use one of the destinations. evidence: gateway-rights */
export function requireDestinations(
  workspace: Workspace,
  caller: Principal,
  owner: string | undefined,
  destinations: readonly Destination[],
): void {
  for (const destination of destinations) {
    const lacks = missingForDestination(workspace, caller, destination, 'Manage');
    if (lacks !== undefined) throw denied(`User does not have ${lacks}.`);
    if (owner === undefined) continue;
    const ownerLacks = missingForDestination(workspace, ownerNamed(workspace, owner), destination, 'Query');
    if (ownerLacks !== undefined) throw denied(`Owner ${owner} of the model service does not have ${ownerLacks}.`);
  }
}

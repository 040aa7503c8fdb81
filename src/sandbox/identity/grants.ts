import type { Principal, Securable, Workspace } from '../state/state.ts';

/** In Unity Catalog grants, the group of all principals. */
export const EVERYONE = 'account users';

const ALL = 'ALL_PRIVILEGES';

/** What lies in a schema. A model is a function here. */
export type LeafType = 'FUNCTION' | 'MODEL_SERVICE' | 'MODEL_PROVIDER_SERVICE' | 'VOLUME';

/** A place in the catalog where privileges are granted. */
export interface Place extends Securable {
  type: 'CATALOG' | 'SCHEMA' | LeafType;
  name: string;
}

/** The service's words for a place. */
export const PLACE_WORDS: Record<Place['type'], string> = {
  CATALOG: 'Catalog',
  SCHEMA: 'Schema',
  FUNCTION: 'Routine or Model',
  // assumed: gateway-service-missing
  MODEL_SERVICE: 'Model Service',
  MODEL_PROVIDER_SERVICE: 'Model Provider Service',
  VOLUME: 'Volume',
};

function leavesOf(workspace: Workspace, type: LeafType): Map<string, Securable> {
  return {
    FUNCTION: workspace.models,
    MODEL_SERVICE: workspace.model_services,
    MODEL_PROVIDER_SERVICE: workspace.provider_services,
    VOLUME: workspace.volumes,
  }[type];
}

/** The full names of all that lies in schemas. */
export function leafNames({ models, model_services, provider_services, volumes }: Workspace): string[] {
  return [...models.keys(), ...model_services.keys(), ...provider_services.keys(), ...volumes.keys()];
}

/** A catalog or schema about which the seed says nothing: everyone may use it. assumed: catalog-open */
function open(privilege: string): Securable {
  return { owner: 'System user', grants: new Map([[EVERYONE, [privilege]]]) };
}

/**
 * The place of a name and the places above it, nearest first. `leaf` says what a name of three parts names. Undefined when there is no such
 * place.
 */
export function placesOf(
  workspace: Workspace,
  full: string,
  leaf: LeafType = 'FUNCTION',
): [Place, ...Place[]] | undefined {
  const [catalog = '', schema = '', ...name] = full.split('.');
  const below = (path: string) => leafNames(workspace).some((each) => each.startsWith(`${path}.`));
  const top: Place = { type: 'CATALOG', name: catalog, ...(workspace.catalogs.get(catalog) ?? open('USE_CATALOG')) };
  if (schema === '') return workspace.catalogs.has(catalog) || below(catalog) ? [top] : undefined;
  const path = `${catalog}.${schema}`;
  const middle: Place = { type: 'SCHEMA', name: path, ...(workspace.schemas.get(path) ?? open('USE_SCHEMA')) };
  if (name.length === 0) return workspace.schemas.has(path) || below(path) ? [middle, top] : undefined;
  const found = leavesOf(workspace, leaf).get(full);
  return found && [{ type: leaf, name: full, owner: found.owner, grants: found.grants }, middle, top];
}

/**
 * The place of a foundation model of the platform, and those above it. One that the seed does not describe is open to everyone.
 * assumed: gateway-foundation-execute
 */
export function placesOfFoundation(workspace: Workspace, full: string): [Place, ...Place[]] {
  const above = placesOf(workspace, full.split('.').slice(0, 2).join('.')) ?? [];
  return placesOf(workspace, full) ?? [{ type: 'FUNCTION', name: full, ...open('EXECUTE') }, ...above];
}

/** What grants look at. A group that owns something counts as a principal of its own name. */
export type Named = Pick<Principal, 'name' | 'groups'>;

/** Whether a principal goes by a name of a grant: its own, a group's, or everyone's. */
export function goesBy(principal: Named, name: string): boolean {
  return name === EVERYONE || name === principal.name || principal.groups.includes(name);
}

/** Whether a principal has a privilege on a place: as its owner, or by a grant on the place or above it. evidence: grants-inherited */
export function holds(principal: Named, privilege: string, places: readonly Place[]): boolean {
  const owner = places[0]?.owner;
  if (owner !== undefined && goesBy(principal, owner)) return true;
  return places.some(({ grants }) =>
    [...grants].some(([name, held]) => goesBy(principal, name) && (held.includes(privilege) || held.includes(ALL))),
  );
}

const NEEDED = {
  FUNCTION: 'EXECUTE',
  MODEL_SERVICE: 'EXECUTE',
  MODEL_PROVIDER_SERVICE: 'EXECUTE',
  VOLUME: 'READ_VOLUME',
  SCHEMA: 'USE_SCHEMA',
  CATALOG: 'USE_CATALOG',
} as const;

/**
 * The first privilege that a principal lacks to use what lies at the first of these places, in the service's words.
 * @param wanted the privilege on the first place. Default: the one to run or read it.
 */
export function missingAmong(principal: Named, places: readonly Place[], wanted?: string): string | undefined {
  for (const [at, { type, name }] of places.entries()) {
    const needed = (at === 0 && wanted) || NEEDED[type];
    if (!holds(principal, needed, places.slice(at)))
      return `${needed.replace('_', ' ')} on ${PLACE_WORDS[type]} '${name}'`;
  }
  return undefined;
}

/**
 * The first privilege that a principal lacks to serve a model, in the service's words. Undefined when it has all three, and when there is no
 * such model.
 */
export function missingPrivilege(workspace: Workspace, principal: Principal, model: string): string | undefined {
  return missingAmong(principal, placesOf(workspace, model) ?? []);
}

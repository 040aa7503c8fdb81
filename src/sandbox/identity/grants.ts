import type { Principal, Securable, Workspace } from '../state/state.ts';

/** In Unity Catalog grants, the group of all principals. */
export const EVERYONE = 'account users';

const ALL = 'ALL_PRIVILEGES';

/** A place in the catalog where privileges are granted. */
export interface Place extends Securable {
  type: 'CATALOG' | 'SCHEMA' | 'FUNCTION';
  name: string;
}

/** A catalog or schema about which the seed says nothing: everyone may use it. assumed: catalog-open */
function open(privilege: string): Securable {
  return { owner: 'System user', grants: new Map([[EVERYONE, [privilege]]]) };
}

/** The place of a name and the places above it, nearest first. A model is a function here. Undefined when there is no such place. */
export function placesOf(workspace: Workspace, full: string): [Place, ...Place[]] | undefined {
  const [catalog = '', schema = '', ...model] = full.split('.');
  const models = [...workspace.models.keys()];
  const top: Place = { type: 'CATALOG', name: catalog, ...(workspace.catalogs.get(catalog) ?? open('USE_CATALOG')) };
  if (schema === '') {
    const known = workspace.catalogs.has(catalog) || models.some((each) => each.startsWith(`${catalog}.`));
    return known ? [top] : undefined;
  }
  const path = `${catalog}.${schema}`;
  const middle: Place = { type: 'SCHEMA', name: path, ...(workspace.schemas.get(path) ?? open('USE_SCHEMA')) };
  if (model.length === 0) {
    const known = workspace.schemas.has(path) || models.some((each) => each.startsWith(`${path}.`));
    return known ? [middle, top] : undefined;
  }
  const found = workspace.models.get(full);
  return found && [{ type: 'FUNCTION', name: full, owner: found.owner, grants: found.grants }, middle, top];
}

/** Whether a principal goes by a name of a grant: its own, a group's, or everyone's. */
function goesBy(principal: Principal, name: string): boolean {
  return name === EVERYONE || name === principal.name || principal.groups.includes(name);
}

/** Whether a principal has a privilege on a place: as its owner, or by a grant on the place or above it. evidence: grants-inherited */
export function holds(principal: Principal, privilege: string, places: readonly Place[]): boolean {
  const owner = places[0]?.owner;
  if (owner !== undefined && goesBy(principal, owner)) return true;
  return places.some(({ grants }) =>
    [...grants].some(([name, held]) => goesBy(principal, name) && (held.includes(privilege) || held.includes(ALL))),
  );
}

/**
 * The first privilege that a principal lacks to serve a model, in the service's words. Undefined when it has all three, and when there is no
 * such model.
 */
export function missingPrivilege(workspace: Workspace, principal: Principal, model: string): string | undefined {
  const places = placesOf(workspace, model);
  if (!places) return undefined;
  const needed = {
    FUNCTION: ['EXECUTE', 'Routine or Model'],
    SCHEMA: ['USE_SCHEMA', 'Schema'],
    CATALOG: ['USE_CATALOG', 'Catalog'],
  };
  for (const [at, { type, name }] of places.entries()) {
    const [privilege = '', word] = needed[type];
    if (!holds(principal, privilege, places.slice(at))) return `${privilege.replace('_', ' ')} on ${word} '${name}'`;
  }
  return undefined;
}

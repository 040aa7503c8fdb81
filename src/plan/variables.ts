/** Changes of the environment variables of an entity, merged with the existing ones. Pure. */
import { type EntityInput, problemsOfVariables } from './entity-rules.ts';

/** Variables by name. null removes one. All others stay. */
export type VariableChanges = Record<string, string | null>;

/** The entity with its variables changed. An entity without variables omits the field. */
export function withVariables(entity: EntityInput, changes: VariableChanges | undefined): EntityInput {
  if (!changes) return entity;
  const variables = { ...variablesOf(entity) };
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) delete variables[name];
    else variables[name] = value;
  }
  const { environment_vars: _before, ...rest } = entity;
  return Object.keys(variables).length > 0 ? { ...rest, environment_vars: variables } : rest;
}

/** The variables of an entity, by name. */
export function variablesOf(entity: EntityInput | undefined): Record<string, string> {
  return (entity?.environment_vars ?? {}) as Record<string, string>; // the shape of the API
}

/** The two arguments of a call as one set of changes. Undefined when it names no variable. */
export function variableChanges(
  set: Record<string, string> | undefined,
  remove: readonly string[] | undefined,
): VariableChanges | undefined {
  const changes = { ...Object.fromEntries((remove ?? []).map((name) => [name, null])), ...set };
  return Object.keys(changes).length > 0 ? changes : undefined;
}

/** Problems of the two arguments. A secret must be a reference, and a name may not be both set and removed. */
export function problemsOfChanges(
  set: Record<string, string> | undefined,
  remove: readonly string[] | undefined,
): string[] {
  const both = (remove ?? []).filter((name) => set !== undefined && Object.hasOwn(set, name));
  return [...problemsOfVariables(set), ...both.map((name) => `variable ${name} is both set and removed`)];
}

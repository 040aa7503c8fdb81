/** The call that undoes an update: the arguments that restore the changed settings. */
import { entityInput } from '../../src/plan/config-input.ts';
import { nameOf } from '../../src/plan/entity-rules.ts';
import { telemetrySettings } from '../../src/plan/telemetry.ts';
import type { VariableChanges } from '../../src/plan/variables.ts';
import { type Endpoint, endpoints, type ServedEntity } from '../../src/rest/index.ts';
import { redact } from '../../src/text/redact.ts';
import { sanitize } from '../../src/text/sanitize.ts';

/** The arguments of an update. */
export interface UpdateArgs {
  endpoint: string;
  entity?: string | undefined;
  workload_size?: string | undefined;
  workload_type?: string | undefined;
  scale_to_zero?: boolean | undefined;
  min_concurrency?: number | undefined;
  max_concurrency?: number | undefined;
  environment_vars?: VariableChanges | undefined;
  remove_environment_vars?: string[] | undefined;
  add_entities?: Record<string, unknown>[] | undefined;
  remove_entities?: string[] | undefined;
  traffic?: Record<string, number> | undefined;
  tags?: Record<string, string> | undefined;
  remove_tags?: string[] | undefined;
  notifications?: Record<string, unknown> | undefined;
  description?: string | undefined;
  budget_policy_id?: string | undefined;
  telemetry?: Record<string, unknown> | undefined;
  remove?: ('description' | 'telemetry')[] | undefined;
}

/** The arguments. `omits` lists what they cannot restore, because a raw secret never becomes part of a result. */
export function undoUpdate(args: UpdateArgs, current: Endpoint): { back: Record<string, unknown>; omits: string[] } {
  const there = endpoints.entitiesOf(current.config);
  const target = there.find((each) => each.name === args.entity) ?? (there.length === 1 ? there[0] : undefined);
  const back: Record<string, unknown> = { endpoint: args.endpoint };
  const omits: string[] = [];
  const sized = [args.workload_size, args.min_concurrency, args.max_concurrency].some((each) => each !== undefined);
  const variables = [...Object.keys(args.environment_vars ?? {}), ...(args.remove_environment_vars ?? [])];
  const set = [args.workload_type, args.scale_to_zero].some((each) => each !== undefined) || variables.length > 0;
  // When the undo runs, there may be several entities.
  if (target && (sized || set)) back.entity = target.name;
  if (sized && target?.workload_size !== undefined) back.workload_size = target.workload_size;
  if (sized && target?.min_provisioned_concurrency !== undefined) {
    back.min_concurrency = target.min_provisioned_concurrency;
    back.max_concurrency = target.max_provisioned_concurrency;
  }
  if (args.workload_type !== undefined) back.workload_type = target?.workload_type;
  if (args.scale_to_zero !== undefined) back.scale_to_zero = target?.scale_to_zero_enabled;
  if (target && variables.length > 0) {
    const restoring = undoVariables(variables, target);
    // Without a value to restore, an empty object still names the setting.
    Object.assign(back, Object.keys(restoring.back).length > 0 ? restoring.back : { environment_vars: {} });
    omits.push(...restoring.omits);
  }
  if (args.add_entities) back.remove_entities = args.add_entities.map(nameOf);
  if (args.remove_entities) {
    const removed = there.filter((each) => args.remove_entities?.includes(each.name));
    back.add_entities = removed.map((each) => {
      const { shown, hidden } = splitSecrets('environment_vars', each.environment_vars ?? {});
      omits.push(...hidden.map((name) => omission(each.name, name)));
      return { ...entityInput(each), ...(each.environment_vars ? { environment_vars: shown } : {}) };
    });
  }
  if (args.traffic || args.remove_entities) back.traffic = Object.fromEntries(endpoints.trafficOf(current.config));
  const before = Object.fromEntries((current.tags ?? []).map(({ key, value }) => [key, value ?? '']));
  const tagged = [...Object.keys(args.tags ?? {}), ...(args.remove_tags ?? [])];
  const secret = splitSecrets('tags', before).hidden.filter((name) => tagged.includes(name));
  const known = tagged.filter((name) => !secret.includes(name));
  Object.assign(back, restored('tags', before, known));
  omits.push(...secret.map((name) => `tags.${name}: ${HIDDEN}`));
  if (args.notifications) {
    const before = current.email_notifications ?? {};
    back.notifications = Object.fromEntries(Object.keys(args.notifications).map((key) => [key, before[key] ?? []]));
  }
  const own = undoOwnRoutes(args, current);
  return { back: { ...back, ...own.back }, omits: [...omits, ...own.omits] };
}

/** The part for description, budget policy and telemetry. */
function undoOwnRoutes(
  { description, budget_policy_id, telemetry, remove = [] }: UpdateArgs,
  current: Endpoint,
): { back: Record<string, unknown>; omits: string[] } {
  const back: Record<string, unknown> = {};
  const gone: string[] = [];
  const omits: string[] = [];
  if (description !== undefined || remove.includes('description')) {
    if (current.description) back.description = current.description;
    else gone.push('description');
  }
  if (budget_policy_id !== undefined) {
    if (current.effective_budget_policy_id === undefined) omits.push('budget_policy_id: no request removes it');
    else back.budget_policy_id = current.effective_budget_policy_id;
  }
  if (telemetry !== undefined || remove.includes('telemetry')) {
    const before = telemetrySettings(current.telemetry_config);
    if (before && before.telemetry_profile_id === undefined)
      omits.push('telemetry: the service did not give the id of its profile');
    else {
      // The earlier telemetry replaces the new one as a whole.
      gone.push('telemetry');
      if (before) back.telemetry = before;
    }
  }
  return { back: { ...back, ...(gone.length > 0 ? { remove: gone } : {}) }, omits };
}

/** The arguments that set the named variables of an entity again, and remove those that it does not have. */
export function undoVariables(
  names: readonly string[],
  entity: ServedEntity | undefined,
): { back: Record<string, unknown>; omits: string[] } {
  const { shown, hidden } = splitSecrets('environment_vars', entity?.environment_vars ?? {});
  const known = names.filter((name) => !hidden.includes(name));
  const secret = names.filter((name) => hidden.includes(name));
  return {
    back: restored('environment_vars', shown, known),
    omits: secret.map((name) => omission(entity?.name ?? '', name)),
  };
}

/** The arguments that restore named values: those that were there are set again, and the others are removed. */
function restored(field: 'environment_vars' | 'tags', before: Record<string, string>, names: readonly string[]) {
  const were = names.filter((name) => Object.hasOwn(before, name));
  const wereNot = names.filter((name) => !Object.hasOwn(before, name));
  return {
    ...(were.length > 0 ? { [field]: Object.fromEntries(were.map((name) => [name, before[name]])) } : {}),
    ...(wereNot.length > 0 ? { [`remove_${field}`]: wereNot } : {}),
  };
}

/** Separates the values that may be shown from the names of possible secrets. */
function splitSecrets(field: 'environment_vars' | 'tags', values: Record<string, string>) {
  const hidden = Object.keys(values).filter((name) => {
    const one = { [field]: { [name]: values[name] } };
    // The text of a call is redacted once more, so the value must survive that too.
    const text = JSON.stringify(one);
    return JSON.stringify(sanitize(one)) !== text || redact(text) !== text;
  });
  return { shown: Object.fromEntries(Object.entries(values).filter(([name]) => !hidden.includes(name))), hidden };
}

const HIDDEN = 'its value may be a secret and is not shown';

function omission(entity: string, name: string): string {
  return `environment_vars.${name} of ${entity}: ${HIDDEN}`;
}

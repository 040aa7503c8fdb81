/**
 * Whether a principal has what the service requires of the creator of an endpoint (fact M8). Pure. `unknown` means that the answers leave it open.
 * Only `missing` may stop a write.
 */
import type { Group, Member } from '../rest/directory.ts';
import type { ConfigInput, Endpoint } from '../rest/endpoints.ts';
import { ENDPOINT_NAME, isServiceName, MODEL_NAME } from '../rest/names.ts';
import type { Holder, Securable } from '../rest/privileges.ts';
import { configInput } from './config-input.ts';
import { canonical } from './diff.ts';
import type { Target } from './model-service.ts';
import { isStopped } from './stopped.ts';

export type Held = 'held' | 'missing' | 'unknown';

/** A privilege on one object, or a level on an endpoint. */
export interface Need {
  privilege: 'EXECUTE' | 'USE SCHEMA' | 'USE CATALOG' | 'CAN_QUERY';
  kind: Securable | 'endpoint';
  name: string;
}

/** What calling an object of a schema requires. */
export function executeNeeds(kind: Securable, name: string): Need[] {
  const [catalog = '', schema = ''] = name.split('.');
  return [
    { privilege: 'EXECUTE', kind, name },
    { privilege: 'USE SCHEMA', kind: 'schema', name: `${catalog}.${schema}` },
    { privilege: 'USE CATALOG', kind: 'catalog', name: catalog },
  ];
}

/** What serving these models requires, each once. */
export function needsOf(models: readonly string[]): Need[] {
  return each(models.flatMap((model) => executeNeeds('function', model)));
}

/** What the owner of a model service needs on what it routes to (fact V16). An endpoint comes with the model that it serves. */
export function routedNeeds(targets: readonly Target[]): Need[] {
  return each(
    targets.flatMap(({ model, provider, endpoint }): Need[] => {
      const name = provider ?? model ?? '';
      return [
        ...(isServiceName(name)
          ? executeNeeds(provider === undefined ? 'function' : 'model_provider_service', name)
          : []),
        ...(endpoint !== undefined && ENDPOINT_NAME.test(endpoint)
          ? [{ privilege: 'CAN_QUERY' as const, kind: 'endpoint' as const, name: endpoint }]
          : []),
      ];
    }),
  );
}

function each(needs: readonly Need[]): Need[] {
  return [...new Map(needs.map((need) => [`${need.kind} ${need.name}`, need])).values()];
}

/** The registered models among served entities, each once. Models of `system.ai` are open to every user. An entity without a version is no model. */
export function modelsOf(entities: readonly Record<string, unknown>[]): string[] {
  const models = entities.flatMap(({ entity_name, entity_version }) =>
    typeof entity_name === 'string' && entity_version !== undefined && MODEL_NAME.test(entity_name)
      ? [entity_name]
      : [],
  );
  return [...new Set(models)].filter((model) => !model.startsWith('system.'));
}

/** The registered models that a config deploys: those of entities that do not run already as they are. In a stopped endpoint, none runs. */
export function deployedModels(current: Endpoint, config: ConfigInput): string[] {
  const active = isStopped(current) ? [] : configInput(current.config).served_entities;
  const running = new Set(active.map(canonical));
  return modelsOf(config.served_entities.filter((entity) => !running.has(canonical(entity))));
}

/** Groups that hold every member of the workspace. */
export const EVERYONE = /^(?:account users|_workspace_users_.*)$/i;

/** Who belongs to the groups that grants name. A group that is absent here is unknown. */
export type Memberships = ReadonlyMap<string, Held>;

/** Whether a member goes by a name in a grant: its own, everyone's, or that of a group. */
export function goesBy(member: Member, name: string, isGroup: boolean, groups: Memberships): Held {
  if (name.toLowerCase() === member.name.toLowerCase() || EVERYONE.test(name)) return 'held';
  if (!isGroup) return 'missing';
  if (member.groups?.includes(name)) return 'held';
  return groups.get(name) ?? 'unknown';
}

/** Names that hold a privilege, with all names that hold it through ALL PRIVILEGES, or a level through CAN_MANAGE. */
export function holdersOf({ privilege }: Need, holders: readonly Holder[]): string[] {
  const words = (each: string) => each.toUpperCase().replaceAll('_', ' ');
  const wanted = new Set([words(privilege), privilege === 'CAN_QUERY' ? 'CAN MANAGE' : 'ALL PRIVILEGES']);
  return holders
    .filter(({ privileges }) => privileges.some((each) => wanted.has(words(each))))
    .map((each) => each.principal);
}

/** The best of several answers: one that holds is enough, and all must be missing to be missing. */
export function best(answers: readonly Held[]): Held {
  if (answers.includes('held')) return 'held';
  return answers.includes('unknown') ? 'unknown' : 'missing';
}

/** Without this, a principal may not use the workspace. */
export const ENTITLEMENT = 'workspace-access';

/**
 * Whether a member has the entitlement, itself or through its groups. `missing` only if every list was there: the service leaves out empty ones,
 * and also those that the caller may not see (fact P5).
 * @param groups the rows of its groups and of `users`, to which everyone belongs. Undefined for a group that could not be read.
 */
export function entitled(member: Member, groups: readonly (Group | undefined)[] | undefined): Held {
  const has = (list: readonly string[] | undefined) => list?.includes(ENTITLEMENT) ?? false;
  if (has(member.entitlements) || member.groups?.includes('admins')) return 'held';
  if (groups?.some((group) => has(group?.entitlements))) return 'held';
  if (!member.entitlements || !member.groups || !groups) return 'unknown';
  return groups.some((group) => group === undefined || group.nested) ? 'unknown' : 'missing';
}

/** Whether a member belongs to a group, as the group's own list says. */
export function belongs(member: Member, group: Group | undefined): Held {
  if (!group?.members || member.id === undefined) return 'unknown';
  if (group.members.includes(member.id)) return 'held';
  return group.containsGroups ? 'unknown' : 'missing';
}

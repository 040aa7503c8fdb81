/** `get_permissions` and `update_permissions` on a model service: grants of Unity Catalog, which are sets of privileges. */
import { differences, type FieldDiff } from '../../src/plan/diff.ts';
import { UNITY_GATEWAY } from '../../src/plan/model-service.ts';
import { EVERYONE } from '../../src/plan/who-may.ts';
import { enumeration, type ToolCall, type ToolResult } from '../../src/refusal.ts';
import { principals, serviceGrants } from '../../src/rest/index.ts';
import type { Holder } from '../../src/rest/privileges.ts';
import { PRIVILEGES, type ServicePrivilege } from '../../src/rest/service-grants.ts';
import { clip } from '../../src/text/sanitize.ts';
import type { ToolContext } from '../../src/tool.ts';
import { type PlannedWrite, serviceSubject, step } from '../../src/write/planned-write.ts';
import { MAX_GRANTS, resolve } from '../shared/grants.ts';
import { refuseProblems } from '../shared/preflight.ts';
import { dropEmpty } from '../shared/view.ts';
import { existingService } from './existing.ts';

/** The privilege that does for a model service what a level does for an endpoint. */
export const PRIVILEGE_OF = { CAN_VIEW: 'READ_METADATA', CAN_QUERY: 'EXECUTE', CAN_MANAGE: 'MANAGE' } as const;

/** Who may see, call and change a service: its owner, direct grants, and what comes from the schema and the catalog. */
export async function showGrants(name: string, context: ToolContext): Promise<ToolResult> {
  const found = await existingService(name, { endpoint: name }, context);
  const [direct, inherited] = await Promise.all([
    serviceGrants.direct(context.http, name),
    serviceGrants.inherited(context.http, name),
  ]);
  return dropEmpty({
    model_service: name,
    gateway: UNITY_GATEWAY,
    owner: found.effective_owner,
    ...firstOf(direct),
    inherited: inherited.slice(0, MAX_GRANTS),
    omitted_inherited: Math.max(0, inherited.length - MAX_GRANTS) || undefined,
    also_needed: 'USE CATALOG and USE SCHEMA on the catalog and the schema of the service',
  });
}

function firstOf(grants: readonly Holder[]): ToolResult {
  const shown = grants.slice(0, MAX_GRANTS);
  return { grants: shown, ...(shown.length < grants.length ? { omitted: grants.length - shown.length } : {}) };
}

interface GrantArgs {
  endpoint: string;
  grant: { principal: string; level: string }[];
  revoke: string[];
}

/** Plans single changes of grants. A principal that is both revoked and granted then has exactly what is granted. */
export async function changeGrants(args: GrantArgs, context: ToolContext): Promise<PlannedWrite> {
  const { http } = context;
  const { endpoint: name } = args;
  const before = await existingService(name, { ...args }, context);
  const direct = await serviceGrants.direct(http, name);
  const wanted = await wantedGrants(args, direct, context);
  const after = applied(direct, wanted);
  const changes = changesOf(direct, after);
  const own = await ownLoss(before.effective_owner, direct, after, context);
  const losses = lossesOf(name, direct, after, own);
  const { call, omits } = undoOf(name, direct, after);
  return {
    subject: serviceSubject(name),
    before: undefined,
    service: before,
    changes,
    steps: [
      step<Holder[]>({
        what: 'service_grants',
        label: 'grants',
        target: name,
        request: serviceGrants.change(name, requestOf(direct, after)),
        async lost() {
          const found = await serviceGrants.direct(http, name);
          return changesOf(found, after).length === 0 ? { answer: found, ours: false } : undefined;
        },
        reach: async (stored) => ({ kind: 'reached', view: { changes, ...firstOf(stored) } }),
      }),
    ],
    answer: { model_service: name, gateway: UNITY_GATEWAY },
    unchanged: firstOf(direct),
    consentReason: losses,
    consentDetails: losses === undefined ? undefined : { owner: before.effective_owner },
    undo: [call],
    undoOmits: [
      ...omits,
      ...(own ? [`your access: the change ${own}. Only someone who manages the service can undo that`] : []),
    ],
    serviceGrants: direct,
    alsoRead: direct,
  };
}

interface Wanted {
  grant: { principal: string; privilege: ServicePrivilege }[];
  revoke: string[];
}

async function wantedGrants(
  { grant, revoke }: GrantArgs,
  direct: readonly Holder[],
  { http, isRepeat }: ToolContext,
): Promise<Wanted> {
  const problems: string[] = [];
  const near: ToolResult[] = [];
  const nameOf = async (text: string) => {
    // No list of the workspace has the groups of everyone.
    if (direct.some(({ principal }) => principal === text) || EVERYONE.test(text)) return text;
    const found = await resolve(http, text);
    if (!('problem' in found)) return found.principal;
    // Unity Catalog also knows groups of the account, which no workspace lists. The service judges such a name.
    if (found.unseen) return text;
    problems.push(found.problem);
    near.push(...(found.near ?? []));
    return undefined;
  };
  const wanted: Wanted = { grant: [], revoke: [] };
  for (const { principal, level } of grant) {
    const privilege = PRIVILEGES.find((each) => each === level);
    if (!privilege)
      problems.push(
        `${level} is a level of endpoints; on a model service it is ${PRIVILEGE_OF[level as keyof typeof PRIVILEGE_OF]}`,
      ); // the schema has no other words
    const who = await nameOf(principal);
    if (privilege && who !== undefined) wanted.grant.push({ principal: who, privilege });
  }
  for (const text of revoke) {
    const who = await nameOf(text);
    if (who === undefined) continue;
    if (direct.some(({ principal }) => principal === who)) wanted.revoke.push(who);
    else if (!(await isRepeat()))
      problems.push(
        `"${text}" has no direct grant on this model service to revoke; change an inherited grant where it comes from`,
      );
  }
  refuseProblems([...new Set(problems)], near.length > 0 ? { near: near.slice(0, 20) } : {});
  return wanted;
}

function applied(direct: readonly Holder[], { grant, revoke }: Wanted): Holder[] {
  const held = new Map(
    direct.map(({ principal, privileges }) => [principal, revoke.includes(principal) ? [] : privileges]),
  );
  for (const { principal, privilege } of grant)
    held.set(principal, [...new Set([...(held.get(principal) ?? []), privilege])]);
  return [...held].map(([principal, privileges]) => ({ principal, privileges }));
}

const heldIn = (grants: readonly Holder[], who: string) =>
  grants.find(({ principal }) => principal === who)?.privileges ?? [];

/** The principals of both lists. */
function everyone(before: readonly Holder[], after: readonly Holder[]): string[] {
  return [...new Set([...before, ...after].map(({ principal }) => principal))];
}

function changesOf(before: readonly Holder[], after: readonly Holder[]): FieldDiff[] {
  return everyone(before, after).flatMap((who) => {
    const text = (grants: readonly Holder[]) => {
      const held = heldIn(grants, who);
      return held.length === 0 ? undefined : held.toSorted().join(', ');
    };
    return differences(text(before), text(after), `grants of ${who}`);
  });
}

function requestOf(before: readonly Holder[], after: readonly Holder[]): serviceGrants.GrantChange[] {
  return everyone(before, after).flatMap((principal) => {
    const [old, now] = [heldIn(before, principal), heldIn(after, principal)];
    const add = now.filter((each) => !old.includes(each));
    const remove = old.filter((each) => !now.includes(each));
    if (add.length + remove.length === 0) return [];
    return [{ principal, ...(add.length > 0 ? { add } : {}), ...(remove.length > 0 ? { remove } : {}) }];
  });
}

/** Whether the caller may lose the right to undo the change. For a group this is a guess, because its members are not known. */
async function ownLoss(
  owner: string | undefined,
  before: readonly Holder[],
  after: readonly Holder[],
  { http }: ToolContext,
): Promise<string | undefined> {
  const manages = (grants: readonly Holder[], who: string) => heldIn(grants, who).includes('MANAGE');
  const losers = everyone(before, after).filter((who) => manages(before, who) && !manages(after, who));
  if (losers.length === 0) return undefined;
  const me = await principals.me(http).catch(() => undefined);
  if (me !== undefined && (me === owner || manages(after, me))) return undefined;
  if (me !== undefined && losers.includes(me)) return 'removes your own MANAGE';
  // A user has an e-mail and a service principal an id, so another name is a group (fact P3).
  return losers.some((who) => !who.includes('@'))
    ? 'may remove your own MANAGE, if you have it only through a group'
    : undefined;
}

/** The losses that need consent: fewer privileges for someone who keeps others, or the caller's own MANAGE. A plain revoke needs none. */
function lossesOf(
  name: string,
  before: readonly Holder[],
  after: readonly Holder[],
  own: string | undefined,
): string | undefined {
  const lowered = before.flatMap(({ principal, privileges }) => {
    const now = heldIn(after, principal);
    const gone = privileges.filter((each) => !now.includes(each));
    return now.length > 0 && gone.length > 0 ? [`${enumeration(gone)} from "${clip(principal, 80)}"`] : [];
  });
  const parts = [
    ...(lowered.length > 0 ? [`This takes ${lowered.slice(0, 10).join(', ')} on model service ${name}.`] : []),
    ...(own ? [`This ${own} on model service ${name}.`] : []),
  ];
  return parts.join(' ') || undefined;
}

/** The call that brings the earlier grants back. A privilege that the call cannot give is named instead. */
function undoOf(
  name: string,
  before: readonly Holder[],
  after: readonly Holder[],
): { call: ToolCall; omits: string[] } {
  const known: readonly string[] = PRIVILEGES;
  const changed = everyone(before, after).filter(
    (who) => differences(heldIn(before, who).toSorted(), heldIn(after, who).toSorted()).length > 0,
  );
  const revoke = changed.filter((who) => heldIn(after, who).length > 0);
  const grant = changed.flatMap((principal) =>
    heldIn(before, principal).flatMap((level) => (known.includes(level) ? [{ principal, level }] : [])),
  );
  const omits = changed.flatMap((who) =>
    heldIn(before, who).flatMap((each) =>
      known.includes(each) ? [] : [`${each} of ${who}: grant it in Catalog Explorer`],
    ),
  );
  const args = { endpoint: name, ...(grant.length > 0 ? { grant } : {}), ...(revoke.length > 0 ? { revoke } : {}) };
  return { call: { tool: 'update_permissions', args }, omits };
}

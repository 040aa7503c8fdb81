import * as z from 'zod';
import type { FieldDiff } from '../src/plan/diff.ts';
import type { ToolCall, ToolResult } from '../src/refusal.ts';
import type { Http } from '../src/rest/http.ts';
import { endpoints, permissions, principals } from '../src/rest/index.ts';
import { defined } from '../src/rest/json.ts';
import { isServiceName } from '../src/rest/names.ts';
import { LEVELS, type Level } from '../src/rest/permissions.ts';
import { PRIVILEGES } from '../src/rest/service-grants.ts';
import { clip } from '../src/text/sanitize.ts';
import { defineWrite, type ToolContext } from '../src/tool.ts';
import { endpointSubject, type Step, step } from '../src/write/planned-write.ts';
import { changeGrants, PRIVILEGE_OF } from './model-services/grants.ts';
import { confirm, principal, target, writeParams } from './params.ts';
import {
  directOf,
  firstGrants,
  type Grant,
  grantInput,
  grantsOf,
  idOf,
  resolve,
  type Unresolved,
} from './shared/grants.ts';
import { lossSummary } from './shared/loss-summary.ts';
import { refuseProblems } from './shared/preflight.ts';
import { refuseEmptyChange } from './shared/refusals.ts';

export const updatePermissions = defineWrite({
  name: 'update_permissions',
  title: 'Grant or revoke permissions',
  effect: 'write',
  toolsets: ['access'],
  needs: ['permissions'],
  services: true,
  asks: [['grant', 'revoke']],
  description:
    'Grants a level on an endpoint (CAN_…) or model service (the others), or revokes direct grants. All others stay. Lowering a level, or removing the last manager or your own access, needs the user’s approval.',
  input: z.strictObject({
    endpoint: target,
    grant: z
      .array(
        z.strictObject({
          principal: principal.describe('E-mail, group, or name or application id of a service principal.'),
          level: z.enum([...LEVELS, ...PRIVILEGES]),
        }),
      )
      .max(50)
      .default([])
      .describe('Grants to add, or levels to change.'),
    revoke: z.array(principal).max(50).default([]).describe('Principals that lose their direct grant.'),
    confirm,
    ...writeParams,
  }),
  output: z.looseObject({
    changed: z.boolean().optional(),
    grants: z.array(z.looseObject({})).optional(),
    undo: z.string().optional(),
  }),

  async plan(args, context) {
    const { http } = context;
    const { endpoint: name } = args;
    if (args.grant.length + args.revoke.length === 0)
      refuseEmptyChange(name, 'the call has neither grant nor revoke', 'get_permissions');
    if (isServiceName(name)) return changeGrants(args, context);
    const asked = { ...args, grant: levelsOf(args.grant) };
    const current = await endpoints.get(http, name);
    const id = idOf(current);
    const list = await permissions.get(http, id);
    const direct = directOf(list);
    const found = await resolveAll(context, asked, direct);
    const held = inheritedAlready(found, list);
    const wanted = { ...found, grant: found.grant.filter((each) => !held.some((grant) => same(grant, each))) };
    const after = apply(direct, wanted);
    const changes = changesOf(direct, after);
    const own = await ownManage(http, direct, after);
    const loss = losses(name, direct, after, own);
    return {
      subject: endpointSubject(name),
      before: current,
      changes,
      steps: [grantStep(id, wanted, after, changes, context)],
      answer: { endpoint: name },
      unchanged: firstGrants(direct),
      warning: held.length === 0 ? undefined : heldText(held),
      consentReason: loss,
      consentDetails: loss === undefined ? undefined : await lossSummary(current, context),
      undo: [undo(name, direct, changes)],
      undoOmits: own ? [`your access: the change ${own}. Only another manager can undo that`] : [],
      grants: direct.map(grantInput),
      // A revoke writes all grants again, so a grant added in the meantime would be lost.
      alsoRead: direct,
    };
  },
});

/** The grants as levels. A privilege of model services is refused with the level that does the same here. */
function levelsOf(grant: readonly { principal: string; level: string }[]): { principal: string; level: Level }[] {
  const wrong = grant.flatMap(({ level }) => {
    const [right] = Object.entries(PRIVILEGE_OF).find(([, privilege]) => privilege === level) ?? [];
    return right === undefined ? [] : [`${level} is a privilege of model services; on an endpoint it is ${right}`];
  });
  refuseProblems([...new Set(wrong)]);
  return grant.flatMap(({ principal, level }) => {
    const found = LEVELS.find((each) => each === level);
    return found ? [{ principal, level: found }] : [];
  });
}

function grantStep(id: string, wanted: Wanted, after: Grant[], changes: FieldDiff[], { http }: ToolContext): Step {
  const replaces = wanted.revoke.length > 0;
  return step<permissions.Access[]>({
    what: replaces ? 'grants' : 'grant',
    label: 'grants',
    target: id,
    request: replaces
      ? permissions.replace(id, after.map(grantInput))
      : permissions.add(id, wanted.grant.map(grantInput)),
    async lost() {
      const found = await permissions.get(http, id);
      return changesOf(directOf(found), after).length === 0 ? { answer: found, ours: false } : undefined;
    },
    reach: async (stored) => ({ kind: 'reached', view: { changes, ...firstGrants(directOf(stored)) } }),
  });
}

const manages = ({ level }: Grant) => level === 'CAN_MANAGE';

/**
 * The losses that need consent: a lower level, the last CAN_MANAGE, or the caller's own. A plain revoke needs none, because its name says it.
 * @returns undefined without such a loss.
 */
function losses(name: string, direct: Grant[], after: Grant[], own: string | undefined): string | undefined {
  const lowered = direct.flatMap((grant) => {
    const to = after.find((each) => same(each, grant));
    return to && rank(to) < rank(grant)
      ? [`${grant.kind} "${oneLine(grant.principal)}" from ${oneLine(grant.level)} to ${to.level}`]
      : [];
  });
  const named = `${lowered.slice(0, 10).join(', ')}${lowered.length > 10 ? ` and ${lowered.length - 10} more` : ''}`;
  const last = direct.some(manages) && !after.some(manages);
  const parts = [
    ...(lowered.length > 0 ? [`This lowers ${named} on endpoint ${name}.`] : []),
    ...(last ? [`This removes the last direct CAN_MANAGE grant on endpoint ${name}.`] : []),
    ...(own ? [`This ${own} on endpoint ${name}.`] : []),
  ];
  return parts.length === 0 ? undefined : parts.join(' ');
}

/** An unknown level may be higher than all known ones. */
function rank({ level }: Grant): number {
  const at = LEVELS.indexOf(level as Level); // -1 for any other text
  return at < 0 ? LEVELS.length : at;
}

function oneLine(text: string): string {
  return clip(text, 80).replace(/\s+/g, ' ');
}

/** Whether the caller loses the right to undo the change. For a group this is a guess, because its members are not known. */
async function ownManage(http: Http, direct: Grant[], after: Grant[]): Promise<string | undefined> {
  const lost = direct.filter((grant) => manages(grant) && !after.some((each) => same(each, grant) && manages(each)));
  if (lost.length === 0) return undefined;
  const me = await principals.me(http).catch(() => undefined);
  if (me !== undefined && after.some((grant) => manages(grant) && grant.principal === me)) return undefined;
  if (lost.some((grant) => grant.principal === me)) return 'removes your own CAN_MANAGE';
  if (me !== undefined && !lost.some((grant) => grant.kind === 'group')) return undefined;
  return 'may remove your own CAN_MANAGE, if you have it only through a group';
}

interface Wanted {
  grant: Grant[];
  revoke: { kind: Grant['kind']; principal: string }[];
}

async function resolveAll(
  { http, isRepeat }: ToolContext,
  args: { grant: { principal: string; level: Level }[]; revoke: string[] },
  direct: Grant[],
): Promise<Wanted> {
  const problems: string[] = [];
  const near: ToolResult[] = [];
  const unresolved = ({ problem, near: like = [] }: Unresolved) => {
    problems.push(problem);
    near.push(...like);
  };
  const granted = await Promise.all(
    args.grant.map(async (each) => ({ found: await resolve(http, each.principal), level: each.level })),
  );
  // A principal that left the workspace can still have a grant, so a revoke first matches the grants themselves.
  const revoked = await Promise.all(args.revoke.map(async (text) => findGrant(direct, text) ?? resolve(http, text)));
  const wanted: Wanted = { grant: [], revoke: [] };
  for (const { found, level } of granted) {
    if ('problem' in found) unresolved(found);
    else wanted.grant.push({ ...found, level });
  }
  for (const [index, found] of revoked.entries()) {
    if ('problem' in found) unresolved(found);
    else if (direct.some((grant) => same(grant, found))) wanted.revoke.push(found);
    else if (!(await isRepeat()))
      problems.push(
        `"${args.revoke[index]}" has no direct grant on this endpoint to revoke; change an inherited grant where it comes from`,
      );
  }
  for (const each of wanted.grant)
    if (wanted.grant.find((other) => same(other, each)) !== each) problems.push(`${each.principal} is granted twice`);
  for (const each of wanted.revoke)
    if (wanted.grant.some((grant) => same(grant, each))) problems.push(`${each.principal} is both granted and revoked`);
  refuseProblems(problems, near.length > 0 ? { near: near.slice(0, 20) } : {});
  return wanted;
}

/** The inherited grants that make a wanted one pointless: the same principal has the level, or a higher one, and no direct grant to change. */
function inheritedAlready({ grant }: Wanted, list: permissions.Access[]): Grant[] {
  const all = grantsOf(list);
  return grant.flatMap((each) => {
    const own = all.filter((other) => same(other, each));
    if (own.some(({ inherited_from }) => inherited_from === undefined)) return [];
    return own.find((other) => rank(other) >= rank(each)) ?? [];
  });
}

function heldText(held: readonly Grant[]): string {
  const each = held.map(
    ({ kind, principal, level, inherited_from = '' }) =>
      `${kind} "${oneLine(principal)}" already has ${oneLine(level)}, inherited from ${oneLine(inherited_from)}`,
  );
  return `${each.slice(0, 10).join('; ')}${each.length > 10 ? `; and ${each.length - 10} more` : ''}. Nothing was granted to them.`;
}

function apply(direct: Grant[], wanted: Wanted): Grant[] {
  const kept = direct.filter(
    (grant) => !wanted.revoke.some((each) => same(grant, each)) && !wanted.grant.some((each) => same(grant, each)),
  );
  return [...kept, ...wanted.grant];
}

function changesOf(before: Grant[], after: Grant[]): FieldDiff[] {
  const all = [...before, ...after].filter(
    (grant, index, list) => list.findIndex((each) => same(each, grant)) === index,
  );
  return all.flatMap((grant) => {
    const from = before.find((each) => same(each, grant))?.level;
    const to = after.find((each) => same(each, grant))?.level;
    if (from === to) return [];
    return [defined({ field: `${grant.kind} ${grant.principal}`, from, to })];
  });
}

function same(a: { kind: string; principal: string }, b: { kind: string; principal: string }): boolean {
  return a.kind === b.kind && a.principal === b.principal;
}

function undo(name: string, before: Grant[], changes: FieldDiff[]): ToolCall {
  const named = changes.map((change) => ({ who: change.field.slice(change.field.indexOf(' ') + 1), was: change.from }));
  const grant = named
    .filter((each) => each.was !== undefined)
    .map((each) => ({ principal: each.who, level: each.was }));
  const revoke = named
    .filter((each) => each.was === undefined && !before.some((old) => old.principal === each.who))
    .map((each) => each.who);
  const args = { endpoint: name, ...(grant.length > 0 ? { grant } : {}), ...(revoke.length > 0 ? { revoke } : {}) };
  return { tool: 'update_permissions', args };
}

/** The grant that a text names: by its exact principal, or by a unique display name. Several matches are returned as a problem. */
function findGrant(direct: Grant[], text: string): Grant | Unresolved | undefined {
  const exact = direct.find((grant) => grant.principal === text);
  if (exact) return exact;
  const [only, ...others] = direct.filter((grant) => grant.display === text);
  if (others.length === 0) return only;
  const who = [only, ...others].map((grant) => grant?.principal).join(' or ');
  return { problem: `"${text}" can mean ${who}; give one of these` };
}

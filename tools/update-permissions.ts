import * as z from 'zod';
import type { FieldDiff } from '../src/plan/diff.ts';
import { call } from '../src/refusal.ts';
import type { Http } from '../src/rest/http.ts';
import { endpoints, permissions, principals } from '../src/rest/index.ts';
import { confirmIfLost } from '../src/rest/lost-answer.ts';
import { LEVELS, type Level, permissionsPath } from '../src/rest/permissions.ts';
import { clip } from '../src/text/sanitize.ts';
import { defineTool } from '../src/tool.ts';
import { commit } from '../src/write/commit.ts';
import { confirm, endpoint, writeParams } from './params.ts';
import { directOf, firstGrants, type Grant, grantInput, idOf, resolve } from './shared/grants.ts';
import { whatGoes } from './shared/loss-summary.ts';
import { refuseProblems } from './shared/preflight.ts';
import { refuseEmptyChange } from './shared/refusals.ts';

const principal = z.string().min(1).max(255);

export const updatePermissions = defineTool({
  name: 'update_permissions',
  title: 'Grant or revoke permissions',
  effect: 'write',
  description:
    'Grants CAN_VIEW, CAN_QUERY or CAN_MANAGE on an endpoint, or takes a grant back. Nobody who is not named gains or loses anything.',
  input: z.strictObject({
    endpoint,
    grant: z
      .array(
        z.strictObject({
          principal: principal.describe('E-mail, group name, or a service principal’s name or application id.'),
          level: z.enum(LEVELS),
        }),
      )
      .max(50)
      .default([]),
    revoke: z.array(principal).max(50).default([]),
    confirm,
    ...writeParams,
  }),
  output: z.looseObject({
    changed: z.boolean().optional(),
    grants: z.array(z.looseObject({})).optional(),
    undo: z.string().optional(),
  }),

  async run(args, context) {
    const { http } = context;
    const name = args.endpoint;
    if (args.grant.length + args.revoke.length === 0)
      refuseEmptyChange(name, 'neither grant nor revoke was given', 'get_permissions');
    const current = await endpoints.get(http, name);
    const id = idOf(current);
    const read = async () => directOf(await permissions.get(http, id));
    const direct = await read();
    const wanted = await resolveAll(http, args, direct);
    const after = apply(direct, wanted);
    const changes = changesOf(direct, after);
    const own = await ownManage(http, direct, after);
    const loses = losses(name, direct, after, own);
    const replace = wanted.revoke.length > 0;
    const body = { access_control_list: (replace ? after : wanted.grant).map(grantInput) };
    const request = { method: replace ? 'PUT' : 'PATCH', path: permissionsPath(id), body };
    return commit(
      {
        subject: { kind: 'endpoint', name },
        before: current,
        changes,
        requests: [request],
        undo: undo(name, direct, changes),
        ...(own ? { undoLacks: [`it ${own}: then only somebody else who manages the endpoint can undo it`] } : {}),
        ...(loses ? { loses, shows: await whatGoes(current, context) } : {}),
        grants: direct.map(grantInput),
        // A revoke writes everybody's grants again: one that was given meanwhile would be lost.
        beside: { seen: direct, reread: read },
      },
      args,
      context,
      async (writing) => {
        const stored = replace
          ? await confirmIfLost(
              () => permissions.replace(writing, id, after.map(grantInput)),
              async () => {
                const found = await permissions.get(http, id);
                return changesOf(directOf(found), after).length === 0 ? found : undefined;
              },
            )
          : await permissions.add(writing, id, wanted.grant.map(grantInput));
        return { endpoint: name, changed: true, changes, ...firstGrants(directOf(stored)) };
      },
      () => ({ endpoint: name, changed: false, ...firstGrants(direct) }),
    );
  },
});

const manages = ({ level }: Grant) => level === 'CAN_MANAGE';

/**
 * What a person must agree to: a grant that takes rights away, the last CAN_MANAGE, or the caller's own. A plain revoke says what it does.
 * @returns undefined when there is nothing of that.
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
    ...(last ? [`This takes the last CAN_MANAGE that was given on endpoint ${name}.`] : []),
    ...(own ? [`It ${own}.`] : []),
  ];
  return parts.length === 0 ? undefined : parts.join(' ');
}

/** A level that is not known may be more than any that is. */
function rank({ level }: Grant): number {
  const at = LEVELS.indexOf(level as Level); // -1 for any other text
  return at < 0 ? LEVELS.length : at;
}

function oneLine(text: string): string {
  return clip(text, 80).replace(/\s+/g, ' ');
}

/** Whether the caller loses the right to change it back. By a group it can only be guessed: nobody tells who is in it. */
async function ownManage(http: Http, direct: Grant[], after: Grant[]): Promise<string | undefined> {
  const lost = direct.filter((grant) => manages(grant) && !after.some((each) => same(each, grant) && manages(each)));
  if (lost.length === 0) return undefined;
  const me = await principals.me(http).catch(() => undefined);
  if (me !== undefined && after.some((grant) => manages(grant) && grant.principal === me)) return undefined;
  if (lost.some((grant) => grant.principal === me)) return 'takes the caller’s own CAN_MANAGE';
  if (me !== undefined && !lost.some((grant) => grant.kind === 'group')) return undefined;
  return 'may take the caller’s own CAN_MANAGE';
}

interface Wanted {
  grant: Grant[];
  revoke: { kind: Grant['kind']; principal: string }[];
}

async function resolveAll(
  http: Http,
  args: { grant: { principal: string; level: Level }[]; revoke: string[] },
  direct: Grant[],
): Promise<Wanted> {
  const problems: string[] = [];
  const granted = await Promise.all(
    args.grant.map(async (each) => ({ found: await resolve(http, each.principal), level: each.level })),
  );
  // Somebody who has left the workspace can still hold a grant: a revoke is matched with the grants themselves first.
  const revoked = await Promise.all(args.revoke.map(async (text) => named(direct, text) ?? resolve(http, text)));
  const wanted: Wanted = { grant: [], revoke: [] };
  for (const { found, level } of granted) {
    if (typeof found === 'string') problems.push(found);
    else wanted.grant.push({ ...found, level });
  }
  for (const [index, found] of revoked.entries()) {
    if (typeof found === 'string') problems.push(found);
    else if (!direct.some((grant) => same(grant, found)))
      problems.push(
        `"${args.revoke[index]}" has no grant of its own on this endpoint to take back; inherited ones are changed where they come from`,
      );
    else wanted.revoke.push(found);
  }
  for (const each of wanted.grant)
    if (wanted.grant.find((other) => same(other, each)) !== each) problems.push(`${each.principal} is granted twice`);
  for (const each of wanted.revoke)
    if (wanted.grant.some((grant) => same(grant, each))) problems.push(`${each.principal} is both granted and revoked`);
  refuseProblems(problems);
  return wanted;
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
    return [
      {
        field: `${grant.kind} ${grant.principal}`,
        ...(from === undefined ? {} : { from }),
        ...(to === undefined ? {} : { to }),
      },
    ];
  });
}

function same(a: { kind: string; principal: string }, b: { kind: string; principal: string }): boolean {
  return a.kind === b.kind && a.principal === b.principal;
}

function undo(name: string, before: Grant[], changes: FieldDiff[]): string {
  const named = changes.map((change) => ({ who: change.field.slice(change.field.indexOf(' ') + 1), was: change.from }));
  const grant = named
    .filter((each) => each.was !== undefined)
    .map((each) => ({ principal: each.who, level: each.was }));
  const revoke = named
    .filter((each) => each.was === undefined && !before.some((old) => old.principal === each.who))
    .map((each) => each.who);
  return call('update_permissions', {
    endpoint: name,
    ...(grant.length > 0 ? { grant } : {}),
    ...(revoke.length > 0 ? { revoke } : {}),
  });
}

/** The grant that a text names: its principal exactly, else a display name if only one bears it; several are told as a problem. */
function named(direct: Grant[], text: string): Grant | string | undefined {
  const exact = direct.find((grant) => grant.principal === text);
  if (exact) return exact;
  const [only, ...others] = direct.filter((grant) => grant.display === text);
  if (others.length === 0) return only;
  const who = [only, ...others].map((grant) => grant?.principal).join(' or ');
  return `"${text}" can mean ${who}: give one of these`;
}

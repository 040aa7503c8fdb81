/** Members of the workspace and their rights there (SCIM). Only for hints before a write, so each request is tried once. */
import * as z from 'zod';
import type { Http } from './http.ts';
import { PATIENCE } from './privileges.ts';

const ROOT = '/api/2.0/preview/scim/v2';

const Named = z.array(z.looseObject({ value: z.string().optional(), display: z.string().optional() })).optional();

const MemberRow = z.looseObject({
  id: z.string().optional(),
  userName: z.string().optional(),
  applicationId: z.string().optional(),
  active: z.boolean().optional(),
  entitlements: Named,
  groups: Named,
});

const GroupRow = z.looseObject({
  entitlements: Named,
  groups: Named,
  members: z.array(z.looseObject({ value: z.string().optional(), $ref: z.string().optional() })).optional(),
});

const answerOf = <Row extends z.ZodType>(row: Row) => z.looseObject({ Resources: z.array(row).default([]) });
const Members = answerOf(MemberRow);
const Groups = answerOf(GroupRow);

/** A user or service principal of the workspace. What the answer leaves out is undefined: the caller may not see it, or there is none. */
export interface Member {
  id: string | undefined;
  /** E-mail or application id. */
  name: string;
  active: boolean | undefined;
  entitlements: string[] | undefined;
  /** Display names of the groups that it belongs to directly. */
  groups: string[] | undefined;
}

export interface Group {
  entitlements: string[] | undefined;
  /** Whether it belongs to a group itself. */
  nested: boolean;
  /** Ids of its members. */
  members: string[] | undefined;
  /** Whether a group is among its members. */
  containsGroups: boolean;
}

const APPLICATION_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The owner of what the platform created. It is no group. */
const SYSTEM = /^system user$/i;

/** Whether a name in a grant is that of a group: users have an e-mail, service principals an application id (fact P3). */
export function isGroupName(name: string): boolean {
  return !name.includes('@') && !APPLICATION_ID.test(name) && !SYSTEM.test(name);
}

/** The user or service principal with this name. Undefined when the workspace has none. */
export async function member(http: Http, name: string): Promise<Member | undefined> {
  const [collection, attribute] = APPLICATION_ID.test(name)
    ? (['ServicePrincipals', 'applicationId'] as const)
    : (['Users', 'userName'] as const);
  const query = { filter: `${attribute} eq ${JSON.stringify(name)}` };
  const { Resources } = Members.parse(await http.json('GET', `${ROOT}/${collection}`, { query, ...PATIENCE }));
  // A service that ignores the filter answers with other rows.
  const row = Resources.find((each) => each[attribute]?.toLowerCase() === name.toLowerCase());
  if (!row && Resources.length > 0) throw new Error('the directory did not search by name');
  return row && memberOf(row, name);
}

/** The caller. */
export async function myself(http: Http): Promise<Member> {
  const row = MemberRow.parse(await http.json('GET', `${ROOT}/Me`, PATIENCE));
  const name = row.applicationId ?? row.userName;
  if (name === undefined) throw new Error('the directory did not name the caller');
  return memberOf(row, name);
}

/** A group of the workspace. Undefined when the workspace has none with this name, although the account may have one. */
export async function group(http: Http, name: string): Promise<Group | undefined> {
  const query = { filter: `displayName eq ${JSON.stringify(name)}` };
  const { Resources } = Groups.parse(await http.json('GET', `${ROOT}/Groups`, { query, ...PATIENCE }));
  const row = Resources.find((each) => each.displayName === name);
  return (
    row && {
      entitlements: row.entitlements && valuesOf(row.entitlements),
      nested: (row.groups ?? []).length > 0,
      members: row.members && valuesOf(row.members),
      containsGroups: (row.members ?? []).some(({ $ref = '' }) => /\bGroups\//.test($ref)),
    }
  );
}

function memberOf({ id, active, entitlements, groups }: z.infer<typeof MemberRow>, name: string): Member {
  return {
    id,
    name,
    active,
    entitlements: entitlements && valuesOf(entitlements),
    groups: groups?.flatMap(({ display }) => display ?? []),
  };
}

function valuesOf(list: readonly { value?: string | undefined }[]): string[] {
  return list.flatMap(({ value }) => value ?? []);
}

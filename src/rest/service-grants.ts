/** Grants of Unity Catalog on a model service. Unlike the levels of an endpoint, a principal has a set of privileges (fact V12). */
import * as z from 'zod';
import type { Http, WriteRequest } from './http.ts';
import { segment } from './names.ts';
import type { Holder } from './privileges.ts';

/** What a model service may grant: to see it, to call it, and to change it. */
export const PRIVILEGES = ['READ_METADATA', 'EXECUTE', 'MANAGE'] as const;
export type ServicePrivilege = (typeof PRIVILEGES)[number];

const ROOT = '/api/2.1/unity-catalog';

const Direct = z.looseObject({
  privilege_assignments: z
    .array(z.looseObject({ principal: z.string().default(''), privileges: z.array(z.string()).default([]) }))
    .default([]),
});

const Effective = z.looseObject({
  privilege_assignments: z
    .array(
      z.looseObject({
        principal: z.string().default(''),
        privileges: z
          .array(
            z.looseObject({
              privilege: z.string().default(''),
              inherited_from_type: z.string().optional(),
              inherited_from_name: z.string().optional(),
            }),
          )
          .default([]),
      }),
    )
    .default([]),
});

/** Path of the grants on a service itself. */
export function grantsPath(fullName: string): string {
  return `${ROOT}/permissions/model_service/${segment(fullName)}`;
}

/** The grants on the service itself. The owner is not among them. */
export async function direct(http: Http, fullName: string): Promise<Holder[]> {
  return parse(await http.json('GET', grantsPath(fullName)));
}

/** A privilege that comes from the schema or the catalog. */
export interface Inherited extends Holder {
  inherited_from: string;
}

/** Privileges on a service that come from above, as far as they count for it. */
export async function inherited(http: Http, fullName: string): Promise<Inherited[]> {
  const path = `${ROOT}/effective-permissions/model_service/${segment(fullName)}`;
  const { privilege_assignments } = Effective.parse(await http.json('GET', path));
  const counts: readonly string[] = [...PRIVILEGES, 'ALL_PRIVILEGES'];
  return privilege_assignments.flatMap(({ principal, privileges }) =>
    privileges.flatMap(({ privilege, inherited_from_type, inherited_from_name: from }) =>
      from === undefined || !counts.includes(privilege)
        ? []
        : [
            {
              principal,
              privileges: [privilege],
              inherited_from: `${(inherited_from_type ?? '').toLowerCase()} ${from}`.trim(),
            },
          ],
    ),
  );
}

/** Privileges to add to a principal and to take from it. */
export interface GrantChange {
  principal: string;
  add?: string[];
  remove?: string[];
}

/** Changes single grants. All others stay, and a repeat makes the same grants. */
export function change(fullName: string, changes: readonly GrantChange[]): WriteRequest<Holder[]> {
  return { method: 'PATCH', path: grantsPath(fullName), body: { changes }, again: 'lost', parse };
}

function parse(answer: unknown): Holder[] {
  return Direct.parse(answer).privilege_assignments.map(({ principal, privileges }) => ({ principal, privileges }));
}

/** Who may do what with an endpoint. Grants belong to its id, not to its name (fact P1). */
import * as z from 'zod';
import type { Http, WriteRequest } from './http.ts';
import { segment } from './names.ts';

/** From the weakest to the strongest (fact P4). */
export const LEVELS = ['CAN_VIEW', 'CAN_QUERY', 'CAN_MANAGE'] as const;
export type Level = (typeof LEVELS)[number];

const Grant = z.looseObject({
  permission_level: z.string().optional(),
  inherited: z.boolean().optional(),
  inherited_from_object: z.array(z.string()).optional(),
});

export const Access = z.looseObject({
  user_name: z.string().optional(),
  group_name: z.string().optional(),
  service_principal_name: z.string().optional(),
  display_name: z.string().optional(),
  all_permissions: z.array(Grant).default([]),
});
export type Access = z.infer<typeof Access>;

export const AccessList = z.looseObject({ access_control_list: z.array(Access).default([]) });

/** One entry of a request: exactly one of the three principals. */
export interface GrantInput {
  user_name?: string;
  group_name?: string;
  service_principal_name?: string;
  permission_level: Level;
}

/** Path of an endpoint's grants. */
export function permissionsPath(id: string): string {
  return `/api/2.0/permissions/serving-endpoints/${segment(id)}`;
}

/** All grants, including inherited ones. */
export async function get(http: Http, id: string): Promise<Access[]> {
  return AccessList.parse(await http.json('GET', permissionsPath(id))).access_control_list;
}

/** Adds grants, or changes the level of those named. Other grants are left unchanged (fact P2). */
export function add(id: string, grants: readonly GrantInput[]): WriteRequest<Access[]> {
  return { method: 'PATCH', path: permissionsPath(id), body: { access_control_list: grants }, again: 'lost', parse };
}

/**
 * Replaces all direct grants. No call removes a single one (fact P2), so a revoke writes the others again. It is never retried: a grant that someone
 * else added in between would be lost.
 */
export function replace(id: string, grants: readonly GrantInput[]): WriteRequest<Access[]> {
  return { method: 'PUT', path: permissionsPath(id), body: { access_control_list: grants }, again: 'never', parse };
}

function parse(answer: unknown): Access[] {
  return AccessList.parse(answer).access_control_list;
}

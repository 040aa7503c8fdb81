/** Who may do what with an endpoint. Grants belong to its id, never to its name (fact P1). */
import * as z from 'zod';
import type { Http } from './http.ts';
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

const AccessList = z.looseObject({ access_control_list: z.array(Access).default([]) });

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

/** All grants, the inherited ones too. */
export async function get(http: Http, id: string): Promise<Access[]> {
  return AccessList.parse(await http.json('GET', permissionsPath(id))).access_control_list;
}

/** Adds grants or changes the level of those named. All others stay (fact P2). */
export async function add(http: Http, id: string, grants: GrantInput[]): Promise<Access[]> {
  const options = { body: { access_control_list: grants }, repeatable: true };
  return AccessList.parse(await http.json('PATCH', permissionsPath(id), options)).access_control_list;
}

/**
 * Replaces all direct grants. No call removes a single one (fact P2), so removing means writing the others again. Sent once: a second try would
 * remove a grant that was given in between.
 */
export async function replace(http: Http, id: string, grants: GrantInput[]): Promise<Access[]> {
  const options = { body: { access_control_list: grants }, noRetry: true };
  return AccessList.parse(await http.json('PUT', permissionsPath(id), options)).access_control_list;
}

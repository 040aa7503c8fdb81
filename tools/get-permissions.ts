import * as z from 'zod';
import { endpoints, permissions } from '../src/rest/index.ts';
import { defineTool } from '../src/tool.ts';
import { endpoint } from './params.ts';
import { firstGrants, grantsOf, idOf, MAX_GRANTS } from './shared/grants.ts';
import { dropEmpty, permissionView } from './shared/view.ts';

export const getPermissions = defineTool({
  name: 'get_permissions',
  title: 'Read permissions',
  effect: 'read',
  toolsets: ['access'],
  description: 'Lists who can view, query or manage an endpoint, with direct and inherited grants.',
  input: z.strictObject({ endpoint }),
  output: z.looseObject({
    grants: z.array(z.looseObject({})).optional(),
    inherited: z.array(z.looseObject({})).optional(),
  }),

  async run({ endpoint: name }, { http, readOnly }) {
    const found = await endpoints.get(http, name);
    const all = grantsOf(await permissions.get(http, idOf(found)));
    const inherited = all.filter((grant) => grant.inherited_from !== undefined);
    return dropEmpty({
      endpoint: name,
      ...firstGrants(all.filter((grant) => grant.inherited_from === undefined)),
      inherited: inherited.slice(0, MAX_GRANTS),
      omitted_inherited: Math.max(0, inherited.length - MAX_GRANTS) || undefined,
      creator: found.creator,
      ...permissionView('your_permission', found, readOnly),
    });
  },
});

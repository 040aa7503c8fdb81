import * as z from 'zod';
import { endpoints, permissions } from '../src/rest/index.ts';
import { isServiceName } from '../src/rest/names.ts';
import { defineTool } from '../src/tool.ts';
import { showGrants } from './model-services/grants.ts';
import { target } from './params.ts';
import { firstGrants, grantsOf, idOf, MAX_GRANTS } from './shared/grants.ts';
import { dropEmpty, permissionView } from './shared/view.ts';

export const getPermissions = defineTool({
  name: 'get_permissions',
  title: 'Read permissions',
  effect: 'read',
  toolsets: ['access'],
  needs: ['permissions'],
  services: true,
  description: 'Lists who can view, query or manage an endpoint or model service, with direct and inherited grants.',
  input: z.strictObject({ endpoint: target }),
  output: z.looseObject({
    grants: z.array(z.looseObject({})).optional(),
    inherited: z.array(z.looseObject({})).optional(),
  }),

  async run({ endpoint: name }, context) {
    if (isServiceName(name)) return showGrants(name, context);
    const { http, readOnly } = context;
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

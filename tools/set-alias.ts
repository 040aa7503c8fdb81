import * as z from 'zod';
import { models } from '../src/rest/index.ts';
import { call, defineTool } from '../src/tool.ts';
import { aliasName, dryRun, model, version } from './params.ts';
import { readyVersion } from './shared/model-version.ts';

export const setAlias = defineTool({
  name: 'set_alias',
  title: 'Move an alias',
  effect: 'write',
  description:
    'Points a Unity Catalog alias at a version, or removes it. Endpoints do not follow aliases: to change what serves use swap_version.',
  input: z.strictObject({
    model,
    alias: aliasName,
    version: version.nullable().describe('null removes the alias.'),
    dry_run: dryRun,
  }),
  output: z.looseObject({
    changed: z.boolean().optional(),
    was: z.number().nullable().optional(),
    undo: z.string().optional(),
  }),

  async run({ model: name, alias, version: wanted, dry_run }, { http }) {
    const [{ aliases }, number] = await Promise.all([
      models.get(http, name),
      wanted === null ? undefined : readyVersion(http, name, wanted),
    ]);
    const was = aliases?.find((each) => each.alias_name === alias)?.version_num ?? null;
    const to = number === undefined ? null : Number(number);
    const view = { model: name, alias, version: to, was };
    if (dry_run || was === to) return { ...view, changed: false, ...(dry_run ? { dry_run: true } : {}) };
    if (to === null) await models.deleteAlias(http, name, alias);
    else await models.setAlias(http, name, alias, to);
    return {
      ...view,
      changed: true,
      undo: call('set_alias', { model: name, alias, version: was === null ? null : String(was) }),
    };
  },
});

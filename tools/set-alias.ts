import * as z from 'zod';
import { ApiError } from '../src/rest/errors.ts';
import type { Http } from '../src/rest/http.ts';
import { models } from '../src/rest/index.ts';
import { defineTool } from '../src/tool.ts';
import { commit } from '../src/write/commit.ts';
import { aliasName, dryRun, model, version } from './params.ts';
import { aliasChange, aliasNow, setAliasCall } from './shared/alias.ts';
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

  async run({ model: name, alias, version: wanted, dry_run }, context) {
    const { http } = context;
    const [was, number] = await Promise.all([
      aliasNow(http, name, alias),
      wanted === null ? undefined : readyVersion(http, name, wanted),
    ]);
    const to = number === undefined ? undefined : Number(number);
    const view = { model: name, alias, version: to ?? null, was: was.version ?? null };
    const request =
      to === undefined
        ? { method: 'DELETE', path: models.aliasPath(name, alias) }
        : { method: 'PUT', path: models.aliasPath(name, alias), body: { version_num: to } };
    return commit(
      {
        subject: { kind: 'model', name },
        before: undefined,
        changes: aliasChange(was, to),
        requests: [request],
        undo: setAliasCall(name, was),
        again: { model: name, alias, version: number ?? null },
      },
      { dry_run },
      context,
      async (writing) => {
        if (to === undefined) await remove(writing, name, alias);
        else await models.setAlias(writing, name, alias, to);
        return { ...view, changed: true };
      },
      () => ({ ...view, changed: false }),
    );
  },
});

/** An alias that is not there any more is what was asked for: a first try whose answer was lost took it away. */
async function remove(http: Http, model: string, alias: string): Promise<void> {
  try {
    await models.deleteAlias(http, model, alias);
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 404)) throw error;
  }
}

import * as z from 'zod';
import { defineWrite } from '../src/tool.ts';
import { aliasName, dryRun, model, version } from './params.ts';
import { aliasChange, aliasNow, aliasStep, restoreAlias } from './shared/alias.ts';
import { readyVersion } from './shared/model-version.ts';

export const setAlias = defineWrite({
  name: 'set_alias',
  title: 'Move an alias',
  effect: 'write',
  description:
    'Points a Unity Catalog alias at a model version, or removes it. Endpoints do not follow aliases: to change what an endpoint serves, use swap_version, which can also move the alias.',
  input: z.strictObject({
    model,
    alias: aliasName,
    version: version.nullable().describe('Version number or @alias; null removes the alias.'),
    dry_run: dryRun,
  }),
  output: z.looseObject({
    changed: z.boolean().optional(),
    was: z.number().nullable().optional(),
    undo: z.string().optional(),
  }),

  async plan({ model: name, alias, version: wanted }, context) {
    const { http } = context;
    const [was, number] = await Promise.all([
      aliasNow(http, name, alias),
      wanted === null ? undefined : readyVersion(http, name, wanted),
    ]);
    const to = number === undefined ? undefined : Number(number);
    return {
      subject: { kind: 'model', name },
      before: undefined,
      changes: aliasChange(was, to),
      steps: [aliasStep(name, was, to, context)],
      answer: { model: name, alias, version: to ?? null, was: was.version ?? null },
      undo: [restoreAlias(name, was)],
      repeatArgs: { model: name, alias, version: number ?? null },
    };
  },
});

import * as z from 'zod';
import { call, Refusal } from '../src/refusal.ts';
import { defineWrite } from '../src/tool.ts';
import { aliasName, dryRun, model, version } from './params.ts';
import { aliasChange, aliasNow, aliasStep, restoreAlias } from './shared/alias.ts';
import { readyVersion } from './shared/model-version.ts';

export const setAlias = defineWrite({
  name: 'set_alias',
  title: 'Move an alias',
  effect: 'write',
  toolsets: ['models', 'rollout'],
  needs: ['catalog'],
  asks: [['version', 'remove']],
  description:
    'Points a Unity Catalog alias at a model version, or removes it. Endpoints do not follow aliases. To change what an endpoint serves, use swap_version, which can also move the alias.',
  input: z.strictObject({
    model,
    alias: aliasName,
    version: version.optional().describe('Version number or @alias to point at.'),
    remove: z.boolean().optional().describe('true, instead of version: remove the alias.'),
    dry_run: dryRun,
  }),
  output: z.looseObject({
    changed: z.boolean().optional(),
    was: z.number().nullable().optional(),
    undo: z.string().optional(),
  }),

  async plan({ model: name, alias, version: wanted, remove = false }, context) {
    const { http } = context;
    if (remove === (wanted !== undefined)) refuseUnclear(name, alias);
    const [was, number] = await Promise.all([
      aliasNow(http, name, alias),
      wanted === undefined ? undefined : readyVersion(http, name, wanted),
    ]);
    const to = number === undefined ? undefined : Number(number);
    return {
      subject: { kind: 'model', name },
      before: undefined,
      changes: aliasChange(was, to),
      steps: [aliasStep(name, was, to, context)],
      answer: { model: name, alias, version: to ?? null, was: was.version ?? null },
      undo: [restoreAlias(name, was)],
      repeatArgs: { model: name, alias, ...(number === undefined ? { remove } : { version: number }) },
    };
  },
});

function refuseUnclear(model: string, alias: string): never {
  throw new Refusal(
    'invalid_request',
    'give either version, to move the alias, or remove: true, to remove it',
    `${call('list_model_versions', { model })} shows the versions. To remove the alias, call ${call('set_alias', { model, alias, remove: true })}.`,
  );
}

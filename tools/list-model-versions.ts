import * as z from 'zod';
import { endpoints, models } from '../src/rest/index.ts';
import { call, defineTool } from '../src/tool.ts';
import { quote } from '../src/untrusted.ts';
import { model } from './params.ts';
import { dropEmpty } from './shared/view.ts';

export const listModelVersions = defineTool({
  name: 'list_model_versions',
  title: 'List model versions',
  effect: 'read',
  description: 'Versions of a Unity Catalog model, newest first: status, aliases, and which endpoints serve each.',
  input: z.strictObject({ model, limit: z.int().min(1).max(100).default(20) }),
  output: z.looseObject({ versions: z.array(z.looseObject({})).optional(), total: z.number().optional() }),

  async run({ model: name, limit }, { http }) {
    const [registered, versions, all] = await Promise.all([
      models.get(http, name),
      models.versions(http, name),
      endpoints.list(http),
    ]);
    const serving = (number: number) =>
      all.flatMap((endpoint) =>
        endpoints
          .entitiesOf(endpoint.config)
          .some((each) => each.entity_name === name && each.entity_version === String(number))
          ? [endpoint.name]
          : [],
      );
    const newest = versions.toSorted((a, b) => b.version - a.version);
    return dropEmpty({
      model: name,
      total: versions.length,
      versions: newest.slice(0, limit).map((version) =>
        dropEmpty({
          version: version.version,
          status: version.status,
          aliases: (registered.aliases ?? [])
            .filter((alias) => alias.version_num === version.version)
            .map((alias) => alias.alias_name),
          served_by: serving(version.version).slice(0, 20),
          created:
            version.created_at === undefined ? undefined : new Date(version.created_at).toISOString().slice(0, 10),
          comment: version.comment && quote(version.comment, 120),
        }),
      ),
      omitted: Math.max(0, versions.length - limit) || undefined,
      note: versions.length === 0 ? 'the model has no version yet' : undefined,
      next: versions.length === 0 ? undefined : call('swap_version'),
    });
  },
});

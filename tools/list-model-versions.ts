import * as z from 'zod';
import { call, Refusal, type ToolResult } from '../src/refusal.ts';
import { isAbsent } from '../src/rest/absent.ts';
import type { Http } from '../src/rest/http.ts';
import { type Endpoint, endpoints, models } from '../src/rest/index.ts';
import { MODEL_NAME } from '../src/rest/names.ts';
import { clip } from '../src/text/sanitize.ts';
import { timeText } from '../src/text/time.ts';
import { defineTool } from '../src/tool.ts';
import { findModels } from './shared/find-models.ts';
import { dropEmpty } from './shared/view.ts';

/** The advice after a wrong name. The similar names are text from outside, so they are in `models`. */
const CHOOSE = 'Repeat the call with a full name from models.';

export const listModelVersions = defineTool({
  name: 'list_model_versions',
  title: 'Find models and their versions',
  effect: 'read',
  toolsets: ['models', 'endpoints', 'rollout'],
  needs: ['catalog'],
  description:
    'Lists the versions of a Unity Catalog model, newest first, with status, aliases and the endpoints that serve each. For part of a name, or no name, lists the registered models that match.',
  input: z.strictObject({
    model: z
      .string()
      .max(767)
      .refine((text) => !/[\p{Cc}\p{Cf}]/u.test(text), 'must not contain control characters')
      .default('')
      .describe('catalog.schema.model, or part of the name.'),
    limit: z.int().min(1).max(100).default(20).describe('Number of versions or models to return.'),
  }),
  output: z.looseObject({
    versions: z.array(z.looseObject({})).optional(),
    models: z.array(z.looseObject({})).optional(),
    total: z.number().optional(),
  }),

  async run({ model, limit }, { http }) {
    // People write * or % as a wildcard. Every search already matches part of the name.
    const name = model.replaceAll(/[*%]/g, '').trim();
    if (!MODEL_NAME.test(name)) return search(http, name, limit);
    const registered = await models.get(http, name).catch((error) => refuseUnknownModel(http, name, limit, error));
    const [versions, all] = await Promise.all([models.versions(http, name), endpoints.list(http)]);
    const serves = (endpoint: Endpoint, number?: number) =>
      endpoints
        .entitiesOf(endpoint.config)
        .some((each) => each.entity_name === name && (!number || each.entity_version === String(number)));
    const serving = all.filter((endpoint) => serves(endpoint));
    const newest = versions.toSorted((a, b) => b.version - a.version);
    const ready = newest.find(({ status }) => status === undefined || status === 'READY');
    return dropEmpty({
      model: name,
      owner: registered.owner,
      total: versions.length,
      // Only a READY version can be served (fact M4).
      newest_ready: ready === newest[0] ? undefined : (ready?.version ?? 'none'),
      versions: newest.slice(0, limit).map((version) =>
        dropEmpty({
          version: version.version,
          status: version.status,
          aliases: (registered.aliases ?? [])
            .filter((alias) => alias.version_num === version.version)
            .map((alias) => alias.alias_name),
          served_by: serving
            .filter((endpoint) => serves(endpoint, version.version))
            .map((endpoint) => endpoint.name)
            .slice(0, 20),
          created: timeText(version.created_at),
          creator: version.created_by,
          comment: version.comment && clip(version.comment, 120),
        }),
      ),
      omitted: Math.max(0, versions.length - limit) || undefined,
      note: versions.length === 0 ? 'the model has no versions yet' : undefined,
    });
  },
});

/** The registered models that match part of a name. */
async function search(http: Http, text: string, limit: number): Promise<ToolResult> {
  const result = await findModels(http, text, limit);
  if (result.total > 0) return result;
  const note =
    text === ''
      ? 'there are no registered models that you can see'
      : 'no model of Unity Catalog has this text or a similar one in its name';
  return dropEmpty({ ...result, note, next: text === '' ? undefined : call('list_model_versions') });
}

/** @throws Refusal with similarly named models when the model does not exist. Rethrows any other error. */
async function refuseUnknownModel(http: Http, name: string, limit: number, error: unknown): Promise<never> {
  if (!isAbsent(error)) throw error;
  const near = await findModels(http, name, limit).catch(() => undefined);
  if (near === undefined) throw error;
  const message = `Unity Catalog has no model ${name} that you can see`;
  throw new Refusal('model_not_found', message, near.total > 0 ? CHOOSE : `${call('list_model_versions')}`, near);
}

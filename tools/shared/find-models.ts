/** Finds registered models by part of their name, or by a similar name. */

import type { ToolResult } from '../../src/refusal.ts';
import { ApiError } from '../../src/rest/errors.ts';
import type { Http } from '../../src/rest/http.ts';
import { models } from '../../src/rest/index.ts';
import { closestNames, normalize } from '../../src/text/did-you-mean.ts';
import { clip } from '../../src/text/sanitize.ts';
import { dropEmpty } from './view.ts';

/**
 * Models whose names contain a text, or else similar names. An empty text finds all models. A text that starts with
 * `catalog.schema` is searched there first, then everywhere.
 * @returns the models, best match first, and which models were searched. The list of a metastore is long and not read to its end.
 */
export async function findModels(http: Http, text: string, limit: number): Promise<ToolResult & { total: number }> {
  const parts = text.split('.').filter((part) => part !== '');
  const [catalog_name, schema_name, ...rest] = parts;
  if (catalog_name !== undefined && schema_name !== undefined) {
    const there = await inSchema(http, { catalog_name, schema_name });
    const found = like(rest.join('.'), there.models);
    if (found.length > 0) return shown(found, limit, there, ` of ${catalog_name}.${schema_name}`);
  }
  const all = await models.list(http);
  return shown(like(rest.length > 0 ? rest.join('.') : parts.join('.'), all.models), limit, all, '');
}

type Listed = Awaited<ReturnType<typeof models.list>>;

/** The models of a schema. None when the schema does not exist or the caller may not see it. */
async function inSchema(http: Http, schema: { catalog_name: string; schema_name: string }): Promise<Listed> {
  try {
    return await models.list(http, schema);
  } catch (error) {
    if (error instanceof ApiError && [400, 403, 404].includes(error.status)) return { models: [], more: false };
    throw error;
  }
}

/** Models that contain the text, exact names first. If there are none, models with similar names. */
function like(text: string, listed: models.Model[]): models.Model[] {
  const sorted = listed.toSorted((a, b) => (order(a) < order(b) ? -1 : 1));
  const wanted = normalize(text);
  if (wanted === '') return sorted;
  const rank = (model: models.Model) => {
    const leaf = normalize(leafOf(model));
    if (leaf === wanted) return 0;
    return leaf.includes(wanted) ? 1 : 2;
  };
  const containing = sorted.filter((each) => normalize(nameOf(each)).includes(wanted));
  if (containing.length > 0) return containing.sort((a, b) => rank(a) - rank(b));
  const close = closestNames(text.split('.').at(-1) ?? '', sorted.map(leafOf));
  return [...new Set(close)].flatMap((leaf) => sorted.filter((each) => leafOf(each) === leaf));
}

/** Models that come with Databricks sort after registered ones. */
function order(model: models.Model): string {
  const name = nameOf(model);
  return `${name.startsWith('system.') ? 1 : 0}${name}`;
}

function nameOf(model: models.Model): string {
  return model.full_name ?? '';
}

function leafOf(model: models.Model): string {
  return nameOf(model).split('.').at(-1) ?? '';
}

function shown(found: models.Model[], limit: number, listed: Listed, where: string): ToolResult & { total: number } {
  const { length } = listed.models;
  const described = found.slice(0, limit).map((model) =>
    dropEmpty({
      model: nameOf(model),
      owner: model.owner,
      updated: model.updated_at === undefined ? undefined : new Date(model.updated_at).toISOString().slice(0, 10),
      comment: model.comment && clip(model.comment, 120),
    }),
  );
  return {
    total: found.length,
    ...dropEmpty({
      models: described,
      omitted: found.length - described.length || undefined,
      searched: listed.more
        ? `the first ${length} registered models${where}; there are more, so give catalog.schema to search one schema`
        : `all ${length} registered models${where} that you can see`,
    }),
  };
}

/** Tags of an endpoint, as a part of a write. */
import { differences } from '../../src/plan/diff.ts';
import type { Tag } from '../../src/rest/endpoints.ts';
import type { Http } from '../../src/rest/http.ts';
import { type Endpoint, endpoints } from '../../src/rest/index.ts';
import { step } from '../../src/write/planned-write.ts';
import type { Part } from './own-routes.ts';

/** Sets and removes tags, and keeps all others. Without a difference, it has no step. @param gone keys; those that are not there are ignored. */
export function tagChange(current: Endpoint, set: Record<string, string>, gone: readonly string[], http: Http): Part {
  const before = Object.fromEntries((current.tags ?? []).map(({ key, value }) => [key, value ?? '']));
  const add = Object.entries(set).flatMap(([key, value]) => (before[key] === value ? [] : [{ key, value }]));
  const remove = gone.filter((key) => key in before);
  const after = { ...before, ...Object.fromEntries(add.map(({ key, value }) => [key, value])) };
  for (const key of remove) delete after[key];
  const changes = differences(before, after, 'tags');
  if (changes.length === 0) return { changes, steps: [] };
  const body = { ...(add.length > 0 ? { add_tags: add } : {}), ...(remove.length > 0 ? { delete_tags: remove } : {}) };
  const request = endpoints.patchTags(current.name, body);
  const lost = async () => {
    const found = await endpoints.get(http, current.name);
    const left = tagChange(found, set, gone, http).changes;
    return left.length === 0 ? { answer: found.tags ?? [], ours: false } : undefined;
  };
  return { changes, steps: [step<Tag[]>({ what: 'tags', label: 'tags', target: current.name, request, lost })] };
}

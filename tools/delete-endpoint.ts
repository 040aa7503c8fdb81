import * as z from 'zod';
import type { Entry } from '../src/entry.ts';
import { byEntity, digest, parseExposition } from '../src/metrics.ts';
import { nearEndpoint } from '../src/near-endpoint.ts';
import { endpointPath } from '../src/rest/endpoints.ts';
import { ApiError } from '../src/rest/errors.ts';
import { fateUnknown } from '../src/rest/fate.ts';
import { type Endpoint, endpoints, observe } from '../src/rest/index.ts';
import { defineTool, type ToolContext, type ToolResult } from '../src/tool.ts';
import { commit } from '../src/write.ts';
import { confirm, endpoint, writeParams } from './params.ts';
import { refuseFoundation } from './shared/foundation.ts';
import { dropEmpty, serving, status } from './shared/view.ts';

export const deleteEndpoint = defineTool({
  name: 'delete_endpoint',
  title: 'Delete an endpoint',
  effect: 'destroy',
  description:
    'Deletes an endpoint for good, its grants and limits too; models stay. The first call shows what would go and asks the person, at the client or through confirm.',
  input: z.strictObject({ endpoint, confirm, ...writeParams }),
  output: z.looseObject({
    deleted: z.boolean().optional(),
    would_change: z.looseObject({}).optional(),
    next: z.string().optional(),
  }),

  async run(args, context) {
    const { http } = context;
    const name = args.endpoint;
    const found = await endpoints.find(http, name);
    if (!found) return nothingToDelete(name, context);
    refuseFoundation(found, 'it cannot be deleted');
    const shows = await whatGoes(found, context);
    return commit(
      {
        subject: { kind: 'endpoint', name },
        before: found,
        changes: [{ field: 'endpoint', from: name }],
        requests: [{ method: 'DELETE', path: endpointPath(name) }],
        loses: `This deletes serving endpoint ${name} for good.`,
        shows,
      },
      args,
      context,
      async (writing) => {
        try {
          await endpoints.remove(writing, name);
        } catch (error) {
          if (!fateUnknown(error) && !(error instanceof ApiError && error.status === 404)) throw error;
          const left = await endpoints.find(http, name);
          if (left && left.id === found.id) throw error;
        }
        return { endpoint: name, deleted: true, changed: true, deleted_endpoint: shows };
      },
      () => ({ endpoint: name, deleted: false, changed: false }),
    );
  },
});

async function nothingToDelete(name: string, { http }: ToolContext): Promise<ToolResult> {
  const near = await nearEndpoint(http, name);
  return {
    endpoint: name,
    deleted: false,
    changed: false,
    note: 'there is no endpoint of this name',
    ...(near === undefined ? {} : { next: `Did you mean ${near}?` }),
  };
}

/** What a person should know before they agree: whether it serves, whether it is used, and whose it is. */
async function whatGoes(found: Endpoint, context: ToolContext): Promise<ToolResult> {
  const [requests, ours] = await Promise.all([lastMinute(found.name, context), createdHere(found, context)]);
  return dropEmpty({
    status: status(found),
    serving: serving(found.config),
    requests_last_minute: requests,
    creator: found.creator,
    endpoint_id: found.id,
    name_created_by_this_server: ours,
  });
}

async function lastMinute(name: string, { http }: ToolContext): Promise<number | undefined> {
  const text = await observe.metrics(http, name).catch(() => undefined);
  return text === undefined
    ? undefined
    : digest(byEntity(parseExposition(text), [name]).get(name) ?? parseExposition(text)).requests;
}

/** Undefined when no journal is kept: then nobody can tell. */
async function createdHere(found: Endpoint, { journal, http }: ToolContext): Promise<boolean | undefined> {
  if (!journal) return undefined;
  const { host } = await http.signer();
  const where = (entry: Entry) =>
    entry.tool === 'create_endpoint' && entry.host === host && entry.subject.name === found.name;
  const { entries } = await journal.read({ where, newest: 20 });
  return entries.some((entry) => entry.outcome !== 'failed');
}

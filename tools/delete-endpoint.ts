import * as z from 'zod';
import { nearEndpoint } from '../src/calls/near-endpoint.ts';
import type { ToolResult } from '../src/refusal.ts';
import { effectUnknown } from '../src/rest/effect.ts';
import { endpointPath } from '../src/rest/endpoints.ts';
import { ApiError } from '../src/rest/errors.ts';
import type { Http } from '../src/rest/http.ts';
import { type Endpoint, endpoints, permissions } from '../src/rest/index.ts';
import type { GrantInput } from '../src/rest/permissions.ts';
import { defineTool, type ToolContext } from '../src/tool.ts';
import { commit } from '../src/write/commit.ts';
import { confirm, endpoint, writeParams } from './params.ts';
import { directOf, grantInput } from './shared/grants.ts';
import { whatGoes } from './shared/loss-summary.ts';
import { refuseFoundation } from './shared/refusals.ts';

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
    const [shows, grants] = await Promise.all([whatGoes(found, context), grantsOn(found, http)]);
    return commit(
      {
        subject: { kind: 'endpoint', name },
        before: found,
        changes: [{ field: 'endpoint', from: name }],
        requests: [{ method: 'DELETE', path: endpointPath(name) }],
        loses: `This deletes serving endpoint ${name} for good.`,
        shows,
        ...(grants ? { grants } : {}),
      },
      args,
      context,
      async (writing) => {
        try {
          await endpoints.remove(writing, name);
        } catch (error) {
          if (!effectUnknown(error) && !(error instanceof ApiError && error.status === 404)) throw error;
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

/** They go too, and the journal notes them; a caller who may not read them is told so by the delete itself. */
async function grantsOn({ id }: Endpoint, http: Http): Promise<GrantInput[] | undefined> {
  if (id === undefined) return undefined;
  const list = await permissions.get(http, id).catch(() => undefined);
  return list && directOf(list).map(grantInput);
}

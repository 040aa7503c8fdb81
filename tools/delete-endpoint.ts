import * as z from 'zod';
import { fingerprint } from '../src/difference.ts';
import { serving } from '../src/readiness.ts';
import { ApiError } from '../src/rest/errors.ts';
import { type Endpoint, endpoints } from '../src/rest/index.ts';
import { call, defineTool, Refusal, type ToolContext } from '../src/tool.ts';
import { fateUnknown } from '../src/write.ts';
import { endpoint } from './params.ts';
import { find } from './shared/find.ts';
import { status } from './shared/view.ts';

export const deleteEndpoint = defineTool({
  name: 'delete_endpoint',
  title: 'Delete an endpoint',
  effect: 'destroy',
  description:
    'Deletes an endpoint for good, its grants and limits too; models stay. The first call shows what would go and asks: the person at the client, or for the exact name in confirm.',
  input: z.strictObject({
    endpoint,
    confirm: z.string().optional().describe('The exact endpoint name, once the person has agreed to delete it.'),
  }),
  output: z.looseObject({
    deleted: z.boolean().optional(),
    would_delete: z.looseObject({}).optional(),
    next: z.string().optional(),
  }),

  async run({ endpoint: name, confirm }, context) {
    const { http } = context;
    const found = await find(context.http, name);
    if (!found) return { endpoint: name, deleted: false, changed: false, note: 'there is no endpoint of this name' };
    if (confirm !== undefined && confirm !== name) {
      throw new Refusal(
        'wrong_confirmation',
        `confirm does not hold the exact name of endpoint ${name}; nothing was deleted`,
        'Give the exact name, or leave confirm out to see what would go.',
      );
    }
    const goes = {
      status: status(found),
      serving: serving(found.config),
      creator: found.creator ?? 'unknown',
      endpoint_id: found.id,
    };
    if (confirm === undefined) {
      if (!context.ask) {
        return {
          endpoint: name,
          deleted: false,
          would_delete: goes,
          next: call('delete_endpoint', { endpoint: name, confirm: name }),
        };
      }
      const agreed = await context.ask(
        `Delete serving endpoint "${name}" for good? It is ${goes.status}, ${goes.serving}.`,
      );
      if (!agreed)
        throw new Refusal(
          'declined',
          `the person did not agree; endpoint ${name} was not deleted`,
          'Do not ask again unless they bring it up.',
          { would_delete: goes },
        );
      await unchanged(context, name, found);
    }
    try {
      await endpoints.remove(http, name);
    } catch (error) {
      if (!fateUnknown(error) && !(error instanceof ApiError && error.status === 404)) throw error;
      const left = await find(context.http, name);
      if (left && left.id === found.id) throw error;
    }
    return { endpoint: name, deleted: true, changed: true, deleted_endpoint: goes };
  },
});

/** A person may think for minutes; what they agreed to must still be what is there. */
async function unchanged(context: ToolContext, name: string, shown: Endpoint): Promise<void> {
  const now = await find(context.http, name);
  if (now && fingerprint(now) === fingerprint(shown)) return;
  const message = `endpoint ${name} changed while the question was open; nothing was deleted`;
  throw new Refusal('changed_meanwhile', message, `Look again with ${call('get_endpoint', { endpoint: name })}.`);
}

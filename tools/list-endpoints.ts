import * as z from 'zod';
import { endpoints } from '../src/rest/index.ts';
import { call, defineTool } from '../src/tool.ts';
import { dropEmpty, serves, status } from './shared/view.ts';

export const listEndpoints = defineTool({
  name: 'list_endpoints',
  title: 'List endpoints',
  effect: 'read',
  description:
    'Serving endpoints the caller may see: name, status, what each serves. For one endpoint in full use get_endpoint.',
  input: z.strictObject({
    name_contains: z.string().max(63).optional().describe('Only names with this text.'),
    limit: z.int().min(1).max(100).default(50).describe('Endpoints per page.'),
    cursor: z.string().max(63).optional().describe('next_cursor of the page before.'),
  }),
  output: z.looseObject({
    endpoints: z.array(z.looseObject({ name: z.string() })).optional(),
    total: z.number().optional(),
    next_cursor: z.string().optional(),
  }),

  async run({ name_contains, limit, cursor }, { http }) {
    const text = name_contains?.toLowerCase() ?? '';
    const matching = (await endpoints.list(http))
      .filter((endpoint) => endpoint.name.toLowerCase().includes(text))
      // The service keeps no order; with a name as the cursor a page stays right when endpoints come and go.
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    const rest = cursor === undefined ? matching : matching.filter((endpoint) => endpoint.name > cursor);
    const page = rest.slice(0, limit);
    const more = rest.length > page.length;
    return dropEmpty({
      total: matching.length,
      endpoints: page.map((endpoint) =>
        dropEmpty({
          name: endpoint.name,
          status: status(endpoint),
          serves: (endpoint.config?.served_entities ?? []).map(serves).join(', '),
          task: endpoint.task,
        }),
      ),
      next_cursor: more ? page.at(-1)?.name : undefined,
      ...(matching.length === 0
        ? { note: 'no endpoint matches, or the caller may not see it', next: call('create_endpoint') }
        : {}),
    });
  },
});

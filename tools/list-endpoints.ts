import * as z from 'zod';
import { parseExposition } from '../src/digest/exposition.ts';
import { digest } from '../src/digest/metrics.ts';
import { isStopped } from '../src/plan/stopped.ts';
import { call } from '../src/refusal.ts';
import { ApiError, TransportError } from '../src/rest/errors.ts';
import type { Http } from '../src/rest/http.ts';
import { type Endpoint, endpoints, observe } from '../src/rest/index.ts';
import { ENDPOINT_NAME } from '../src/rest/names.ts';
import { closestNames, normalize } from '../src/text/did-you-mean.ts';
import { timeText } from '../src/text/time.ts';
import { defineTool } from '../src/tool.ts';
import { dropEmpty, hasTask, serves, status, tasksOf } from './shared/view.ts';

/** The service returns metrics for one endpoint at a time. Limits on parallel requests, and on endpoints per call. */
const AT_ONCE = 8;
const MAX_METRICS = 100;

const input = z.strictObject({
  name_contains: z.string().max(63).optional().describe('Part of the name.'),
  state: z
    .enum(['ready', 'updating', 'creating', 'failed', 'stopped'])
    .optional()
    .describe('failed: the last update failed, even if the endpoint still serves. stopped: until a person starts it.'),
  task: z.string().max(60).optional().describe('Task, such as chat, embeddings or agent; none for classical models.'),
  creator: z.string().max(255).optional().describe('E-mail or application id of the creator.'),
  tag: z.string().max(200).optional().describe('Tag, as key or key=value.'),
  idle: z.boolean().optional().describe('true: no request in the last minute; false: at least one.'),
  limit: z.int().min(1).max(100).default(50).describe('Endpoints per page.'),
  cursor: z.string().max(63).optional().describe('next_cursor of the previous page.'),
});
type Args = z.output<typeof input>;

export const listEndpoints = defineTool({
  name: 'list_endpoints',
  title: 'List endpoints',
  effect: 'read',
  description:
    'Lists serving endpoints with their status and what each one serves. All filters must match. For the details of one endpoint use get_endpoint.',
  input,
  output: z.looseObject({
    endpoints: z.array(z.looseObject({ name: z.string() })).optional(),
    total: z.number().optional(),
    workspace: z.string().optional(),
    next_cursor: z.string().optional(),
  }),

  async run(args, { http }) {
    const { limit, cursor, ...filters } = args;
    const all = await endpoints.list(http);
    const described = all
      .filter((endpoint) => matches(endpoint, args))
      // The service returns no fixed order. A name as cursor keeps pages correct while endpoints come and go.
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    const ahead = cursor === undefined ? described : described.filter((endpoint) => endpoint.name > cursor);
    const searched = args.idle === undefined ? ahead : ahead.slice(0, MAX_METRICS);
    const matching = args.idle === undefined ? searched : await byUse(http, searched, args.idle);
    const notSearched = ahead.length - searched.length;
    const page = matching.slice(0, limit);
    const last = matching.length > page.length ? page.at(-1) : notSearched > 0 ? searched.at(-1) : undefined;
    // With the idle filter only the endpoints searched in this call can be counted.
    const complete = args.idle === undefined || (cursor === undefined && notSearched === 0);
    // The workspace may be unknown before the first request, so an unfiltered first page names it.
    const unfiltered = cursor === undefined && Object.values(filters).every((filter) => filter === undefined);
    const workspace = unfiltered ? (await http.signer()).host : undefined;
    return dropEmpty({
      workspace,
      total: complete ? (args.idle === undefined ? described : matching).length : undefined,
      searched: complete ? undefined : searched.length,
      not_searched: notSearched || undefined,
      endpoints: page.map((endpoint) =>
        dropEmpty({
          name: endpoint.name,
          status: status(endpoint),
          serves: (endpoint.config?.served_entities ?? []).map(serves).join(', '),
          task: endpoint.task,
          scale_to_zero: scaleToZero(endpoint),
          creator: endpoint.creator,
          last_change: timeText(endpoint.last_updated_timestamp),
        }),
      ),
      next_cursor: last?.name,
      ...(page.length > 0 ? {} : last || cursor !== undefined ? emptyPage(args, last) : nothing(all, filters)),
    });
  },
});

/** Whether all entities scale to zero. Unknown where they differ, or where the list leaves it out, which it often does. */
function scaleToZero({ config }: Endpoint): boolean | undefined {
  const known = (config?.served_entities ?? []).flatMap(({ scale_to_zero_enabled: zero }) => zero ?? []);
  return known.every((zero) => zero === known[0]) ? known[0] : undefined;
}

/** A page without matches. Later pages may have some. */
function emptyPage(args: Args, last: Endpoint | undefined): Record<string, unknown> {
  if (!last) return { note: 'no more endpoints' };
  const note = 'no match among the endpoints searched so far; there are more, from next_cursor on';
  // The name becomes part of the call, so it must be a valid one.
  return {
    note,
    next: ENDPOINT_NAME.test(last.name) ? call('list_endpoints', { ...args, cursor: last.name }) : undefined,
  };
}

/** Why a list is empty. */
function nothing(all: Endpoint[], filters: Partial<Args>): Record<string, unknown> {
  if (all.length === 0) return { note: 'there are no endpoints that you can see' };
  return dropEmpty({
    note: `none of ${all.length} endpoints match`,
    tasks: filters.task === undefined ? undefined : tasksOf(all),
    near: closestNames(
      filters.name_contains ?? '',
      all.map((endpoint) => endpoint.name),
    ).slice(0, 5),
  });
}

function matches(endpoint: Endpoint, { name_contains, state, task, creator, tag }: Args): boolean {
  const [key, ...value] = tag?.split('=') ?? [];
  return (
    normalize(endpoint.name).includes(normalize(name_contains ?? '')) &&
    (state === undefined || inState(endpoint, state)) &&
    (task === undefined || hasTask(endpoint, task)) &&
    (creator === undefined || endpoint.creator?.toLowerCase() === creator.toLowerCase()) &&
    (tag === undefined ||
      (endpoint.tags ?? []).some(
        (each) => each.key === key && (value.length === 0 || (each.value ?? '') === value.join('=')),
      ))
  );
}

/** After a failed update an endpoint can be both ready and failed, so both filters find it. */
function inState(endpoint: Endpoint, state: NonNullable<Args['state']>): boolean {
  const words = status(endpoint);
  if (state === 'failed') return /failed|cancelled/.test(words);
  if (state === 'ready') return endpoint.state.ready === 'READY' && !isStopped(endpoint);
  if (state === 'updating') return words === 'updating' || words === 'starting';
  return words.startsWith(state);
}

/** Endpoints without a request in the last minute, or with one. Endpoints without readable metrics, such as foundation models, are in neither list. */
async function byUse(http: Http, candidates: Endpoint[], idle: boolean): Promise<Endpoint[]> {
  const found: Endpoint[] = [];
  for (let from = 0; from < candidates.length; from += AT_ONCE) {
    const some = candidates.slice(from, from + AT_ONCE);
    const counts = await Promise.all(some.map((endpoint) => requestsOf(http, endpoint.name)));
    found.push(...some.filter((_endpoint, index) => counts[index] !== undefined && (counts[index] === 0) === idle));
  }
  return found;
}

async function requestsOf(http: Http, name: string): Promise<number | undefined> {
  try {
    return digest(parseExposition(await observe.metrics(http, name))).requests ?? 0;
  } catch (error) {
    const unreadable = error instanceof TransportError && error.kind === 'too_large';
    if (error instanceof ApiError || unreadable) return undefined;
    throw error;
  }
}

import * as z from 'zod';
import { digest, parseExposition } from '../src/digest/metrics.ts';
import { call } from '../src/refusal.ts';
import { ApiError } from '../src/rest/errors.ts';
import type { Http } from '../src/rest/http.ts';
import { type Endpoint, endpoints, observe } from '../src/rest/index.ts';
import { ENDPOINT_NAME } from '../src/rest/names.ts';
import { closestNames, normalize } from '../src/text/did-you-mean.ts';
import { defineTool } from '../src/tool.ts';
import { dropEmpty, hasTask, serves, status, tasksOf } from './shared/view.ts';

/** Metrics are asked for one endpoint at a time; so many at once, and for so many in a call. */
const AT_ONCE = 8;
const MOST_METRICS = 100;

const input = z.strictObject({
  name_contains: z.string().max(63).optional().describe('Only names with this text.'),
  state: z.enum(['ready', 'updating', 'creating', 'failed']).optional(),
  task: z.string().max(60).optional().describe('chat, embeddings, agent, …; "none" for classical models.'),
  creator: z.string().max(255).optional().describe('E-mail or application id.'),
  tag: z.string().max(200).optional().describe('key, or key=value.'),
  idle: z.boolean().optional().describe('true: no request in the last minute.'),
  limit: z.int().min(1).max(100).default(50).describe('Endpoints per page.'),
  cursor: z.string().max(63).optional().describe('next_cursor of the page before.'),
});
type Args = z.output<typeof input>;

export const listEndpoints = defineTool({
  name: 'list_endpoints',
  title: 'List endpoints',
  effect: 'read',
  description:
    'Serving endpoints the caller may see: name, status, what each serves. For one endpoint in full use get_endpoint.',
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
      // The service keeps no order; with a name as the cursor a page stays right when endpoints come and go.
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    const ahead = cursor === undefined ? described : described.filter((endpoint) => endpoint.name > cursor);
    const looked = args.idle === undefined ? ahead : ahead.slice(0, MOST_METRICS);
    const matching = args.idle === undefined ? looked : await byUse(http, looked, args.idle);
    const unseen = ahead.length - looked.length;
    const page = matching.slice(0, limit);
    const last = matching.length > page.length ? page.at(-1) : unseen > 0 ? looked.at(-1) : undefined;
    // Of use only what this call looked at is known.
    const whole = args.idle === undefined || (cursor === undefined && unseen === 0);
    // Where this server works may not be known before its first request: whoever looks around is told, once for all pages.
    const around = cursor === undefined && Object.values(filters).every((filter) => filter === undefined);
    const workspace = around ? (await http.signer()).host : undefined;
    return dropEmpty({
      workspace,
      total: whole ? (args.idle === undefined ? described : matching).length : undefined,
      searched: whole ? undefined : looked.length,
      not_searched: unseen || undefined,
      endpoints: page.map((endpoint) =>
        dropEmpty({
          name: endpoint.name,
          status: status(endpoint),
          serves: (endpoint.config?.served_entities ?? []).map(serves).join(', '),
          task: endpoint.task,
        }),
      ),
      next_cursor: last?.name,
      ...(page.length > 0 ? {} : last || cursor !== undefined ? emptyPage(args, last) : nothing(all, filters)),
    });
  },
});

/** A page without endpoints, among others that may have some. */
function emptyPage(args: Args, last: Endpoint | undefined): Record<string, unknown> {
  if (!last) return { note: 'no more endpoints' };
  const next = ENDPOINT_NAME.test(last.name)
    ? call('list_endpoints', { ...args, cursor: last.name })
    : 'Repeat the call with next_cursor as its cursor.';
  return { note: 'none of those that were looked at; there are more', next };
}

/** Why a list is empty. Only where nobody filtered is a first endpoint the next step. */
function nothing(all: Endpoint[], filters: Partial<Args>): Record<string, unknown> {
  const filtered = Object.values(filters).some((value) => value !== undefined);
  if (all.length === 0) {
    return {
      note: 'there is no endpoint that the caller may see',
      ...(filtered ? {} : { next: call('create_endpoint') }),
    };
  }
  return dropEmpty({
    note: `none of ${all.length} endpoints matches`,
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

/** An update that failed leaves an endpoint both ready and failed: both questions find it. */
function inState(endpoint: Endpoint, state: NonNullable<Args['state']>): boolean {
  const words = status(endpoint);
  if (state === 'failed') return /failed|cancelled/.test(words);
  if (state === 'ready') return endpoint.state.ready === 'READY';
  return words === state;
}

/** Endpoints that had no request in the last minute, or those that had; what gives no metrics, as foundation models, is neither. */
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
    if (error instanceof ApiError) return undefined;
    throw error;
  }
}

import * as z from 'zod';
import { isAgentTile } from '../src/plan/agent-tile.ts';
import { modelNames, servesModel } from '../src/plan/served-model.ts';
import { isStopped } from '../src/plan/stopped.ts';
import { call } from '../src/refusal.ts';
import { type Endpoint, endpoints } from '../src/rest/index.ts';
import { defined } from '../src/rest/json.ts';
import { ENDPOINT_NAME, SCHEMA_NAME } from '../src/rest/names.ts';
import { closestNames, normalize } from '../src/text/did-you-mean.ts';
import { timeText } from '../src/text/time.ts';
import { defineTool, type ToolContext } from '../src/tool.ts';
import { TOOLSET_NAMES } from '../src/toolsets.ts';
import { LISTED_BY_SCHEMA, listServices } from './model-services/list.ts';
import { nameLike } from './params.ts';
import { detailsOf, endpointRow, GONE } from './shared/endpoint-rows.ts';
import { type Use, useOf } from './shared/endpoint-use.ts';
import { byReason, readEach } from './shared/read-each.ts';
import { dropEmpty, hasTask, status, tasksOf } from './shared/view.ts';

/** Rows of a page, unless the caller asks for another number, and the characters that a page takes then. A normal answer has 8,000. */
const PAGE = 50;
const PAGE_CHARACTERS = 7_000;
/** Endpoints whose model only a read of its own shows, and milliseconds for these reads. */
const MAX_UNLISTED = 100;
const UNLISTED_MS = 10_000;

const input = z.strictObject({
  schema: nameLike(SCHEMA_NAME, 'must be catalog.schema')
    .optional()
    .describe('List the model services of this catalog.schema instead.'),
  name_contains: z.string().max(63).optional().describe('Part of the name.'),
  model: z
    .string()
    .max(767)
    .optional()
    .describe('Model served: registered (in full or its last part), foundation, or of a provider.'),
  state: z
    .enum(['ready', 'updating', 'creating', 'failed', 'stopped', 'not_ready'])
    .optional()
    .describe(
      'failed: the last update failed or was cancelled, even if the endpoint still serves. stopped: until a person starts it. not_ready: serves nothing, for any reason.',
    ),
  task: z.string().max(60).optional().describe('Task, such as chat, embeddings or agent; none for classical models.'),
  creator: z.string().max(255).optional().describe('E-mail, name or application id of the creator.'),
  tag: z.string().max(200).optional().describe('Tag, as key or key=value.'),
  idle: z
    .boolean()
    .optional()
    .describe(
      'true: no request in the last minute, or for 7 days where a SQL warehouse is set; false: at least one. Others are only counted.',
    ),
  limit: z.int().min(1).max(100).optional().describe(`Endpoints per page, by default up to ${PAGE}.`),
  cursor: z.string().max(767).optional().describe('next_cursor of the previous page.'),
});
type Args = z.output<typeof input>;

export const listEndpoints = defineTool({
  name: 'list_endpoints',
  title: 'List endpoints',
  effect: 'read',
  toolsets: TOOLSET_NAMES,
  view: 'workspace',
  description:
    'Lists serving endpoints: status, what each one serves, scale-to-zero, creator and last change. All filters must match. For the details of one endpoint use get_endpoint.',
  input,
  output: z.looseObject({
    endpoints: z.array(z.looseObject({ name: z.string() })).optional(),
    model_services: z.array(z.looseObject({ name: z.string() })).optional(),
    total: z.number().optional(),
    workspace: z.string().optional(),
    next_cursor: z.string().optional(),
  }),

  async run(args, context) {
    const { http } = context;
    const { schema, ...others } = args;
    if (schema !== undefined) {
      const { state, task, tag, idle, ...own } = others;
      const foreign = Object.keys(defined({ state, task, tag, idle }));
      return listServices({ schema, ...own }, foreign, context);
    }
    const { limit, cursor, ...filters } = others;
    const all = await endpoints.list(http);
    const listed = await byModel(
      all.filter((endpoint) => matches(endpoint, args)),
      args.model,
      context,
    );
    // The service returns no fixed order. A name as cursor keeps pages correct while endpoints come and go.
    const described = listed.found.sort((a, b) => (a.name < b.name ? -1 : 1));
    const ahead = cursor === undefined ? described : described.filter((endpoint) => endpoint.name > cursor);
    const use = args.idle === undefined ? undefined : await judgedUse(ahead, context);
    const searched = use?.searched ?? ahead;
    const matching = searched.filter(({ name }) => use === undefined || isIdle(use, name) === args.idle);
    const notSearched = ahead.length - searched.length;
    const page = await rowsOf(matching.slice(0, limit ?? PAGE), limit === undefined, use, context);
    const last = matching.length > page.rows.length ? page.last : notSearched > 0 ? searched.at(-1) : undefined;
    // With the idle filter only the endpoints searched in this call can be counted.
    const complete = use === undefined || (cursor === undefined && notSearched === 0);
    // The workspace may be unknown before the first request, so an unfiltered first page names it.
    const unfiltered = cursor === undefined && Object.values(filters).every((filter) => filter === undefined);
    const workspace = unfiltered ? (await http.signer()).host : undefined;
    return dropEmpty({
      workspace,
      model_services_hint: unfiltered ? LISTED_BY_SCHEMA : undefined,
      total: complete ? (use === undefined ? described : matching).length : undefined,
      searched: complete ? undefined : searched.length,
      not_searched: notSearched || undefined,
      ...(use && useView(use, args.idle)),
      model_unknown: listed.unknown,
      endpoints: page.rows,
      not_read: page.unread,
      next_cursor: last?.name,
      note: listed.note,
      ...(page.rows.length > 0
        ? {}
        : last || cursor !== undefined
          ? emptyPage(args, last)
          : nothing(all, filters, use)),
    });
  },
});

/** By the usage table where a person set a warehouse. Otherwise by metrics alone. */
async function judgedUse(candidates: readonly Endpoint[], context: ToolContext): Promise<Use> {
  if (context.warehouse === undefined) return useOf(candidates, context);
  const { useByTable } = await import('./shared/last-use.ts');
  return useByTable(candidates, context);
}

function isIdle({ requests, table }: Use, name: string): boolean | undefined {
  const at = lastOf(table, name);
  if (at !== undefined && table && 'last' in table) return at < table.idleSince;
  const count = requests.get(name);
  return count === undefined ? undefined : count === 0;
}

function judgedCount({ requests, table }: Use): number {
  return requests.size + (table && 'last' in table ? table.last.size : 0);
}

function lastOf(table: Use['table'], name: string): number | undefined {
  return table && 'last' in table ? table.last.get(name) : undefined;
}

/** What was judged, over which time, and what was not. An endpoint at zero had half an hour without requests (fact S15). */
function useView(use: Use, idle: boolean | undefined): Record<string, unknown> {
  const { requests, notJudged, table } = use;
  const last = table && 'last' in table ? table.last.size : 0;
  const sources =
    table && 'unread' in table
      ? [`metrics of the last minute, because the usage table could not be read: ${table.unread}`]
      : [
          `${last} by their last request in system.serving.endpoint_usage, minutes to hours late: idle means none for 7 days`,
          `${requests.size} without a row there by the metrics of the last minute`,
        ];
  return {
    judged: judgedCount(use),
    ...(table ? { sources } : { period: 'last minute' }),
    not_judged: byReason(notJudged),
    caution:
      idle && (!table || requests.size > 0)
        ? 'One quiet minute does not mean unused, except at_zero: no request for 30 minutes or more. The table system.serving.endpoint_usage has the last requests, where usage tracking is on.'
        : undefined,
  };
}

/** The rows of a page with details of each. @param bounded keep the page within the size of a normal answer. */
async function rowsOf(page: Endpoint[], bounded: boolean, use: Use | undefined, context: ToolContext) {
  const { found, unread } = await detailsOf(page, context);
  const rows: Record<string, unknown>[] = [];
  let characters = 0;
  for (const endpoint of page) {
    const row = dropEmpty({
      ...endpointRow(endpoint, found.get(endpoint.name)),
      requests_last_minute: use?.requests.get(endpoint.name),
      last_request: timeText(lastOf(use?.table, endpoint.name)),
    });
    characters += JSON.stringify(row).length;
    if (bounded && rows.length > 0 && characters > PAGE_CHARACTERS) break;
    rows.push(row);
  }
  const shown = new Set(page.slice(0, rows.length).map(({ name }) => name));
  const missing = byReason(unread.filter(({ endpoint }) => shown.has(endpoint)));
  return {
    rows,
    last: page[rows.length - 1],
    unread: missing.length > 0 ? { fields: 'scale_to_zero, at_zero and update', of: missing } : undefined,
  };
}

/** The endpoints that serve a model. If none serves one of exactly this name, those whose model names contain it. */
async function byModel(candidates: Endpoint[], model: string | undefined, context: ToolContext) {
  if (model === undefined) return { found: candidates };
  const { known, unknown } = await withPending(candidates, model, context);
  const found = (how: 'exact' | 'part') =>
    candidates.filter((each) => servesModel(known.get(each.name) ?? each, model) === how);
  const exact = found('exact');
  const partly = exact.length > 0 ? [] : found('part');
  return {
    found: exact.length > 0 ? exact : partly,
    unknown: byReason(unknown),
    note: partly.length > 0 ? 'no model has exactly this name; the models of these endpoints contain it' : undefined,
  };
}

/** List items do not show a model that is still deploying or failed to, so those endpoints are read. */
async function withPending(candidates: readonly Endpoint[], model: string, context: ToolContext) {
  const unclear = candidates.filter(
    (each) => servesModel(each, model) !== 'exact' && (each.state.config_update ?? 'NOT_UPDATING') !== 'NOT_UPDATING',
  );
  const readings = await readEach(
    unclear.slice(0, MAX_UNLISTED),
    ({ name }) => endpoints.get(context.http, name),
    context,
    UNLISTED_MS,
    GONE,
  );
  const known = new Map<string, Endpoint>();
  const unknown = candidates
    .filter(isAgentTile)
    .map(({ name }) => ({ endpoint: name, why: 'an agent whose models the service does not list' }));
  for (const [at, { name }] of unclear.entries()) {
    const reading = readings[at];
    if (reading && 'found' in reading) known.set(name, reading.found);
    else unknown.push({ endpoint: name, why: `latest update: ${reading ? reading.failed : 'not read'}` });
  }
  return { known, unknown };
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
function nothing(all: Endpoint[], filters: Partial<Args>, use: Use | undefined): Record<string, unknown> {
  if (all.length === 0) return { note: 'there are no endpoints that you can see' };
  return dropEmpty({
    note: use ? noneJudged(judgedCount(use)) : `none of ${all.length} endpoints match`,
    tasks: filters.task === undefined ? undefined : tasksOf(all),
    near: [
      ...closestNames(
        filters.name_contains ?? '',
        all.map((endpoint) => endpoint.name),
      ),
      ...closestNames(filters.model ?? '', modelNames(all)),
      ...closestNames(filters.creator ?? '', [...new Set(all.flatMap((endpoint) => endpoint.creator ?? []))]),
    ].slice(0, 5),
  });
}

function matches(endpoint: Endpoint, { name_contains, state, task, creator, tag }: Args): boolean {
  const [key, ...value] = tag?.split('=') ?? [];
  return (
    normalize(endpoint.name).includes(normalize(name_contains ?? '')) &&
    (state === undefined || inState(endpoint, state)) &&
    (task === undefined || hasTask(endpoint, task)) &&
    (creator === undefined || isCreator(endpoint, creator)) &&
    (tag === undefined ||
      (endpoint.tags ?? []).some(
        (each) => each.key === key && (value.length === 0 || (each.value ?? '') === value.join('=')),
      ))
  );
}

function noneJudged(judged: number): string {
  return judged === 0
    ? 'the requests of no endpoint are known'
    : `none of the ${judged} endpoints whose requests are known match`;
}

/** By e-mail or application id, by the part before the @, or by the display name that the service gives with it. */
function isCreator({ creator, creator_display_name }: Endpoint, wanted: string): boolean {
  const names = [creator, creator?.replace(/@.*/, ''), creator_display_name];
  return names.some((name) => typeof name === 'string' && name.toLowerCase() === wanted.toLowerCase());
}

/** After a failed update an endpoint can be both ready and failed, so both filters find it. */
function inState(endpoint: Endpoint, state: NonNullable<Args['state']>): boolean {
  const words = status(endpoint);
  if (state === 'failed') return /failed|cancelled/.test(words);
  if (state === 'ready') return endpoint.state.ready === 'READY' && !isStopped(endpoint);
  if (state === 'not_ready') return endpoint.state.ready !== 'READY' || isStopped(endpoint);
  if (state === 'updating') return words === 'updating' || words === 'starting';
  return words.startsWith(state);
}

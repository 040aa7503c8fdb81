/** What a SQL warehouse shows about the requests of an endpoint, for its diagnosis. It starts no warehouse, and takes a few seconds at most. */
import type { AnswerEvidence, Evidence, UsageEvidence } from '../../src/diagnose/evidence.ts';
import { isFoundationModel } from '../../src/plan/foundation.ts';
import { Refusal } from '../../src/refusal.ts';
import { reasonOf } from '../../src/rest/failed-read.ts';
import type { Endpoint } from '../../src/rest/index.ts';
import { isObject } from '../../src/rest/json.ts';
import { TimeUp, within } from '../../src/rest/time-limit.ts';
import type { ToolContext } from '../../src/tool.ts';
import { failedAnswers, failedQueries, payloadTable, type TableName } from '../../src/usage/failed-requests.ts';
import { quoted, type Scope } from '../../src/usage/statement.ts';
import { byStatus, trafficQuery } from '../../src/usage/traffic.ts';
import { openWarehouse, type Reader } from './warehouse.ts';

/** Milliseconds for the warehouse. A diagnosis asks it last, and only where nothing else shows a cause. */
const LIMIT = 12_000;
/** Milliseconds before now whose rows count. The tables are up to an hour late, and older failures may be past. */
const SPAN = 3 * 60 * 60_000;
const TAG = 'diagnosis';

type Open = Evidence['unread'][number];

export interface TableEvidence {
  usage?: UsageEvidence;
  /** Newest first. */
  answers: readonly AnswerEvidence[];
  /** What was not read, with the option, the right or the step that would provide it. */
  unread: readonly Open[];
}

type Reading<T> = { found: T } | { open: Open };

/** @throws what a cancellation throws. */
export async function tableEvidence(endpoint: Endpoint, context: ToolContext): Promise<TableEvidence> {
  const tracked = isTracked(endpoint);
  const payload = payloadTable(endpoint);
  const wants = { usage: tracked, answers: payload !== undefined && context.payloads };
  const open = [...(tracked || isFoundationModel(endpoint) ? [] : [NOT_TRACKED]), ...notKept(payload, context)];
  if (!wants.usage && !wants.answers) return { answers: [], unread: open };
  const [usage, answers] = await limited(context, async (own) => {
    const reader = openWarehouse(own, undefined, false, LIMIT);
    const now = context.http.time();
    const scope: Scope = {
      since: now - SPAN,
      until: now,
      workspace: context.http.workspaceId(),
      endpoint: endpoint.name,
      endpointId: endpoint.id,
    };
    return Promise.all([
      wants.usage ? reading('usage', () => usageIn(reader, scope), own) : undefined,
      wants.answers && payload
        ? reading('failed answers', () => answersIn(reader, scope, payload.table), own)
        : undefined,
    ]);
  });
  const read = [usage, answers];
  return {
    ...(usage && 'found' in usage ? { usage: usage.found } : {}),
    answers: answers && 'found' in answers ? answers.found : [],
    unread: [...open, ...read.flatMap((each) => (each && 'open' in each ? each.open : []))],
  };
}

type Read = readonly [usage: Reading<UsageEvidence> | undefined, answers: Reading<AnswerEvidence[]> | undefined];

/** The context of a part of the call that ends after {@link LIMIT}. It reports no progress of its own. */
async function limited(context: ToolContext, work: (own: ToolContext) => Promise<Read>): Promise<Read> {
  return within(LIMIT, context.signal, (signal) =>
    work({ ...context, signal, http: context.http.bind({ signal, access: 'read' }), progress: () => {} }),
  );
}

/** A part that cannot be read is named, with what would provide it. */
async function reading<T>(what: Open['what'], read: () => Promise<T>, { signal }: ToolContext): Promise<Reading<T>> {
  try {
    return { found: await Promise.race([read(), end(signal)]) };
  } catch (error) {
    if (signal.aborted && !(signal.reason instanceof TimeUp)) throw error;
    return { open: { what, why: whyNot(error, signal.aborted) } };
  }
}

/** Rejects when the signal ends. The start of a statement does not listen to it, because only its answer has the id that cancels it. */
function end(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

/** In words of ours: a refusal's message has no text of the service. */
function whyNot(error: unknown, late: boolean): string {
  if (late) return SLOW;
  if (!(error instanceof Refusal))
    return `the SQL warehouse: ${reasonOf(error, 'the service has no such route (404)')}`;
  if (error.code === 'statement_timeout' || error.code === 'warehouse_starting') return SLOW;
  if (error.code.startsWith('warehouse_'))
    return `${error.message.replace(/, and the call names none$/, '')}. A person names one that runs with --warehouse`;
  return `${error.message}. ${error.next}`;
}

const SLOW = `the SQL warehouse did not answer within ${LIMIT / 1_000} s; get_usage waits longer`;

const NOT_TRACKED: Open = {
  what: 'usage',
  why: 'usage tracking is off. Once a person switches it on with update_ai_gateway, a table has the status of each request',
};

/** Why no texts of failed answers can be read, and how a person provides them. */
function notKept(payload: ReturnType<typeof payloadTable>, { payloads }: ToolContext): Open[] {
  if (payload !== undefined && payloads) return [];
  const why =
    payload === undefined
      ? 'the endpoint keeps no answers, as it has no inference table'
      : 'this server was started without --payloads, so it does not read the inference table';
  return [{ what: 'failed answers', why: `${why}. Give the text of a failed answer in error` }];
}

function isTracked({ ai_gateway: gateway }: Endpoint): boolean {
  return isObject(gateway?.usage_tracking_config) && gateway.usage_tracking_config.enabled === true;
}

async function usageIn(reader: Promise<Reader>, scope: Scope): Promise<UsageEvidence> {
  const { rows } = await (await reader).read(trafficQuery('status'), scope, TAG);
  return { from: scope.since, to: scope.until, byStatus: byStatus(rows) };
}

async function answersIn(reader: Promise<Reader>, scope: Scope, table: TableName): Promise<AnswerEvidence[]> {
  const opened = await reader;
  const queries = failedQueries(await opened.columns(table, scope, TAG));
  if ('missing' in queries)
    throw new Refusal(
      'column_missing',
      'the inference table has no form that this server knows',
      'Its owner can check it.',
    );
  const { rows } = await opened.read(queries.answers, { ...scope, table: quoted(table) }, TAG);
  return failedAnswers(rows).map((each) => ({ ...each, from: 'inference table' as const }));
}

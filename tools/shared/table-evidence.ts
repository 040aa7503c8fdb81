/** What the tables of the service say about failing requests, where nothing else does. Loaded where a diagnosis needs it. */
import type { AnswerEvidence, Evidence, UsageEvidence } from '../../src/diagnose/evidence.ts';
import { Refusal } from '../../src/refusal.ts';
import { ApiError, TransportError } from '../../src/rest/errors.ts';
import type { Endpoint } from '../../src/rest/index.ts';
import type { ToolContext } from '../../src/tool.ts';
import { failedQueries, payloadTable } from '../../src/usage/failed-requests.ts';
import { quoted, type Scope } from '../../src/usage/statement.ts';
import { numberIn, textIn, timeIn } from '../../src/usage/table.ts';
import { byStatus, trafficQuery } from '../../src/usage/traffic.ts';
import { openWarehouse, type Reader } from './warehouse.ts';

/** Milliseconds for all statements of a diagnosis. */
const LIMIT = 15_000;
/** The tables are minutes to hours late, so the newest rows may be of some time ago. */
const WINDOW = 3 * 60 * 60_000;
const TAG = 'diagnose';

export interface TableEvidence {
  usage?: UsageEvidence;
  answers: AnswerEvidence[];
  unread: Evidence['unread'][number][];
}

/**
 * Answers by status, and the newest failed answers of the inference table. A stopped warehouse is not started for them, and the bodies of requests are
 * not read. Bodies of answers are the data of customers too, so they need `--payloads`.
 */
export async function tableEvidence(endpoint: Endpoint, context: ToolContext): Promise<TableEvidence> {
  const found: TableEvidence = { answers: [], unread: [] };
  const skip = (why: string) => void found.unread.push({ what: 'usage', why });
  const now = context.http.time();
  const scope: Scope = {
    since: now - WINDOW,
    until: now,
    workspace: context.http.workspaceId(),
    endpoint: endpoint.name,
    endpointId: endpoint.id,
  };
  const part = async (what: string, read: () => Promise<void>): Promise<boolean> => {
    try {
      await read();
      return true;
    } catch (error) {
      context.signal.throwIfAborted();
      if (!(error instanceof Refusal || error instanceof ApiError || error instanceof TransportError)) throw error;
      skip(`${what}: ${error instanceof ApiError ? `the service refused it (${error.status})` : error.message}`);
      return false;
    }
  };
  let reader: Reader | undefined;
  await part('answers by status', async () => {
    reader = await openWarehouse(context, undefined, false, LIMIT);
  });
  const open = reader;
  if (!open) return found;
  await part('answers by status', async () => {
    const { rows } = await open.read(trafficQuery('status'), scope, TAG);
    if (rows.length > 0) found.usage = { from: scope.since, to: now, byStatus: byStatus(rows) };
    else skip('the usage table has no row of this endpoint, as without usage tracking');
  });
  const table = payloadTable(endpoint);
  if (!table || table.off) return found;
  if (!context.payloads) {
    skip('failed answers in the inference table: this server was started without --payloads');
    return found;
  }
  await part('failed answers in the inference table', async () => {
    found.answers = await failedAnswers(open, table.table, scope);
  });
  return found;
}

async function failedAnswers(reader: Reader, table: readonly string[], scope: Scope): Promise<AnswerEvidence[]> {
  const queries = failedQueries(await reader.columns(table, scope, TAG));
  if ('missing' in queries) return [];
  const { rows } = await reader.read(queries.rows, { ...scope, table: quoted(table) }, TAG);
  return rows.flatMap((row): AnswerEvidence[] => {
    const text = textIn(row, 'response');
    const at = timeIn(row, 'at') ?? numberIn(row, 'at');
    return text === undefined || at === undefined
      ? []
      : [{ at, status: numberIn(row, 'status'), text, from: 'inference table' }];
  });
}

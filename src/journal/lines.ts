/** The lines of a journal: their form, their maximum length, and how begin and end lines become entries. Pure. */
import * as z from 'zod';
import { isTooDeep } from '../depth.ts';
import type { ToolCall } from '../refusal.ts';
import { isOpen, type JournalEntry, OUTCOMES, type WriteEnd } from './entry.ts';

/** Maximum line length in bytes, below the 512 KiB that Node writes in one piece. */
export const MAX_LINE = 256 * 1024;

/** Made at the first line that is read: a start reads none, and a schema takes time to make. */
function lineSchema() {
  /** Calls as data. Version 0.1.0 wrote them as one text. A text without calls counts as none. */
  const undo = z.union([
    z.array(z.object({ tool: z.string(), args: z.record(z.string(), z.unknown()) })),
    z.string().transform((text) => parseCalls(text)),
  ]);
  return z.discriminatedUnion('event', [
    z.object({
      event: z.literal('begin'),
      id: z.string(),
      at: z.string(),
      service_at: z.string().optional(),
      host: z.string(),
      who: z.string(),
      app_identity: z.string().optional(),
      tool: z.string(),
      subject: z.object({ kind: z.enum(['endpoint', 'model_service', 'model', 'app']), name: z.string() }),
      call: z.string(),
      changes: z.array(z.object({ field: z.string(), from: z.unknown().optional(), to: z.unknown().optional() })),
      undo: undo.optional(),
      not_undone: z.array(z.string()).optional(),
      undoes: z.array(z.string()).optional(),
      prior: z.unknown().optional(),
      rollout: z.looseObject({ id: z.string() }).optional(),
    }),
    z.object({
      event: z.literal('end'),
      id: z.string(),
      ended_at: z.string(),
      service_ended_at: z.string().optional(),
      outcome: z.enum(OUTCOMES),
      code: z.string().optional(),
      request_ids: z.array(z.string()).optional(),
      endpoint_id: z.string().optional(),
      telemetry_profile_id: z.string().optional(),
    }),
  ]);
}

let known: ReturnType<typeof lineSchema> | undefined;

/**
 * A record as one line. To stay within the maximum length, it first drops the earlier settings, then the differences, and at last the undo and the
 * arguments of the call, with lists that the service fills.
 */
export function toLine(record: Record<string, unknown>): string {
  const { prior, changes, call, undo, ...rest } = record;
  const forms = [
    record,
    { ...rest, call, changes, undo, prior: prior && 'omitted: too long' },
    { ...rest, call, changes: changes && [], undo },
    { ...rest, call: call && record.tool, changes: changes && [], not_undone: undefined, request_ids: undefined },
  ];
  const lines = forms.map((form) => JSON.stringify(form));
  return lines.find((line) => Buffer.byteLength(line) <= MAX_LINE) ?? lines.at(-1) ?? '';
}

/** A search in the journal. */
export interface JournalQuery {
  /** Sees an entry without its end. */
  where: (begun: JournalEntry) => boolean;
  /** Return only the newest entries, up to this number, at least 1. It bounds the memory, whatever the size of the journal. */
  newest: number;
  /** Id of the entry to return with its earlier settings. */
  whole?: string | undefined;
}

export interface JournalPage {
  /** Newest first. */
  entries: JournalEntry[];
  /** How many entries match in total. */
  total: number;
  /** Lines that cannot be read, or are too long. They are skipped and stay in the file. */
  unreadable: number;
  /** Bytes at the start of an oversized file, which were not read. */
  skipped?: number;
}

/** The matching entries. An end line is ignored if its begin line was in a dropped file. */
export async function entriesOf(
  lines: AsyncIterable<string> | Iterable<string>,
  { where, newest, whole }: JournalQuery,
): Promise<JournalPage> {
  const kept = new Map<string, JournalEntry>();
  let total = 0;
  let unreadable = 0;
  for await (const line of lines) {
    const record = parse(line);
    if (!record) unreadable++;
    else if (record.event === 'end') {
      const { event: _, ...end } = record;
      const begun = kept.get(end.id);
      if (begun) kept.set(end.id, ended(begun, end as WriteEnd)); // optional members may be absent
    } else {
      const { event: _, prior, ...rest } = record;
      const begun = { ...rest, ...(prior !== undefined && rest.id === whole ? { prior } : {}) } as JournalEntry; // as above
      if (!where(begun)) continue;
      total++;
      kept.set(begun.id, begun);
      const [oldest] = kept.keys();
      if (kept.size > newest && oldest !== undefined) kept.delete(oldest);
    }
  }
  return { entries: withFinishes([...kept.values()].reverse()), total, unreadable };
}

/** An entry with its newest end. The code and the time of an earlier end no longer apply. */
function ended({ code: _earlier, service_ended_at: _before, ...begun }: JournalEntry, end: WriteEnd): JournalEntry {
  const undone = end.outcome === 'undone' && begun.outcome !== undefined && begun.outcome !== 'undone';
  return { ...begun, ...end, ...(undone ? { before_undo: begun.outcome } : {}) };
}

/** The calls in a text such as `set_alias {…} then set_traffic {…}`. Undefined for any other text. */
export function parseCalls(text: string): ToolCall[] | undefined {
  const calls = text.split(/ then (?=[a-z_]+(?: \{|$))/).map((each) => {
    const match = /^([a-z_]+)(?: (\{[\s\S]*\}))?$/.exec(each);
    try {
      return match?.[1] ? { tool: match[1], args: JSON.parse(match[2] ?? '{}') as Record<string, unknown> } : undefined; // a JSON text in braces is an object
    } catch {
      return undefined;
    }
  });
  return calls.every((each) => each !== undefined) ? calls : undefined;
}

/** Undefined for a line that is cut, has another form or depth, or is not JSON. */
function parse(line: string): z.infer<ReturnType<typeof lineSchema>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    known ??= lineSchema();
    return isTooDeep(value) ? undefined : known.safeParse(value).data;
  } catch {
    return undefined;
  }
}

/** Closes an interrupted write when a later write of the same call completed it. @param list newest first. */
function withFinishes(list: readonly JournalEntry[]): JournalEntry[] {
  /** By call: the oldest completed write that is newer than the current entry. */
  const done = new Map<string, string>();
  return list.map((entry) => {
    const key = `${entry.host} ${entry.call}`;
    if (entry.outcome === 'done') done.set(key, entry.id);
    const finished_by = isOpen(entry) ? done.get(key) : undefined;
    return finished_by === undefined ? entry : { ...entry, finished_by };
  });
}

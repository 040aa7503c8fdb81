/** The lines of a journal: what one may hold, how long it may be, and how begins and ends become entries. Pure. */
import * as z from 'zod';
import type { Entry } from './journal.ts';

/** Longest line in bytes, below the 512 KiB that Node writes in one piece. */
const MAX_LINE = 256 * 1024;

const Line = z.discriminatedUnion('event', [
  z.object({
    event: z.literal('begin'),
    id: z.string(),
    at: z.string(),
    host: z.string(),
    who: z.string(),
    tool: z.string(),
    subject: z.object({ kind: z.string(), name: z.string() }),
    call: z.string(),
    changes: z.array(z.object({ field: z.string(), from: z.unknown().optional(), to: z.unknown().optional() })),
    prior: z.unknown().optional(),
  }),
  z.object({
    event: z.literal('end'),
    id: z.string(),
    ended_at: z.string(),
    outcome: z.enum(['done', 'failed', 'unknown']),
    undo: z.string().optional(),
    code: z.string().optional(),
    request_ids: z.array(z.string()).optional(),
  }),
]);

/**
 * A record as one line. One that would be too long goes without the settings before, then without the differences, and at last with the bare
 * name of the tool for its call: a line has a bound, whatever the caller sends.
 */
export function fitting(record: Record<string, unknown>): string {
  const { prior, changes, call, undo, ...rest } = record;
  const forms = [
    record,
    { ...rest, call, changes, undo, prior: prior && 'left out: too long' },
    { ...rest, call, changes: changes && [], undo },
    { ...rest, call: call && record.tool, changes: changes && [] },
  ];
  const lines = forms.map((form) => JSON.stringify(form));
  return lines.find((line) => Buffer.byteLength(line) <= MAX_LINE) ?? lines.at(-1) ?? '';
}

/**
 * Entries, newest first, and how many lines could not be read.
 * @param whole id of an entry whose settings before are wanted; those of thousands of others would fill the memory.
 */
export async function entriesOf(
  lines: AsyncIterable<string> | Iterable<string>,
  whole: string | undefined,
): Promise<{ entries: Entry[]; damaged: number }> {
  const entries = new Map<string, Entry>();
  let damaged = 0;
  for await (const line of lines) {
    const record = parse(line);
    if (!record) {
      damaged++;
      continue;
    }
    const { event, ...fields } = record;
    if ('prior' in fields && fields.id !== whole) delete fields.prior;
    const known = entries.get(fields.id) ?? (event === 'end' ? lostBegin(fields.id) : undefined);
    entries.set(fields.id, { ...known, ...(fields as Entry) }); // of an end and a begin together; lostBegin stands for a missing one
  }
  // Reversed first: of two writes in one millisecond the later one is the newer.
  const list = [...entries.values()].reverse().sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0));
  return { entries: withFinishes(list), damaged };
}

/** Undefined for a line that is cut, of another form, or no JSON. */
function parse(line: string): z.infer<typeof Line> | undefined {
  try {
    return Line.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

/** An interrupted write whose call was made again is no longer open. @param list newest first. */
function withFinishes(list: readonly Entry[]): Entry[] {
  /** By call, the oldest write that was done among those newer than the one that is looked at. */
  const done = new Map<string, string>();
  return list.map((entry) => {
    const key = `${entry.host} ${entry.call}`;
    if (entry.outcome === 'done') done.set(key, entry.id);
    const finished_by = entry.outcome === undefined ? done.get(key) : undefined;
    return finished_by === undefined ? entry : { ...entry, finished_by };
  });
}

/** The begin of a write stood in a file that was set aside twice; what is left of it is shown as such. */
function lostBegin(id: string): Entry {
  const subject = { kind: 'unknown', name: 'unknown' };
  return { id, at: '', host: '', who: '', tool: 'unknown', subject, call: '', changes: [] };
}

import * as z from 'zod';
import type { Entry } from '../src/journal.ts';
import { defineTool, Refusal } from '../src/tool.ts';
import { endpoint } from './params.ts';
import { dropEmpty } from './shared/view.ts';

export const listChanges = defineTool({
  name: 'list_changes',
  title: 'List changes made here',
  effect: 'read',
  description:
    'What was changed through this server on this machine, newest first: what, when, outcome, and how to undo it. Unfinished ones may have been interrupted: look first, repeat their call only if it is still wanted.',
  input: z.strictObject({
    endpoint: endpoint.optional(),
    limit: z.int().min(1).max(50).default(10),
    id: z.string().max(30).optional().describe('One change in full.'),
  }),
  output: z.looseObject({ changes: z.array(z.looseObject({})).optional() }),

  async run({ endpoint: name, limit, id }, { journal, http }) {
    if (!journal) {
      throw new Refusal(
        'no_journal',
        'this server keeps no journal',
        'It was started with --no-journal; start it without to have changes recorded.',
      );
    }
    const { host } = await http.signer();
    const { entries, damaged } = await journal.read(id);
    const here = entries.filter((entry) => entry.host === host && (name === undefined || entry.subject.name === name));
    const damage = damaged > 0 ? { damaged_lines: damaged } : {};
    if (id !== undefined) {
      const found = here.find((entry) => entry.id === id);
      if (!found)
        throw new Refusal(
          'unknown_change',
          `there is no change ${id} of this workspace in the journal`,
          'Call list_changes to see the ids.',
        );
      return { ...found, ...damage };
    }
    return dropEmpty({
      total: here.length,
      changes: here.slice(0, limit).map(line),
      omitted: Math.max(0, here.length - limit) || undefined,
      ...damage,
      note: here.length === 0 ? 'nothing was changed in this workspace through this server' : undefined,
    });
  },
});

/** One change in a line; `id` shows the rest. */
function line(entry: Entry): Record<string, unknown> {
  return dropEmpty({
    id: entry.id,
    at: entry.at,
    [entry.subject.kind]: entry.subject.name,
    tool: entry.tool,
    fields: entry.changes.slice(0, 8).map((change) => change.field),
    outcome: entry.outcome ?? (entry.finished_by === undefined ? 'unfinished' : 'finished later'),
    finished_by: entry.finished_by,
    code: entry.code,
    call: entry.outcome === undefined && entry.finished_by === undefined ? entry.call : undefined,
    undo: entry.undo === undefined ? undefined : 'undo_change',
  });
}

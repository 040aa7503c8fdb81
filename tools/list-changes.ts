import * as z from 'zod';
import { isOpen, type JournalEntry, timesOf } from '../src/journal/entry.ts';
import { arePlain } from '../src/plan/plain-arguments.ts';
import { call } from '../src/refusal.ts';
import { ApiError, TransportError } from '../src/rest/errors.ts';
import { endpoints } from '../src/rest/index.ts';
import { isServiceName } from '../src/rest/names.ts';
import { rolloutChange } from '../src/rollout/record.ts';
import { defineTool, type ToolContext } from '../src/tool.ts';
import { WITH_WRITES } from '../src/toolsets.ts';
import { changeId, target } from './params.ts';
import { changeOf, isUndoable, journalOf } from './shared/journaled-changes.ts';
import { dropEmpty } from './shared/view.ts';

export const listChanges = defineTool({
  name: 'list_changes',
  title: 'List changes made here',
  effect: 'read',
  toolsets: [...WITH_WRITES, 'observe'],
  services: true,
  description:
    'Lists the changes made through this server on this machine, newest first: what changed, when, the outcome and how to undo it. A started change may still be deploying, and an unfinished one may have been interrupted: check the current state, then repeat the call or undo it.',
  input: z.strictObject({
    endpoint: target.optional().describe('Only changes to this endpoint and aliases of its models, or this service.'),
    limit: z.int().min(1).max(50).default(10).describe('Number of changes to return.'),
    id: changeId.optional().describe('Id of one change, to show it in full.'),
  }),
  output: z.looseObject({ changes: z.array(z.looseObject({})).optional() }),

  async run({ endpoint: name, limit, id }, context) {
    const journal = journalOf(
      context,
      'It runs with --no-journal, or as a Databricks App without --journal. Its operator can restart it with a journal.',
    );
    if (id !== undefined) {
      const { entry, unreadable } = await changeOf(id, journal, context);
      const undo = isUndoable(entry) ? call('undo_change', { id }) : undefined;
      const { service_at: _at, service_ended_at: _end, ...shown } = entry;
      return dropEmpty({
        ...shown,
        ...timesOf(entry),
        undo,
        undo_calls: entry.undo?.every(({ args }) => arePlain(args)) ? entry.undo : undefined,
        unreadable_lines: unreadable || undefined,
      });
    }
    const { host } = await context.http.signer();
    const isService = name !== undefined && isServiceName(name);
    const models = name === undefined || isService ? undefined : await modelsOf(name, context);
    const concerns = ({ subject }: JournalEntry) =>
      name === undefined || (subject.kind === 'model' ? models?.has(subject.name) : subject.name === name);
    const where = (entry: JournalEntry) => entry.host === host && concerns(entry) === true;
    const { entries, total, unreadable, skipped } = await journal.read({ where, newest: limit * STEPS_OF_ONE });
    const groups = asOneChange(entries).slice(0, limit);
    const shown = groups.flat().length;
    return dropEmpty({
      total,
      changes: groups.map(([newest, ...earlier]) =>
        earlier.length === 0 ? line(newest) : rolloutLine([newest, ...earlier]),
      ),
      omitted: total - shown || undefined,
      unreadable_lines: unreadable || undefined,
      unread_bytes: skipped || undefined,
      not_checked:
        name !== undefined && !isService && !models
          ? [`aliases of its models, because ${name} could not be read`]
          : undefined,
      note: total === 0 ? nothing(name, unreadable > 0 || (skipped ?? 0) > 0) : undefined,
    });
  },
});

function nothing(endpoint: string | undefined, partly: boolean): string {
  const where = endpoint === undefined ? 'in this workspace' : `to ${endpoint}`;
  return partly
    ? `the readable part of the journal has no changes ${where}`
    : `this server has recorded no changes ${where}`;
}

/** The models that an endpoint serves. Undefined when it cannot be read. */
async function modelsOf(name: string, { http }: ToolContext): Promise<Set<string> | undefined> {
  try {
    const found = await endpoints.find(http, name);
    const served = [found?.config, found?.pending_config].flatMap(endpoints.entitiesOf);
    return new Set(served.flatMap(({ entity_name }) => entity_name ?? []));
  } catch (error) {
    if (error instanceof ApiError || error instanceof TransportError) return undefined;
    throw error;
  }
}

/** Alias moves come first, because a list of many fields is cut. */
function fieldsOf({ changes }: JournalEntry): string[] {
  const fields = changes.map(({ field }) => field);
  const isAlias = (field: string) => field.startsWith('alias ');
  return [...fields.filter(isAlias), ...fields.filter((field) => !isAlias(field))].slice(0, 8);
}

/** Changes that a guarded rollout makes at most, so that the limit counts rollouts and not their steps. */
const STEPS_OF_ONE = 20;

type Group = [JournalEntry, ...JournalEntry[]];

/** The changes of one rollout together, in the place of the newest of them. */
function asOneChange(entries: readonly JournalEntry[]): Group[] {
  const groups: Group[] = [];
  const rollouts = new Map<string, Group>();
  for (const entry of entries) {
    const id = entry.rollout?.id;
    const known = id === undefined ? undefined : rollouts.get(id);
    if (known) known.push(entry);
    else {
      const group: Group = [entry];
      groups.push(group);
      if (id !== undefined) rollouts.set(id, group);
    }
  }
  return groups;
}

/** A guarded rollout in brief, with its steps. @param group newest first. */
function rolloutLine(group: Group): Record<string, unknown> {
  const [newest] = group;
  const first = group.at(-1) ?? newest;
  return dropEmpty({
    ...line(newest),
    id: first.id,
    at: timesOf(first).at,
    fields: [...new Set(group.flatMap(fieldsOf))].slice(0, 8),
    steps: group.toReversed().map(stepLine),
    undo: group.some(isUndoable) ? 'undo_change' : undefined,
  });
}

/** `start`, `step 2`, `roll_back (failed)`: one change of a rollout, with its outcome unless it is done. */
function stepLine(entry: JournalEntry): string {
  const { event = 'change', step = 0 } = rolloutChange(entry) ?? {};
  const at = event === 'step' ? ` ${step + 1}` : '';
  return `${event}${at}${entry.outcome === 'done' ? '' : ` (${entry.outcome ?? 'unfinished'})`}`;
}

/** One change in brief. The `id` argument shows the rest. */
function line(entry: JournalEntry): Record<string, unknown> {
  return dropEmpty({
    id: entry.id,
    at: timesOf(entry).at,
    [entry.subject.kind]: entry.subject.name,
    tool: entry.tool,
    fields: fieldsOf(entry),
    outcome: entry.finished_by === undefined ? (entry.outcome ?? 'unfinished') : 'finished later',
    finished_by: entry.finished_by,
    code: entry.code,
    call: isOpen(entry) ? entry.call : undefined,
    undo: isUndoable(entry) ? 'undo_change' : undefined,
  });
}

import * as z from 'zod';
import type { Entry } from '../src/journal/entry.ts';
import type { FieldDiff } from '../src/plan/diff.ts';
import { call, Refusal, type ToolResult } from '../src/refusal.ts';
import { sanitize } from '../src/text/sanitize.ts';
import { defineTool, type ToolContext } from '../src/tool.ts';
import { inSteps } from '../src/write/commit.ts';
import { dryRun } from './params.ts';
import { changeOf, hiddenFields, journalOf, refuseAnother, undoCalls } from './shared/journaled-changes.ts';

export const undoChange = defineTool({
  name: 'undo_change',
  title: 'Undo a change',
  effect: 'destroy', // the worst that it can undo is a create
  description:
    'Takes a change of list_changes back, or what an interrupted one had done: config, traffic, limits, gateway, tags, grants or alias. Refuses when something was changed since that this would lose; an endpoint that was created is deleted, after consent, as it is by then.',
  input: z.strictObject({ id: z.string().max(30).describe('From list_changes.'), dry_run: dryRun }),
  output: z.looseObject({ undone: z.string().optional(), steps: z.array(z.looseObject({})).optional() }),

  async run({ id, dry_run }, context) {
    const journal = journalOf(context, 'Undo by hand: each result named the call in undo.');
    const { entry } = await changeOf(id, journal, context);
    const calls = callsOf(entry);
    await refuseAnother(entry, context);
    // First all previews, then the first write: what cannot be undone wholly is not begun.
    const previews: ToolResult[] = [];
    for (const { tool, args } of calls) {
      if (tool === 'delete_endpoint') continue; // it shows what goes and asks by itself
      previews.push(await context.run(tool, { ...args, dry_run: true }));
    }
    const changes = changesOf(previews);
    refuseLaterChanges(entry, changes);
    if (dry_run !== false) {
      const steps: ToolResult[] = [];
      for (const { tool, args } of calls) steps.push(await context.run(tool, { ...args, dry_run }));
      return { dry_run: true, steps };
    }
    if (calls.length > 1) refuseWhole(previews);
    const steps = () => carryOut(entry, calls, context);
    const several = calls.length > 1 && changes.length > 0;
    const result = several
      ? await inSteps({ subject: entry.subject, changes }, context, steps, ({ undone }) => undone === id)
      : await steps();
    if (result.undone === id) await journal.end(id, { outcome: 'undone' }).catch(() => {}); // it is undone all the same
    return result;
  },
});

/** Of several steps none is made when one of them would be refused. */
function refuseWhole(previews: readonly ToolResult[]): void {
  for (const { would_be_refused } of previews) {
    if (would_be_refused === undefined) continue;
    const { code, message, next } = would_be_refused as Record<'code' | 'message' | 'next', string>; // `commit` makes it
    const requests = previews.flatMap((each) => each.requests ?? []);
    throw new Refusal(code, message, next, { changes: changesOf(previews), requests });
  }
}

function changesOf(previews: readonly ToolResult[]): FieldDiff[] {
  return previews.flatMap((each) => (Array.isArray(each.changes) ? (each.changes as FieldDiff[]) : [])); // as above
}

type ParsedCall = { tool: string; args: Record<string, unknown> };

/** Step by step; what stops in between is told together with what was taken back until then. */
async function carryOut(entry: Entry, calls: ParsedCall[], context: ToolContext): Promise<ToolResult> {
  const { id } = entry;
  const steps: ToolResult[] = [];
  for (const { tool, args } of calls) {
    let step: ToolResult;
    try {
      // While the step before was waited for, somebody may have changed what this one writes.
      if (steps.length > 0) refuseLaterChanges(entry, changesOf([await context.run(tool, { ...args, dry_run: true })]));
      step = await context.run(tool, args);
    } catch (error) {
      context.signal.throwIfAborted();
      if (steps.length === 0) throw error;
      const cause = error instanceof Error ? error.message : String(error);
      const message = `change ${id} was taken back in part: ${tool} failed after ${steps.length} of ${calls.length} steps`;
      const next = `Repeat ${call('undo_change', { id })}: what is taken back already changes nothing.`;
      throw new Refusal('partly_undone', message, next, { changed: true, steps, cause });
    }
    steps.push(step);
    // A step that a person has to agree to was not made: the call in its `next` makes it.
    const changed = steps.some((each) => each.changed === true);
    if (step.needs_consent !== undefined) return { changed, steps, next: step.next };
    // The next step, or the word that all is undone, may only follow what has come to its end: an alias moves when its version serves.
    if (step.outcome === 'waiting') {
      const more = steps.length < calls.length ? ` then ${call('undo_change', { id })}` : '';
      return { outcome: 'waiting', changed, steps, next: `${step.next}${more}` };
    }
  }
  return { undone: id, changed: steps.some((step) => step.changed === true), steps };
}

function callsOf(entry: Entry): ParsedCall[] {
  const calls = undoCalls(entry);
  const hidden = hiddenFields(entry);
  if (calls && hidden.length > 0) {
    const message = `what ${hidden.join(', ')} held before change ${entry.id} may be a secret and was not kept; nothing was sent`;
    throw new Refusal('not_undoable', message, `Set that by hand; for the rest make the call in undo.`, {
      undo: entry.undo,
    });
  }
  if (calls) return calls;
  const deleted = entry.tool === 'delete_endpoint' && entry.outcome === 'done';
  const message = deleted
    ? `endpoint ${entry.subject.name} was deleted; that cannot be taken back`
    : `change ${entry.id} (${entry.tool}, ${entry.outcome ?? 'unfinished'}) has nothing to undo by a call`;
  const next = deleted
    ? `${call('list_changes', { id: entry.id })} shows its config, from which create_endpoint can make a new one.`
    : `${call('list_changes', { id: entry.id })} shows it in full.`;
  throw new Refusal('not_undoable', message, next);
}

/** An empty list is what the service makes of one that was never set. */
function given(value: unknown): unknown {
  return Array.isArray(value) && value.length === 0 ? undefined : value;
}

/** Undoing must be the exact inverse of the change: where a field is no longer what the change made it, somebody changed it since. */
function refuseLaterChanges(entry: Entry, inverse: FieldDiff[]): void {
  const made = new Map(entry.changes.map((change) => [change.field, change]));
  const same = (a: unknown, b: unknown) => JSON.stringify(sanitize(given(a))) === JSON.stringify(sanitize(given(b)));
  const lost = inverse.filter((change) => {
    const known = made.get(change.field);
    // A field that the service never tells is said again as the change set it.
    if (known && change.from === undefined && same(known.to, change.to)) return false;
    return !known || !same(known.to, change.from) || !same(known.from, change.to);
  });
  if (lost.length === 0) return;
  const message = `${entry.subject.name} was changed since change ${entry.id}: undoing it would lose that; nothing was sent`;
  const next = `Look with list_changes and get_endpoint, and take the later change back first.`;
  throw new Refusal('changed_since', message, next, { changed_since: lost.slice(0, 20) });
}

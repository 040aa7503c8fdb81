import * as z from 'zod';
import type { JournalEntry } from '../src/journal/entry.ts';
import type { Journal } from '../src/journal/journal.ts';
import type { FieldDiff } from '../src/plan/diff.ts';
import { laterChanges } from '../src/plan/inverse.ts';
import { overlaps } from '../src/plan/rewind.ts';
import { isStart } from '../src/plan/stopped.ts';
import { call, Refusal, type ToolCall } from '../src/refusal.ts';
import { defined } from '../src/rest/json.ts';
import { allWarnings } from '../src/text/all-warnings.ts';
import { REDACTED } from '../src/text/redact.ts';
import { defineWrite, type ToolContext } from '../src/tool.ts';
import { WITH_WRITES } from '../src/toolsets.ts';
import type { PlannedWrite, WriteArgs } from '../src/write/planned-write.ts';
import { refuseReplacedService } from './model-services/remove.ts';
import { changeId, confirm, waitSeconds, writeParams } from './params.ts';
import { failedBefore } from './shared/failed-before.ts';
import {
  changeOf,
  isRewindableAlone,
  journalOf,
  redactedFields,
  redactedPaths,
  refuseReplacedEndpoint,
  undoCalls,
} from './shared/journaled-changes.ts';
import { beginningOf, type Rollout, rolloutFrom } from './shared/rollout.ts';
import { planUndoRollout } from './shared/undo-rollout.ts';

export const undoChange = defineWrite({
  name: 'undo_change',
  title: 'Undo a change',
  effect: 'destroy', // undoing a create deletes the endpoint
  toolsets: WITH_WRITES,
  description:
    'Reverts a change from list_changes, including a partly completed one. Reverting a swap also takes back the splits, removals and alias moves that followed it; a dry run lists them in undoes. Refuses if that would overwrite a change by someone else. Reverting a create deletes the endpoint, after confirmation.',
  input: z.strictObject({
    id: changeId.describe('Change id, from list_changes or the undo field of an answer.'),
    wait_seconds: waitSeconds(40),
    confirm,
    ...writeParams,
  }),
  output: z.looseObject({ undone: z.string().optional(), changed: z.boolean().optional() }),

  async plan({ id, dry_run, wait_seconds }, context) {
    const journal = journalOf(context, 'Undo the change by hand. The answer to each change named a call in undo.');
    const named = await changeOf(id, journal, context);
    const entry = await beginningOf(named.entry, journal);
    const rollout = await rolloutOf(entry, journal);
    const planned = rollout
      ? async () => undoing(rollout.chain, [await planUndoRollout(rollout, wait_seconds, context)])
      : await planCalls(entry, journal, { dry_run, wait_seconds }, context);
    // An undo often follows its change at once, and a first read may still show the earlier state. So it reads twice before it writes.
    if (dry_run === false) await planned();
    const write = await planned();
    const warning = [write.warning, await failedBefore(write, entry, journal)].filter((each) => each !== undefined);
    return warning.length > 0 ? { ...write, warning: warning.join(' ') } : write;
  },
});

/** What to take back by its record: a change with its continuations, or an undo of several changes at once. */
async function rolloutOf(entry: JournalEntry, journal: Journal): Promise<Rollout | undefined> {
  const rollout = await rolloutFrom(entry, journal);
  if (rollout) return rollout;
  return undoCalls(entry).length === 0 && isRewindableAlone(entry) ? { chain: [entry], blocked: undefined } : undefined;
}

/** Checks that the calls of an entry can undo it. @returns their plan. */
async function planCalls(
  entry: JournalEntry,
  journal: Journal,
  { dry_run, wait_seconds }: Pick<WriteArgs, 'dry_run'> & { wait_seconds: number },
  context: ToolContext,
): Promise<() => Promise<PlannedWrite>> {
  const calls = callsOf(entry);
  await refuseReplacedEndpoint(entry, context);
  await refuseReplacedService(entry, context);
  const redacted = redactedFields(entry);
  if (JSON.stringify(calls).includes(REDACTED)) throw redactedRefusal(entry, redacted);
  // All plans come before the first request, so an undo that cannot be completed does not start.
  return async () => {
    const writes: PlannedWrite[] = [];
    for (const { tool, args } of calls) {
      const wait = DEPLOYS.has(tool) ? { wait_seconds } : {};
      writes.push(await context.plan({ tool, args: { ...args, ...wait, dry_run } }));
    }
    const write = undoing([entry], writes);
    // While an update runs, the config says nothing about later changes. An update of a stopped endpoint starts it, and that overwrites no setting.
    if (!write.refusal)
      await refuseLaterChanges(
        entry,
        write.changes.filter((change) => !isStart(change)),
        journal,
      );
    if (redacted.length > 0 && write.steps.length === 0) throw redactedRefusal(entry, redacted);
    return redacted.length > 0 ? { ...write, answer: { ...write.answer, not_restored: redactedPaths(entry) } } : write;
  };
}

/** Tools whose change takes minutes to deploy. */
const DEPLOYS: ReadonlySet<string> = new Set(['swap_version', 'set_traffic', 'update_endpoint']);

/** Merges the writes that undo changes into one, with one preview, one consent and one journal entry. */
function undoing([first, ...more]: Rollout['chain'], writes: readonly PlannedWrite[]): PlannedWrite {
  const { id, subject } = first;
  const reasons = writes.flatMap(({ consentReason }) => consentReason ?? []);
  const details = Object.assign({}, ...writes.map(({ consentDetails }) => consentDetails));
  const others = writes.flatMap(({ alsoRead }) => alsoRead ?? []);
  const changes = writes.flatMap((write) => write.changes);
  const grants = writes.find((write) => write.grants)?.grants;
  const updating = writes.some(({ before }) => before?.state.config_update === 'IN_PROGRESS');
  return {
    subject,
    before: writes.find(({ before }) => before)?.before,
    ...servicePart(writes),
    changes,
    steps: writes.flatMap(({ changes, steps }) =>
      changes.length > 0 ? steps : steps.filter(({ request }) => request === undefined),
    ),
    // The fields of an alias would contradict those of the endpoint.
    answer: Object.assign(
      {},
      ...writes.filter(({ subject: of }) => of.kind === subject.kind).map(({ answer }) => answer),
      { changes },
    ),
    about: Object.assign({}, ...writes.map(({ about }) => about)),
    refusal: writes.find(({ refusal }) => refusal !== undefined)?.refusal,
    unchanged: updating ? {} : { nothing_to_undo: `everything is as it was before change ${id}` },
    warning: allWarnings(...new Set(writes.map(({ warning }) => warning))),
    undo: writes.flatMap(({ undo }) => undo),
    undoOmits: writes.flatMap(({ undoOmits = [] }) => undoOmits),
    repeatArgs: { id },
    resumes: true,
    undoes: [id, ...more.map((each) => each.id)],
    ...(reasons.length > 0 ? { consentReason: reasons.join(' '), consentDetails: details } : {}),
    ...(grants ? { grants } : {}),
    ...(others.length > 0 ? { alsoRead: others } : {}),
  };
}

/** What an undo of a change to a model service read. Such a change has one call. */
function servicePart(writes: readonly PlannedWrite[]): Partial<PlannedWrite> {
  const { service, endpointModels, serviceGrants } = writes.find((write) => write.service !== undefined) ?? {};
  return { ...defined({ service, endpointModels, serviceGrants }) } as Partial<PlannedWrite>; // without the undefined members
}

function callsOf(entry: JournalEntry): ToolCall[] {
  const calls = undoCalls(entry);
  if (calls.length > 0) return calls;
  const details = call('list_changes', { id: entry.id });
  const deleted = entry.tool === 'delete_endpoint' && entry.outcome === 'done';
  if (deleted) {
    const isService = entry.subject.kind === 'model_service';
    throw new Refusal(
      'not_undoable',
      `${entry.subject.kind.replace('_', ' ')} ${entry.subject.name} was deleted, and a deletion cannot be undone`,
      isService
        ? `${details} shows its config and grants. Use them to create it again with create_model_service, set_rate_limits and update_permissions.`
        : `${details} shows its config. Use it to create the endpoint again with create_endpoint.`,
    );
  }
  throw new Refusal(
    'not_undoable',
    `no call undoes change ${entry.id} (${entry.tool}, ${entry.outcome ?? 'unfinished'})`,
    `See the change with ${details}.`,
  );
}

function redactedRefusal({ id }: JournalEntry, fields: readonly string[]): Refusal {
  return new Refusal(
    'not_undoable',
    `the earlier value of ${fields.join(', ')} may be a secret, so change ${id} was recorded without it`,
    'Set it by hand.',
  );
}

/** An undo must be the exact inverse of its change. A field with another value than the change gave it was changed later. */
async function refuseLaterChanges(entry: JournalEntry, inverse: readonly FieldDiff[], journal: Journal): Promise<void> {
  const lost = laterChanges(entry.changes, inverse, {
    profile: entry.telemetry_profile_id,
    whole: entry.outcome === 'done',
  });
  if (lost.length === 0) return;
  const { id, subject } = entry;
  const own = await laterOwn(entry, lost, journal);
  const by = own ? `by change ${own.id} (${own.tool})` : 'elsewhere';
  const next = own
    ? `${call('undo_change', { id: own.id })} takes the later change back first, if the user wants that.`
    : `${isShown(subject) ? call('get_endpoint', { endpoint: subject.name }) : call('list_changes')} shows more. Ask the user which value is right, then set it.`;
  throw new Refusal(
    'changed_since',
    `${subject.name} was changed ${by} after change ${id}, and undoing it would overwrite that`,
    next,
    { changed_since: lost.slice(0, 20) },
  );
}

/** Whether get_endpoint shows it. */
function isShown({ kind }: JournalEntry['subject']): boolean {
  return kind === 'endpoint' || kind === 'model_service';
}

/** The newest later change of this server to one of the fields. */
async function laterOwn(
  { id, host, subject }: JournalEntry,
  lost: readonly FieldDiff[],
  journal: Journal,
): Promise<JournalEntry | undefined> {
  const where = (each: JournalEntry) =>
    each.host === host && each.subject.kind === subject.kind && each.subject.name === subject.name;
  const { entries } = await journal.read({ where, newest: 50 });
  const at = entries.findIndex((each) => each.id === id);
  return entries
    .slice(0, Math.max(at, 0))
    .filter(({ outcome }) => outcome !== 'failed' && outcome !== 'undone')
    .find(({ changes }) => changes.some((change) => lost.some((other) => overlaps(change, other))));
}

/** A warning before an undo deploys a version again that failed to deploy on this endpoint. */
import { type JournalEntry, timesOf } from '../../src/journal/entry.ts';
import type { Journal } from '../../src/journal/journal.ts';
import { parseCalls } from '../../src/journal/lines.ts';
import { isObject } from '../../src/rest/json.ts';
import type { PlannedWrite } from '../../src/write/planned-write.ts';
import { deployed } from './rollout.ts';

/** How many of the newest changes of the endpoint are searched. */
const SEARCHED = 100;
/** How a journal entry names a deployment that failed. */
const FAILED: ReadonlySet<string | undefined> = new Set(['update_failed', 'deployment_failed']);

/** Undefined when the record knows of no failure. */
export async function failedBefore(
  { steps, before }: PlannedWrite,
  { host, subject }: JournalEntry,
  journal: Journal,
): Promise<string | undefined> {
  const there = new Set((before?.config?.served_entities ?? []).map(versionKey));
  const again = steps
    .flatMap(({ request }) => entitiesIn(request?.body))
    .filter((each) => !there.has(versionKey(each)));
  if (again.length === 0) return undefined;
  const where = (each: JournalEntry) => each.host === host && each.subject.name === subject.name;
  const { entries } = await journal.read({ where, newest: SEARCHED });
  const failures = entries.filter(({ code }) => FAILED.has(code));
  for (const { entity_name, entity_version } of again) {
    const failed = failures.find((entry) =>
      versionsOf(entry).some(
        ({ model = entity_name, version }) => model === entity_name && version === String(entity_version),
      ),
    );
    if (failed)
      return `Version ${Number(entity_version)} failed to deploy on ${subject.name} before (change ${failed.id}, ${timesOf(failed).at}). This undo deploys it again.`;
  }
  return undefined;
}

type Entity = Record<string, unknown>;

const versionKey = ({ entity_name, entity_version }: Entity) => JSON.stringify([entity_name, entity_version]);

function entitiesIn(body: unknown): Entity[] {
  const list = isObject(body) ? body.served_entities : undefined;
  return Array.isArray(list) ? list.filter(isObject) : [];
}

/** The versions that a change deployed. The differences of a create do not name them, but its call does. */
function versionsOf({ changes, call }: JournalEntry): { model?: string; version: string }[] {
  const args = parseCalls(call)?.[0]?.args ?? {};
  const listed = entitiesIn({ served_entities: args.entities }).map(({ entity_name, entity_version }) => ({
    model: String(entity_name),
    version: String(entity_version),
  }));
  const short = typeof args.model === 'string' ? [{ model: args.model, version: String(args.version) }] : [];
  return [...deployed(changes), ...listed, ...short];
}

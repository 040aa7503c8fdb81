/** What changed, by whom and when, from every part of the evidence that has a time. Pure. */
import { type JournalEntry, timesOf } from '../journal/entry.ts';
import { isUnknownDay } from '../plan/foundation.ts';
import { startedBy } from '../plan/pending-update.ts';
import { rolloutChange } from '../rollout/record.ts';
import type { Evidence } from './evidence.ts';

export interface Change {
  /** Milliseconds since 1970, by the clock of the service. */
  at: number;
  /** Words of ours with names in them, or an event of the service. */
  what: string;
  by?: string | undefined;
}

/** Milliseconds within which the same text is the same change. */
const SAME = 1_000;
/** Ends and failures. The beginnings are in the times of the endpoint and its entities. */
const WORTH_TELLING =
  /\bfail|\babort|timed out|denied|refused|exceed|\bstop|cancel|\b(?:update|creation) succeeded for (?:endpoint|served entity)/i;

/** The newest changes, newest last. @param most how many. */
export function timelineOf(evidence: Evidence, most: number): Change[] {
  const all = [
    ...ofEndpoint(evidence),
    ...ofVersions(evidence),
    ...ofEvents(evidence),
    ...ofJournal(evidence),
    ...ofRollouts(evidence),
  ]
    .filter(({ at }) => at > 0)
    // Events of one moment come in no order.
    .toSorted((a, b) => a.at - b.at || (a.what < b.what ? -1 : 1));
  const once = all.filter(
    (each, place) =>
      !all
        .slice(Math.max(0, place - 20), place)
        .some((earlier) => earlier.what === each.what && each.at - earlier.at < SAME),
  );
  return once.slice(-most);
}

function ofEndpoint({ endpoint, deployments }: Evidence): Change[] {
  const { name, creation_timestamp: created = 0, creator, pending_config } = endpoint;
  const changes: Change[] = isUnknownDay(created) ? [] : [{ at: created, what: `${name} was created`, by: creator }];
  for (const { entity, config, configVersion } of deployments) {
    const { creation_timestamp: at = 0, entity_name: model, entity_version: version } = entity;
    if (isUnknownDay(at)) continue;
    const serves = model === undefined || version === undefined ? '' : ` (${model} ${version})`;
    const how = config === 'active' ? 'was deployed' : `came with the ${config}`;
    const of = configVersion === undefined || config === 'active' ? '' : `, config version ${configVersion}`;
    changes.push({ at, what: `${entity.name}${serves} ${how}${of}`, by: entity.creator });
  }
  if (pending_config?.start_time !== undefined)
    changes.push({
      at: pending_config.start_time,
      what: `the update to config version ${pending_config.config_version ?? '?'} began`,
      by: startedBy(endpoint),
    });
  return changes;
}

function ofVersions({ versions }: Evidence): Change[] {
  return versions.flatMap(({ model, version, found }) =>
    found?.created_at === undefined
      ? []
      : [{ at: found.created_at, what: `version ${version} of ${model} was registered`, by: found.created_by }],
  );
}

function ofEvents({ events = [] }: Evidence): Change[] {
  return events.flatMap(({ timestamp, message, served_entity_name: entity }) =>
    timestamp === undefined || !WORTH_TELLING.test(message)
      ? []
      : [{ at: timestamp, what: entity === undefined || message.includes(entity) ? message : `${entity}: ${message}` }],
  );
}

/** A guarded rollout is one change, at the time of its newest step. */
function ofRollouts({ changes }: Evidence): Change[] {
  const ids = new Set(changes.flatMap(({ rollout }) => rollout?.id ?? []));
  return [...ids].map((id) => {
    const entries = changes.filter(({ rollout }) => rollout?.id === id);
    const ordered = entries.toSorted((a, b) => atOf(a) - atOf(b));
    const steps = ordered.map((entry) => {
      const { event = 'change', step = 0 } = rolloutChange(entry) ?? {};
      const outcome = entry.outcome === 'done' ? '' : ` (${entry.outcome ?? 'unfinished'})`;
      return `${event === 'step' ? `step ${step + 1}` : event.replace('_', ' ')}${outcome}`;
    });
    const newest = ordered.at(-1);
    const { version = '?' } = (newest && rolloutChange(newest)) ?? {};
    const what = `guarded rollout of version ${version} from here: ${steps.join(', ')}`;
    return { at: newest ? atOf(newest) : 0, what, by: newest?.who };
  });
}

function atOf(entry: JournalEntry): number {
  return Date.parse(timesOf(entry).at);
}

function ofJournal({ changes }: Evidence): Change[] {
  return changes.flatMap((entry) => {
    if (entry.rollout !== undefined) return [];
    const fields = entry.changes.map(({ field }) => field);
    const shown = fields.slice(0, 3).join(', ') + (fields.length > 3 ? ` and ${fields.length - 3} more` : '');
    const outcome = entry.outcome === 'done' || entry.outcome === undefined ? '' : `, ${entry.outcome}`;
    return { at: atOf(entry), what: `${entry.tool} from here: ${shown}${outcome}`, by: entry.who };
  });
}

/** The guards around a call's writes, put together from the server's settings: read-only, policy, journal. */

import { type Begun, type Ended, type Entry, isOpen } from '../journal/entry.ts';
import type { Journal } from '../journal/journal.ts';
import { createInput } from '../plan/config-input.ts';
import { fingerprint } from '../plan/fingerprint.ts';
import { call, Refusal } from '../refusal.ts';
import type { Endpoint } from '../rest/endpoints.ts';
import type { Http, SentRequest } from '../rest/http.ts';
import { sanitize } from '../text/sanitize.ts';
import type { Guard, Planned } from './planned-write.ts';
import { checkPolicy, type Policy } from './policy.ts';

export interface GuardSettings {
  readOnly: boolean;
  policy: Policy;
  /** Undefined when the user switched the journal off. */
  journal: Journal | undefined;
}

export interface GuardedCall {
  tool: string;
  args: unknown;
  /** The connection that writes. */
  http: Http;
  /** Requests that this call has made so far. */
  exchanges: readonly SentRequest[];
  /** Whether the service has accepted a write of this call. */
  accepted: () => boolean;
  who: () => Promise<{ host: string; who: string }>;
}

/** Guards for one call of one tool. */
export function createGuard(settings: GuardSettings, guarded: GuardedCall): Guard {
  return {
    http: guarded.http,
    accepted: guarded.accepted,
    check(planned) {
      if (settings.readOnly) throw readOnly(planned);
      checkPolicy(settings.policy, planned);
    },
    async begin(planned) {
      const { journal } = settings;
      if (!journal || settings.readOnly) return { resumed: false, undo: planned.undo, end: async () => true };
      const record = begun(planned, guarded, await guarded.who());
      const open = planned.goesOn ? await openEntry(journal, record) : undefined;
      const id = open?.id ?? (await noted(journal, () => journal.begin(record)));
      return {
        resumed: open !== undefined,
        undo: open ? open.undo : planned.undo,
        async end(ended: Ended) {
          // The write is over: a journal that fails now must not turn its answer into an error. Its entry stays open, which is true enough.
          return journal.end(id, { ...ended, request_ids: requestIds(guarded.exchanges) }).then(
            () => true,
            () => false,
          );
        },
      };
    },
  };
}

function begun(planned: Planned, guarded: GuardedCall, { host, who }: { host: string; who: string }): Begun {
  return {
    host,
    who,
    tool: guarded.tool,
    subject: planned.subject,
    call: callOf({ ...guarded, args: planned.again ?? guarded.args }),
    changes: planned.changes,
    ...(planned.undo === undefined ? {} : { undo: planned.undo }),
    ...(planned.before ? { prior: prior(planned.before, planned.grants) } : {}),
  };
}

/** The call as it can be made again, without what must not be kept. */
function callOf({ tool, args }: GuardedCall): string {
  return call(tool, withoutHandles(sanitize(args)));
}

/**
 * The open entry that a write goes on with: of the same call, with a part of its changes left to make and no other, and with none of its fields
 * changed by a later one. So a swap in several calls is one entry, and its undo takes back the whole. What has all of it left to make begins anew.
 */
async function openEntry(journal: Journal, record: Begun): Promise<Entry | undefined> {
  const { host, subject } = record;
  const where = (each: Entry) =>
    each.host === host && each.subject.kind === subject.kind && each.subject.name === subject.name;
  const { entries } = await journal.read({ where, newest: 20 }).catch(() => ({ entries: [] }));
  const at = entries.findIndex((each) => isOpen(each) && each.call === record.call);
  const open = entries[at];
  if (!open) return undefined;
  const known = new Set(open.changes.map((change) => JSON.stringify(change)));
  const fields = new Set(open.changes.map(({ field }) => field));
  const left = record.changes.filter((change) => known.has(JSON.stringify(sanitize(change))));
  const part = left.length === record.changes.length && left.length < open.changes.length;
  const later = entries.slice(0, at).flatMap(({ outcome, changes }) => (outcome === 'failed' ? [] : changes));
  return part && !later.some(({ field }) => fields.has(field)) ? open : undefined;
}

/**
 * Ends the open entries of this very call, which found nothing left to do, or that what it waited for failed. The answer is true without that,
 * so a journal that fails here changes nothing.
 * @returns the newest of them.
 */
export async function closeOpen(
  { readOnly, journal }: GuardSettings,
  guarded: GuardedCall,
  ended: Ended,
): Promise<Entry | undefined> {
  if (readOnly || !journal) return undefined;
  const { host } = await guarded.who();
  const same = callOf(guarded);
  const where = (each: Entry) => each.host === host && each.call === same;
  const { entries } = await journal.read({ where, newest: 20 }).catch(() => ({ entries: [] }));
  const open = entries.filter(isOpen);
  for (const { id } of open) await journal.end(id, ended).catch(() => {});
  return open[0];
}

async function noted(journal: Journal, write: () => Promise<string>): Promise<string> {
  try {
    return await write();
  } catch (error) {
    const cause = error instanceof Error && 'code' in error ? String(error.code) : 'unknown cause';
    const message = `the change could not be noted in the journal (${cause}); nothing was sent`;
    throw new Refusal(
      'journal_unavailable',
      message,
      `Make ${journal.path ?? 'the journal'} writable, or start the server with --no-journal.`,
    );
  }
}

/** What a person would need to bring the endpoint back by hand: what a create takes, and the grants given on it where they were read. */
function prior(before: Endpoint, grants: Planned['grants']): Record<string, unknown> {
  return { fingerprint: fingerprint(before), ...createInput(before), ...(grants ? { grants } : {}) };
}

/** A call to be repeated later starts fresh: without what was shown or begun before, and whoever waits longer makes the same call. */
function withoutHandles(args: unknown): Record<string, unknown> {
  const {
    if_fingerprint: _seen,
    confirm: _agreed,
    dry_run: _preview,
    config_version: _begun,
    wait_seconds: _,
    ...rest
  } = args as Record<string, unknown>; // arguments are always an object
  return Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
}

function requestIds(exchanges: readonly SentRequest[]): string[] {
  return exchanges.filter((each) => each.method !== 'GET').flatMap((each) => each.requestId ?? []);
}

function readOnly(planned: Planned): Refusal {
  const message = 'this server is read-only; nothing was sent';
  const next =
    'The change it would have made is in changes and requests; somebody who may write can make it, or start the server without --read-only.';
  return new Refusal('read_only', message, next, {
    changes: planned.changes,
    requests: planned.requests,
    ...(planned.before ? { fingerprint: fingerprint(planned.before) } : {}),
  });
}

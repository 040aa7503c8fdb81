/** Why a write is refused before anything is sent. A preview shows the same refusal, so that no one approves a change in vain. */
import { isFoundationModel } from '../plan/foundation.ts';
import { call, enumeration, Refusal, readOnlyRefusal } from '../refusal.ts';
import { UnreachedError } from '../rest/errors.ts';
import { detourOf, type Http } from '../rest/http.ts';
import { isConsequential, type PlannedWrite, requestsOf, seenFingerprint } from './planned-write.ts';
import { checkPolicy } from './policy.ts';
import type { WriteContext } from './write-context.ts';

/** The refusal that the write gets now. Undefined when it may be made, perhaps after the user agreed. */
export function refusalOf(write: PlannedWrite, context: WriteContext): Refusal | undefined {
  const { readOnly, policy, http } = context;
  if (write.changes.length === 0) return write.refusal;
  if (readOnly) return withoutWriting(write);
  return (
    policyRefusal(write, policy) ??
    beyondReach(write, http) ??
    unrecorded(write, context) ??
    write.refusal ??
    (isConsequential(write) ? withoutManage(write) : undefined)
  );
}

/** A step that this server does not reach would fail after the others, so the write is refused as a whole. */
function beyondReach({ subject, steps, later = [] }: PlannedWrite, http: Http): Refusal | undefined {
  const lost = [...steps, ...later].flatMap(({ what, label, request }) => {
    const detour = request && detourOf(request, http);
    return detour instanceof UnreachedError ? [{ what, label, detour }] : [];
  });
  const [first] = lost;
  if (!first) return undefined;
  const labels = [...new Set(lost.map(({ label }) => label))];
  const { detail, next } = first.detour;
  const isArgument = subject.kind === 'endpoint' && lost.every(({ what }) => what === 'alias');
  const advice = isArgument ? `Repeat the call without alias. ${next}` : next;
  return new Refusal('not_reached', `${enumeration(labels)} cannot change: ${detail}`, advice);
}

/** Under the identity of the app, only the journal says who asked for a change. */
function unrecorded({ steps, later = [] }: PlannedWrite, { journal, http }: WriteContext): Refusal | undefined {
  if (journal || ![...steps, ...later].some(({ request }) => request && detourOf(request, http) === 'app'))
    return undefined;
  return new Refusal(
    'not_recorded',
    'a change under the identity of the app must be recorded with the name of the user, and this server keeps no journal',
    'The operator can name a place for it with --journal.',
  );
}

/** It shows the change, so that someone who may write can make it. */
function withoutWriting(write: PlannedWrite): Refusal {
  const seen = seenFingerprint(write);
  const advice = 'changes and requests show what the call would do.';
  return readOnlyRefusal('so it changes nothing', advice, {
    changes: write.changes,
    requests: requestsOf(write),
    ...(seen === undefined ? {} : { fingerprint: seen }),
  });
}

function policyRefusal(write: PlannedWrite, policy: WriteContext['policy']): Refusal | undefined {
  try {
    checkPolicy(policy, write);
    return undefined;
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}

/**
 * Asking about a change that the service will refuse is pointless. A foundation model belongs to Databricks, so the caller's level on it does not show
 * who may change its gateway.
 */
function withoutManage({ before }: PlannedWrite): Refusal | undefined {
  const level = before?.permission_level;
  if (!before || isFoundationModel(before) || (level !== 'CAN_VIEW' && level !== 'CAN_QUERY')) return undefined;
  return new Refusal(
    'permission_denied',
    `the caller has ${level} on endpoint ${before.name}, but this change needs CAN_MANAGE`,
    `Ask someone with CAN_MANAGE to make the change or to grant that level. ${call('get_permissions', { endpoint: before.name })} shows who has it.`,
  );
}

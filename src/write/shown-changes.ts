/** The changes that this server has shown. A consent, or the fingerprint of a preview, is valid for exactly one of them. */
import { fingerprintOf } from '../plan/fingerprint.ts';
import { type PlannedWrite, requestsOf, seenFingerprint, type WriteArgs } from './planned-write.ts';

/** Maximum number of remembered changes. An older one must be shown again. */
const MAX_SHOWN = 500;

export interface ShownChanges {
  /** Remembers a change that an answer shows. */
  add(write: PlannedWrite, call: ShownCall): void;
  /** Whether the change is the one that was shown for this call. Undefined when none was shown. */
  matches(write: PlannedWrite, call: ShownCall): boolean | undefined;
}

interface ShownCall {
  tool: string;
  args: WriteArgs & Record<string, unknown>;
}

/** Kept in memory. After a restart, a change must be shown again before a consent counts. */
export function createShownChanges(): ShownChanges {
  const shown = new Map<string, Loss>();
  return {
    add(write, call) {
      const key = keyOf(write, call);
      shown.delete(key);
      shown.set(key, lossOf(write));
      const [oldest] = shown.keys();
      if (shown.size > MAX_SHOWN && oldest !== undefined) shown.delete(oldest);
    },
    matches(write, call) {
      const found = shown.get(keyOf(write, call));
      return found && isWithin(found, lossOf(write));
    },
  };
}

/** The call without the arguments that a second call adds, and the state of the endpoint or model service. */
function keyOf(write: PlannedWrite, { tool, args }: ShownCall): string {
  const { dry_run: _form, confirm: _agreed, if_fingerprint: _seen, wait_seconds: _patience, ...rest } = args;
  return fingerprintOf({ tool, subject: write.subject, state: seenFingerprint(write), rest });
}

/** Everything that the user sees of a change. */
interface Loss {
  change: string;
  reason: string | undefined;
  /** Whether the endpoint is in use. The number of its requests does not count: it is never the same twice. */
  used: boolean;
}

function lossOf(write: PlannedWrite): Loss {
  const { changes, alsoRead, consentDetails, consentReason } = write;
  return {
    change: fingerprintOf({ changes, requests: requestsOf(write), alsoRead }),
    reason: consentReason,
    used: Number(consentDetails?.requests_last_minute ?? 0) > 0,
  };
}

/** The same change, which takes away no more than what was shown. */
function isWithin(shown: Loss, now: Loss): boolean {
  const sameReason = now.reason === undefined || now.reason === shown.reason;
  return now.change === shown.change && sameReason && (shown.used || !now.used);
}

/** Whether the consent to one plan covers a later plan of the same call. */
export function covers(agreed: PlannedWrite, now: PlannedWrite): boolean {
  return seenFingerprint(agreed) === seenFingerprint(now) && isWithin(lossOf(agreed), lossOf(now));
}

/** A fingerprint of what a consent to this plan covers. */
export function coverageOf(write: PlannedWrite): string {
  return fingerprintOf({ seen: seenFingerprint(write), ...lossOf(write) });
}

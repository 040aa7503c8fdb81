/** The parts of a call that a write needs. */
import type { Journal } from '../journal/journal.ts';
import type { Http, SentRequest } from '../rest/http.ts';
import type { PlannedWrite, WriteArgs } from './planned-write.ts';
import type { Policy } from './policy.ts';
import type { ShownChanges } from './shown-changes.ts';

/** How a dialog ended, as the client reports it. `unanswered`: no answer in time, or an error of the client. */
export type DialogEnd = 'accepted' | 'declined' | 'dismissed' | 'unanswered';

/**
 * @param question for the user.
 * @param about a fingerprint of what the answer covers. An answer to another fingerprint is no answer to this question.
 * @returns how the dialog ended, and how long it was open, in milliseconds, where the caller cannot measure it.
 */
export type Ask = (question: string, about: string) => Promise<{ end: DialogEnd; openFor?: number }>;

export interface WriteContext {
  tool: string;
  /** As the tool's schema parsed them. */
  args: WriteArgs & Record<string, unknown>;
  signal: AbortSignal;
  /** The connection that writes. In read-only mode it refuses writes. */
  http: Http;
  /** The requests of this call so far. */
  sent: readonly SentRequest[];
  /** The workspace, and the identity that the call uses there. */
  who(): Promise<{ host: string; who: string }>;
  /** Says that a request so far, or a step of the write, leaves under the identity of the app. Undefined: none does. */
  appIdentity?: (write: PlannedWrite) => string | undefined;
  /** Asks the user in a dialog of the client. Undefined when the client has no dialogs, or the server was started to use none. */
  ask: Ask | undefined;
  /** The time, in milliseconds. */
  now(): number;
  /** This call's lock on the endpoint, app or model. It is released while a question is open. */
  lock: { acquire(): Promise<void>; release(): void };
  /** Plans this call again on the current state. */
  replan(): Promise<PlannedWrite>;
  readOnly: boolean;
  policy: Policy;
  /** Undefined when the user switched the journal off. */
  journal: Journal | undefined;
  shown: ShownChanges;
}

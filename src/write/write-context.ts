/** The parts of a call that a write needs. */
import type { Journal } from '../journal/journal.ts';
import type { Endpoint } from '../rest/endpoints.ts';
import type { Http, SentRequest } from '../rest/http.ts';
import type { WriteArgs } from './planned-write.ts';
import type { Policy } from './policy.ts';
import type { ShownChanges } from './shown-changes.ts';

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
  /** Asks the user in the client. Undefined when the client has no dialogs. Resolves to undefined without an answer. */
  ask: ((question: string) => Promise<boolean | undefined>) | undefined;
  /** This call's lock on the endpoint, app or model. It is released while a question is open. */
  lock: { acquire(): Promise<void>; release(): void };
  /** The current endpoint. Undefined when it is gone. */
  reread(endpoint: string): Promise<Endpoint | undefined>;
  readOnly: boolean;
  policy: Policy;
  /** Undefined when the user switched the journal off. */
  journal: Journal | undefined;
  shown: ShownChanges;
}

/** The part of a call that a write needs. */
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
  /** The connection that writes. In read-only mode it refuses to. */
  http: Http;
  /** Requests of this call so far. */
  sent: readonly SentRequest[];
  /** Who the call acts as, and where. */
  who(): Promise<{ host: string; who: string }>;
  /** Asks the person at the client; undefined when the client has no dialogs. Resolves to undefined when nobody answered. */
  ask: ((question: string) => Promise<boolean | undefined>) | undefined;
  /** This call's lock on the endpoint, app or model. An open question releases it. */
  lock: { acquire(): Promise<void>; release(): void };
  /** The endpoint as it is now; undefined when it is gone. */
  reread(endpoint: string): Promise<Endpoint | undefined>;
  readOnly: boolean;
  policy: Policy;
  /** Undefined when the user switched the journal off. */
  journal: Journal | undefined;
  shown: ShownChanges;
}

/** A write that is ready to be made: its steps as data, and everything that policy, preview, consent and journal need to know of it. */
import type { WriteStart } from '../journal/entry.ts';
import type { FieldDiff } from '../plan/diff.ts';
import type { Refusal, ToolCall, ToolResult } from '../refusal.ts';
import type { Endpoint } from '../rest/endpoints.ts';
import type { GrantInput } from '../rest/permissions.ts';
import type { WriteRequest } from '../rest/request.ts';

export const EXPORT_FORMS = ['cli', 'bundle', 'curl'] as const;
export type ExportForm = (typeof EXPORT_FORMS)[number];

/** The arguments of a call that every write understands. */
export interface WriteArgs {
  dry_run: boolean | ExportForm;
  if_fingerprint?: string | undefined;
  confirm?: string | undefined;
}

/** The kind of a step. Policy and export decide by it. `wait` sends nothing. */
export type StepKind =
  | 'create'
  | 'create_units'
  | 'config'
  | 'units'
  | 'gateway'
  | 'tags'
  | 'notifications'
  | 'grant'
  | 'grants'
  | 'alias'
  | 'app'
  | 'delete'
  | 'wait';

/** How far a step came after the service accepted its request. `view` holds fields for the answer. */
export type Reached =
  | { kind: 'reached'; view?: ToolResult; endpointId?: string | undefined }
  | { kind: 'waiting'; view: ToolResult; next: ToolCall; endpointId?: string | undefined }
  /** `harmless`: everything that served before still does, so the step changed nothing. */
  | { kind: 'failed'; cause: Refusal; harmless: boolean; endpointId?: string | undefined };

/** One step of a write: at most one request, and what must hold before the next one. */
export interface Step<Answer = unknown> {
  what: StepKind;
  /** How an answer names it: `tags`, `alias champion`. */
  label: string;
  /** The endpoint's name; for grants its id, for an alias the model, for an app its name. */
  target: string;
  /** Set for an alias. Without a version, the step removes it. */
  alias?: { name: string; version: number | undefined };
  /** The request, exactly as it is sent. */
  request?: WriteRequest<Answer>;
  /**
   * Reads again what may have changed while an earlier step was waited for. @returns fields for the answer when there is nothing left to do.
   * @throws Refusal when the step must not be made any more.
   */
  check?(): Promise<ToolResult | undefined>;
  /** Asked when the reply was lost, or says that someone was faster. @returns the answer when the request took effect, undefined when it did not. */
  lost?(): Promise<Answer | undefined>;
  /** Runs once the request is accepted: waits, probes, and collects fields for the answer. */
  reach?(answer: Answer): Promise<Reached>;
  /** The refusal for a failed request, where the general one would say too little. `known`: the request certainly changed nothing. */
  explain?(error: unknown, known: boolean): Refusal | undefined;
}

/** Keeps the type of a step's answer between its request, `lost` and `reach`, which the list of steps does not need to know. */
export function step<Answer>(definition: Step<Answer>): Step {
  return definition as Step; // the runner hands `reach` only what `parse` or `lost` of the same step returned
}

export interface PlannedWrite {
  subject: WriteStart['subject'];
  /** The endpoint that is affected when the subject is something else. The policy looks at it. */
  endpoint?: string;
  /** The endpoint as it was read; undefined when the write creates one or affects none. */
  before: Endpoint | undefined;
  changes: FieldDiff[];
  /** In the order in which they are made. */
  steps: Step[];
  /** Fields of the answer that hold in any case. */
  answer?: ToolResult;
  /** Fields of the answer when there is nothing to change. */
  unchanged?: ToolResult;
  /** Added to every answer, previews included. */
  warning?: string | undefined;
  /** Set when a person must agree first: the loss, in one sentence. */
  consentReason?: string | undefined;
  /** What a person should see before they agree. */
  consentDetails?: ToolResult | undefined;
  /** The calls that restore the state before. Recorded before the first request, so that an interrupted write can be undone too. */
  undo: ToolCall[];
  /** What those calls cannot restore. */
  undoOmits?: string[];
  /** Arguments that repeat the call, where those given may come to mean something else: an alias may move. */
  repeatArgs?: Record<string, unknown>;
  /** The write may continue one that an earlier call began, so the journal is searched for it. */
  resumes?: boolean;
  /** The journal entry that this write undoes. */
  undoes?: string;
  /** Grants on the endpoint itself, when the write changes or deletes them. A bundle lists all of them. */
  grants?: readonly GrantInput[];
  /** State outside the endpoint that the write rests on: as it was read, and how to read it again. */
  alsoRead?: { seen: unknown; reread(): Promise<unknown> };
}

/** A request as previews show it. */
export interface PlannedRequest {
  method: string;
  path: string;
  body?: unknown;
}

/** The requests of a write, in order. None when there is nothing to change. */
export function requestsOf({ changes, steps }: Pick<PlannedWrite, 'changes' | 'steps'>): PlannedRequest[] {
  if (changes.length === 0) return [];
  return steps.flatMap(({ request }) => (request ? [shown(request)] : []));
}

/** A request without what only the sender needs. */
export function shown({ method, path, body }: WriteRequest): PlannedRequest {
  return { method, path, ...(body === undefined ? {} : { body }) };
}

/** A planned write: its steps as data, and everything that policy, preview, consent and journal need to know about it. */
import type { WriteEnd, WriteStart } from '../journal/entry.ts';
import type { FieldDiff } from '../plan/diff.ts';
import { fingerprint, serviceFingerprint } from '../plan/fingerprint.ts';
import type { Refusal, ToolCall, ToolResult } from '../refusal.ts';
import type { Endpoint } from '../rest/endpoints.ts';
import type { WriteRequest } from '../rest/http.ts';
import type { ModelService } from '../rest/model-services.ts';
import type { GrantInput } from '../rest/permissions.ts';
import type { Holder } from '../rest/privileges.ts';

export const EXPORT_FORMS = ['cli', 'bundle', 'curl'] as const;
export type ExportForm = (typeof EXPORT_FORMS)[number];

/** The arguments of a call that every write understands. */
export interface WriteArgs {
  dry_run: boolean | ExportForm;
  if_fingerprint?: string | undefined;
  confirm?: string | undefined;
}

/** The kind of a step. Policy and export switch on it. `wait` sends nothing. */
export type StepKind =
  | 'create'
  | 'create_units'
  | 'config'
  | 'units'
  | 'gateway'
  | 'tags'
  | 'notifications'
  | 'description'
  | 'budget'
  | 'telemetry'
  | 'grant'
  | 'grants'
  | 'alias'
  | 'app'
  | 'delete'
  | 'create_service'
  | 'service'
  | 'service_grants'
  | 'delete_service'
  | 'wait';

/** The result of a step after the service accepted its request. `view` has fields for the answer. */
export type Reached =
  | { kind: 'reached'; view?: ToolResult; endpointId?: string | undefined; profileId?: string | undefined }
  | { kind: 'waiting'; view: ToolResult; next: ToolCall; endpointId?: string | undefined }
  /** `harmless`: the previous config keeps serving, so the step changed nothing. */
  | { kind: 'failed'; cause: Refusal; harmless: boolean; endpointId?: string | undefined };

/** One step of a write: at most one request, and what must hold before the next one. */
export interface Step<Answer = unknown> {
  what: StepKind;
  /** How an answer names it: `tags`, `alias champion`. */
  label: string;
  /** The name of the endpoint or model service. For grants on an endpoint its id, for an alias the model, for an app its name. */
  target: string;
  /** Set for an alias. Without a version, the step removes the alias. */
  alias?: { name: string; version: number | undefined };
  /** The request, exactly as it is sent. */
  request?: WriteRequest<Answer>;
  /**
   * Runs before a later step and reads again what may have changed during the wait. @returns fields for the answer when nothing is left to do.
   * @throws Refusal when the step must not run any more.
   */
  check?(): Promise<ToolResult | undefined>;
  /**
   * Runs when the reply was lost or empty, and reads the state. @returns undefined when the state is not the requested one.
   * @param since when the request was sent, by the clock of the service. Epoch milliseconds.
   */
  lost?(since: number): Promise<Found<Answer> | undefined>;
  /** Runs once the request is accepted. Waits, probes, and collects fields for the answer. */
  reach?(answer: Answer): Promise<Reached>;
  /** The refusal for a failed request, where the general one says too little. `known`: the request changed nothing. */
  explain?(error: unknown, known: boolean): Refusal | undefined | Promise<Refusal | undefined>;
}

/** The requested state, as a read found it. */
export interface Found<Answer> {
  /** What the service would have answered. */
  answer: Answer;
  /** Whether this request surely made the state. Otherwise someone else may have made the same change. */
  ours: boolean;
}

/** Checks that a step's request, `lost` and `reach` agree on the type of the answer. The list of steps does not need that type. */
export function step<Answer>(definition: Step<Answer>): Step {
  return definition as Step; // the runner passes `reach` only what `parse` or `lost` of the same step returned
}

export interface PlannedWrite {
  subject: WriteStart['subject'];
  /** The affected endpoint when the subject is something else. The policy checks it. */
  endpoint?: string;
  /** The endpoint as it was read. Undefined when the write creates one or affects none. */
  before: Endpoint | undefined;
  /** The model service as it was read, when the write changes or deletes one. */
  service?: ModelService;
  /** The models of the endpoints that destinations of the request name, by endpoint. The policy checks them. */
  endpointModels?: Readonly<Record<string, readonly string[]>>;
  changes: FieldDiff[];
  /** In the order in which they run. */
  steps: Step[];
  /** Steps of later calls. The policy checks them now, and a preview shows their requests after those of {@link steps}. */
  later?: Step[];
  /** The guarded rollout that this write is a step of, for the journal. */
  rollout?: WriteStart['rollout'];
  /** Open entries of earlier calls whose end was seen while this write was planned. */
  ended?: { id: string; end: WriteEnd }[];
  /** Fields of every answer. */
  answer?: ToolResult;
  /** Fields of the answer when there is nothing to change. */
  unchanged?: ToolResult;
  /** Facts for every answer, including previews. */
  about?: ToolResult;
  /** Added to every answer, including previews. */
  warning?: string | undefined;
  /** Why this write cannot be made at present. The call throws it, and a preview shows it. */
  refusal?: Refusal | undefined;
  /** Set when the user must agree first: the loss, in one sentence. */
  consentReason?: string | undefined;
  /** What the user should see before agreeing. */
  consentDetails?: ToolResult | undefined;
  /** The calls that restore the earlier state. Recorded before the first request, so that an interrupted write can be undone too. */
  undo: ToolCall[];
  /** What those calls cannot restore. */
  undoOmits?: string[];
  /** Arguments that repeat the call later, where the given ones may change their meaning: an alias may move. */
  repeatArgs?: Record<string, unknown>;
  /** The write may continue one that an earlier call began, so the journal is searched for it. */
  resumes?: boolean;
  /** Someone else made the state that was found, so this write finishes no earlier call. */
  foreign?: boolean;
  /** The journal entries that this write undoes. The caller named the first. */
  undoes?: [string, ...string[]];
  /** Grants on the endpoint itself, when the write changes or deletes them. A bundle lists all of them. */
  grants?: readonly GrantInput[];
  /** The same for a model service. */
  serviceGrants?: readonly Holder[];
  /** State outside the endpoint that the write depends on, as it was read. A consent or a preview does not cover another state. */
  alsoRead?: unknown;
}

/** A write that the user must agree to. */
export type Consequential = PlannedWrite & { consentReason: string };

/** Whether the user must agree to the write first. */
export function isConsequential(write: PlannedWrite): write is Consequential {
  return write.consentReason !== undefined;
}

/** A request as a preview shows it. */
export interface PlannedRequest {
  method: string;
  path: string;
  body?: unknown;
}

/** The parts of a step that an export needs. */
export type ExportStep = Pick<Step, 'what' | 'target' | 'alias'> & PlannedRequest;

/** The requests of a write, in order. None when there is nothing to change. */
export function requestsOf({ changes, steps }: Pick<PlannedWrite, 'changes' | 'steps'>): PlannedRequest[] {
  if (changes.length === 0) return [];
  return steps.flatMap(({ request }) => (request ? [plannedRequest(request)] : []));
}

/** A request without the parts that only the sender needs. */
export function plannedRequest({ method, path, body }: WriteRequest): PlannedRequest {
  return { method, path, ...(body === undefined ? {} : { body }) };
}

/** The subject of a write to an endpoint. */
export function endpointSubject(name: string): PlannedWrite['subject'] {
  return { kind: 'endpoint', name };
}

/** The subject of a write to a model service. @param name `catalog.schema.name`. */
export function serviceSubject(name: string): PlannedWrite['subject'] {
  return { kind: 'model_service', name };
}

/** The fingerprint of what the write read: the endpoint or the model service. Undefined when it creates one. */
export function seenFingerprint({ before, service }: Pick<PlannedWrite, 'before' | 'service'>): string | undefined {
  return before ? fingerprint(before) : service && serviceFingerprint(service);
}

/** A subject in words: `endpoint churn`, `model service main.ai.chat`. */
export function subjectText({ kind, name }: PlannedWrite['subject']): string {
  return `${kind.replace('_', ' ')} ${name}`;
}

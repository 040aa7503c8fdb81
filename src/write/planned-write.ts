/** A write that is ready to be made, as everything that stands around a write looks at it. */

import type { Begun, Ended } from '../journal/entry.ts';
import type { FieldDiff } from '../plan/diff.ts';
import { fingerprint } from '../plan/fingerprint.ts';
import type { ToolResult } from '../refusal.ts';
import type { Endpoint } from '../rest/endpoints.ts';
import type { Http } from '../rest/http.ts';
import type { GrantInput } from '../rest/permissions.ts';

/** One request as it would be sent. */
export interface PlannedRequest {
  method: string;
  path: string;
  body?: unknown;
}

/** The alias that a request moves or removes (API contract, section 6.1); undefined for any other request. */
export function aliasOf({ path }: Pick<PlannedRequest, 'path'>): { model: string; alias: string } | undefined {
  const [, model, alias] = /^\/api\/2\.1\/unity-catalog\/models\/([^/]+)\/aliases\/([^/]+)$/.exec(path) ?? [];
  if (model === undefined || alias === undefined) return undefined;
  return { model: decodeURIComponent(model), alias: decodeURIComponent(alias) };
}

/** A write that is ready to be made. */
export interface Planned {
  subject: Begun['subject'];
  /** The endpoint that it reaches, when the subject is another thing: the policy looks at it. */
  endpoint?: string;
  /** The endpoint as it was read; undefined when the write creates one or touches none. */
  before: Endpoint | undefined;
  changes: FieldDiff[];
  /** Exactly what would be sent, in order. */
  requests: PlannedRequest[];
  /** Set when a person must agree first: what would be lost, in words of ours. */
  loses?: string;
  /**
   * The call, or calls, that bring back what was. Noted before the write, so that one that was interrupted can be taken back too; the answer of a
   * write that changed something tells it. Undefined when no call can.
   */
  undo?: string;
  /** Arguments to make the call again with, where those given may come to mean something else: an alias may move. */
  again?: Record<string, unknown>;
  /** What is left of a change that an earlier call began: the journal, which may be long, is searched for it. */
  goesOn?: boolean;
  /** What those calls cannot bring back, in words of ours. */
  undoLacks?: string[];
  /** What a person should see before they agree. */
  shows?: ToolResult;
  /** Grants given on the endpoint itself, when the write changes them or takes them away; a bundle lists all of them. */
  grants?: readonly GrantInput[];
  /** State that is no part of the endpoint and that the write replaces, as it was read, and how to read it again. */
  beside?: { seen: unknown; reread(): Promise<unknown> };
}

export interface WriteArgs {
  dry_run: boolean | ExportForm;
  if_fingerprint?: string | undefined;
  confirm?: string | undefined;
}

/**
 * The fingerprint of what a person is shown before they agree: the state, and exactly this change of it. A fingerprint of the state alone, or of
 * another change, is no consent. Whether the endpoint is in use is a part of it, how much is not: that number is never the same twice.
 */
export function consentSeal(planned: Planned, tool: string): string | undefined {
  const { before, beside, changes, requests, shows } = planned;
  const used = Number(shows?.requests_last_minute ?? 0) > 0;
  return before && fingerprint(before, { tool, beside: beside?.seen, changes, requests, used });
}

/** The fingerprint of all that the plan rests on. */
export function seal({ before, beside }: Planned): string | undefined {
  return before && fingerprint(before, beside?.seen);
}

export const EXPORT_FORMS = ['cli', 'bundle', 'curl'] as const;
export type ExportForm = (typeof EXPORT_FORMS)[number];

/** The part of a call that a write needs. */
export interface WriteContext {
  /** Name of the tool that runs. */
  tool: string;
  signal: AbortSignal;
  /** Asks the person at the client; undefined when the client has no way to ask. Answers undefined when nobody answered. */
  ask: ((question: string) => Promise<boolean | undefined>) | undefined;
  /** This call's turn to write its endpoint, app or model. */
  turn: { take(): Promise<void>; give(): void };
  /** The endpoint as it is now; undefined when it is gone. */
  reread(endpoint: string): Promise<Endpoint | undefined>;
  guard: Guard;
}

/** What the server puts around writes; tools use it through {@link commit} only. */
export interface Guard {
  /** The connection that writes. */
  http: Http;
  /** Whether the service has accepted a write of this call. */
  accepted(): boolean;
  /** @throws Refusal when the server is read-only or the policy forbids the write, with the change it would have made. */
  check(planned: Planned): void;
  /** Notes that the write begins. @throws Refusal when that cannot be noted and must be. */
  begin(planned: Planned): Promise<Noted>;
}

/** A write in the journal. */
export interface Noted {
  /** It was begun by an earlier call, with which this one goes on. */
  resumed: boolean;
  /** The calls that take back the whole, with what earlier calls did of it. */
  undo: string | undefined;
  /** @returns whether the outcome could be noted. */
  end(ended: Ended): Promise<boolean>;
}

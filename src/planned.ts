/** A write that is ready to be made, as everything that stands around a write looks at it. */
import { type Change, fingerprint } from './difference.ts';
import type { Begun } from './entry.ts';
import type { ExportForm } from './export.ts';
import type { Endpoint } from './rest/endpoints.ts';
import type { GrantInput } from './rest/permissions.ts';
import type { ToolResult } from './tool.ts';

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
  changes: Change[];
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

/** Any error as a tool answers it: what happened, then what to do. Only words of ours go into `next`. */
import * as z from 'zod';
import { JournalError } from '../journal/journal.ts';
import { call, Refusal, type ToolResult } from '../refusal.ts';
import { mayHaveTakenEffect, notAccepted, saysTokenExpired } from '../rest/effect.ts';
import { ApiError, TransportError } from '../rest/errors.ts';
import { closest } from '../text/did-you-mean.ts';
import { clip } from '../text/sanitize.ts';
import type { Effect } from '../tool.ts';

export interface Report {
  code: string;
  message: string;
  next: string;
  request_id?: string;
  retry_after_seconds?: number;
  retryable: boolean;
}

/** What is known of the call that failed. */
export interface CallInfo {
  tool: string;
  effect: Effect;
  /** The endpoint argument, when the call had a valid one. */
  endpoint?: string;
  /** When there is no such endpoint: the name of one that there is. */
  near?: string | undefined;
  /** The model argument, likewise. */
  model?: string;
}

/** An `AuthError`. It is recognized by its name, because this floor does not import `src/auth`, which loads at the first request. */
interface AuthFailure extends Error {
  code: string;
  next: string;
  tried?: { method: string; missing: string }[];
}

/** @returns the error object, and data of a refusal that belongs beside it. */
export function report(error: unknown, info: CallInfo): { error: Report } & ToolResult {
  if (error instanceof Refusal) {
    const { code, retryable, data } = error;
    return { error: { code, ...textsOf(error, info), retryable }, ...data };
  }
  if (error instanceof ApiError) return { error: apiReport(error, info) };
  if (error instanceof TransportError) return { error: transportReport(error, info) };
  if (error instanceof JournalError) {
    const next = 'Make it a file that this user can read and write, or start the server with --no-journal.';
    return { error: { code: 'journal_unavailable', message: error.message, next, retryable: false } };
  }
  if (isAuthFailure(error)) {
    // `no_credentials` says in its message what each method lacks; other failures name only the method that failed.
    const tried = error.code === 'no_credentials' ? [] : (error.tried ?? []);
    const list = tried.map(({ method, missing }) => `${method} (${missing})`).join(', ');
    const message = list === '' ? error.message : `${error.message}; tried ${list}`;
    return { error: { code: error.code, message, next: error.next, retryable: false } };
  }
  if (error instanceof z.ZodError) {
    const where = error.issues[0]?.path.join('.') ?? '';
    const message = `the service answered in a form that is not known${where ? ` (field ${where})` : ''}`;
    return {
      error: {
        code: 'unexpected_answer',
        message,
        next: 'Check that the host is a Databricks workspace.',
        retryable: false,
      },
    };
  }
  if (error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError')) {
    return {
      error: {
        code: 'cancelled',
        message: 'the call was cancelled; a change that was already accepted goes on',
        next: look(info),
        retryable: true,
      },
    };
  }
  const message = `unexpected: ${clip(error instanceof Error ? error.message : String(error), 300)}`;
  return {
    error: {
      code: 'internal_error',
      message,
      next: 'This is a fault of this server; please report it.',
      retryable: false,
    },
  };
}

/** A refusal that another error led to goes on with the words of that one: it came from a look at what was done. */
function textsOf({ message, next, cause }: Refusal, { tool, endpoint }: CallInfo): Pick<Report, 'message' | 'next'> {
  if (cause === undefined) return { message, next };
  const looked = { tool, effect: 'read', ...(endpoint === undefined ? {} : { endpoint }) } as const;
  const from = report(cause, looked).error;
  return { message: `${message}: ${from.message}`, next: `${next} ${from.next}` };
}

/** Says which arguments are wrong, all at once, with the nearest right name for an unknown one. */
export function argumentReport(
  tool: string,
  error: z.ZodError,
  known: string[],
  synonyms: ReadonlyMap<string, readonly string[]> = new Map(),
): { error: Report } {
  const problems = error.issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => {
        const where = issue.path.length === 0 ? '' : ` in ${issue.path.join('.')}`;
        const hint = issue.path.length === 0 ? meant(key, known, synonyms) : undefined;
        return `unknown argument "${clip(key, 60)}"${where}${hint ? `: did you mean "${hint}"?` : ''}`;
      });
    }
    return [`${issue.path.join('.') || 'arguments'}: ${mismatch(issue)}`];
  });
  const message = `${tool} was not run: ${problems.slice(0, 12).join('; ')}`;
  const next = `Correct the call. ${tool} takes: ${known.join(', ') || 'no arguments'}.`;
  return { error: { code: 'invalid_arguments', message, next, retryable: false } };
}

/** What would fit; of a choice between forms the schema itself says only that none does. */
function mismatch(issue: z.core.$ZodIssue): string {
  if (issue.code !== 'invalid_union') return issue.message;
  const forms = issue.errors.flat().map((each) => {
    if (each.code === 'invalid_value') return `one of ${each.values.map((value) => JSON.stringify(value)).join(', ')}`;
    return each.code === 'invalid_type' ? each.expected : mismatch(each);
  });
  return `expected ${[...new Set(forms)].join(' or ')}`;
}

/** What an unknown argument may be; a tool calls the name of what it works on by its kind. */
function meant(key: string, known: string[], synonyms: ReadonlyMap<string, readonly string[]>): string | undefined {
  const kind = key === 'name' ? known.find((each) => ['endpoint', 'model', 'app'].includes(each)) : undefined;
  return synonyms.get(key)?.join('" or "') ?? closest(key, known) ?? kind;
}

function apiReport(error: ApiError, info: CallInfo): Report {
  const retryAfter = error.retryAfterMs;
  return {
    code: error.code,
    message: `Databricks ${error.status >= 500 ? 'failed' : 'refused'}: ${clip(error.detail, 1_000)} (${error.status} ${error.code})`,
    next: advice(error, info),
    ...(error.requestId === undefined ? {} : { request_id: error.requestId }),
    ...(retryAfter === undefined ? {} : { retry_after_seconds: Math.ceil(retryAfter / 1000) }),
    // Anything but "not accepted" may have run, and an inference that ran is paid for.
    retryable:
      notAccepted(error) ||
      updating(error) ||
      (error.status >= 500 && error.status !== 501 && !mayHaveTakenEffect(error)),
  };
}

/** Whether a conflict passes by itself: an update runs (fact U2). The other conflict is a name that is taken (fact U3). */
function updating({ status, code, detail }: ApiError): boolean {
  return status === 409 && !/exist/i.test(`${code} ${detail}`);
}

/**
 * How the answer to a blocked request begins: with a sentence, or with JSON that names the side (fact G7). Only the beginning counts, because
 * later words may be the caller's own.
 */
const GUARDRAIL = /^(?:[\w ]{0,40}\bguardrail\b|\{.{0,300}"(?:in|out)put_guardrail":)/is;

/** What to do about a refusal. The rows answer the troubleshooting table that users of the CLI work with. */
function advice(error: ApiError, info: CallInfo): string {
  const inference = error.path.endsWith('/invocations');
  const { status, code } = error;
  if (code === 'HTML_PAGE' || code === 'REDIRECT') {
    return 'Check the workspace host (--host, DATABRICKS_HOST or the profile): it must be the workspace address, without a path.';
  }
  if (code === 'PRIVATE_LINK_VALIDATION_ERROR') {
    return 'Run this server inside the network that has the private link to the workspace.';
  }
  if (error.path === '/oidc/v1/token' && code === 'invalid_grant') {
    return 'A route-optimised endpoint takes OAuth credentials only, never a personal access token: configure client_id and client_secret, or log in with databricks auth login.';
  }
  if (saysTokenExpired(error)) {
    return 'The credentials were refused. Renew the token or log in again (databricks auth login), then repeat the call.';
  }
  // A limit of 0 is a 403, unlike a limit that was reached (fact G6).
  if (status === 403 && /rate limit set to 0/i.test(error.detail)) {
    return `A rate limit of 0 lets nobody through. Change it with ${call('set_rate_limits', endpointOnly(info))}.`;
  }
  if (status === 403 && error.path.includes('/unity-catalog/') && error.method !== 'GET') {
    return 'The caller must own the model or hold MANAGE on it, and USE CATALOG and USE SCHEMA on its parents.';
  }
  if (status === 403 && error.path.includes('/unity-catalog/')) {
    return 'The caller needs EXECUTE on the model and USE CATALOG and USE SCHEMA on its parents; the owner of the model can grant them.';
  }
  if (status === 403) {
    const level = inference ? 'CAN_QUERY' : info.effect === 'read' ? 'CAN_VIEW' : 'CAN_MANAGE';
    return `The caller needs ${level} on the endpoint; somebody with CAN_MANAGE can grant it. An app gets it by declaring the endpoint as a resource.`;
  }
  if (status === 404 && inference) {
    const names = error.path.includes('/served-models/') ? 'endpoint or of the entity' : 'endpoint';
    return `The name of the ${names} is wrong, or it does not serve yet. ${look(info)}`;
  }
  if (status === 404 && error.path.includes('/unity-catalog/')) {
    const args = info.model === undefined ? {} : { model: info.model };
    return `The registry has no such model, version or alias, or the caller may not see it. ${call('list_model_versions', args)} shows those like it.`;
  }
  if (status === 404 && error.path.includes('/served-models/')) {
    return `There is no such served entity, or it has no container of its own. ${look(info)}`;
  }
  if (status === 404) {
    const meant = info.near === undefined ? '' : `Did you mean ${info.near}? `;
    return `${meant}Call ${call('list_endpoints')} to see the names that exist.`;
  }
  if (updating(error)) return `An update is in progress. ${wait(info)} and then repeat the call.`;
  if (status === 409) return look(info);
  if (status === 413) return 'The payload is too large. Send fewer rows per call.';
  if (notAccepted(error) && error.method !== 'GET' && !inference) {
    const pause = error.retryAfterMs === undefined ? 'a little' : `${Math.ceil(error.retryAfterMs / 1000)} s`;
    return `The service did not accept this request, so it changed nothing. Wait ${pause} and repeat the call, which looks at what is there anew.`;
  }
  // A limit of the endpoint has the same code. Only the words differ (fact Q16).
  if (status === 429 && /exceeded workspace/i.test(error.detail)) {
    return 'This is the quota of the workspace for the model. Wait and repeat, or ask the Databricks account team for a higher tier.';
  }
  if (status === 429) {
    return `A rate limit was reached. Wait${error.retryAfterMs === undefined ? '' : ` ${Math.ceil(error.retryAfterMs / 1000)} s`} and repeat; ${call('get_endpoint', endpointOnly(info))} shows the limits.`;
  }
  if (status === 501) return 'The workspace has no such route; the sandbox names in its message what it leaves out.';
  if (mayHaveTakenEffect(error) && !inference) return notKnown(info);
  if (status === 504 && inference)
    return 'The model took longer than the service allows. It was not sent again: it may have run.';
  if (mayHaveTakenEffect(error))
    return 'The service failed, and the model may have run. Repeat the call if running it twice is fine.';
  if (status >= 500) return 'The service failed. Wait a little and repeat the call.';
  if (status === 400 && inference && /route.?optimi[sz]ed/i.test(error.detail)) {
    return 'This endpoint answers at its own URL only, which reaches no single entity: leave entity out.';
  }
  if (status === 400 && inference && GUARDRAIL.test(error.detail)) {
    return `A guardrail of the endpoint blocked it; the form of the payload is right. Do not reword it to get past: tell the person. ${look(info)}`;
  }
  if (status === 400 && inference) {
    return `The payload does not fit the model. Compare it with the message above: the fields, their types, and the input form. ${call('get_schema', endpointOnly(info))} shows what it takes.`;
  }
  return 'Correct what the message names and repeat the call.';
}

function transportReport(error: TransportError, info: CallInfo): Report {
  const { kind, message } = error;
  const unknown = error.sent && error.method !== 'GET';
  return {
    code: kind === 'too_large' ? 'answer_too_large' : kind === 'timeout' ? 'timeout' : 'connection',
    message,
    next: transportAdvice(kind, unknown, info),
    retryable: !unknown && kind !== 'too_large',
  };
}

function transportAdvice(kind: TransportError['kind'], unknown: boolean, info: CallInfo): string {
  const tooLarge = kind === 'too_large';
  if (unknown && (info.effect === 'write' || info.effect === 'destroy')) return notKnown(info);
  if (unknown && tooLarge)
    return 'It may have run, so it was not sent again. Send fewer rows, or ask for a shorter answer.';
  if (unknown) return 'It may have run, so it was not sent again. Repeat the call if running it twice is fine.';
  if (tooLarge) return 'The same call brings the same answer: ask for one thing by its name, or look in the workspace.';
  return 'Check the network and the workspace host, then repeat the call.';
}

/** After a write whose fate nobody knows. */
function notKnown(info: CallInfo): string {
  const { endpoint, model, tool } = info;
  const see =
    endpoint !== undefined && tool === 'update_permissions'
      ? call('get_permissions', { endpoint })
      : endpoint === undefined && model !== undefined
        ? call('list_model_versions', { model })
        : undefined;
  return `The change may or may not have taken effect. ${see ? `Call ${see}.` : look(info)}`;
}

function endpointOnly(info: CallInfo): Record<string, unknown> {
  return info.endpoint === undefined ? {} : { endpoint: info.endpoint };
}

function look(info: CallInfo): string {
  return info.endpoint === undefined
    ? `Call ${call('list_endpoints')}.`
    : `Call ${call('get_endpoint', endpointOnly(info))}.`;
}

function wait(info: CallInfo): string {
  return info.endpoint === undefined ? 'Wait for it' : `Call ${call('wait_for_endpoint', endpointOnly(info))}`;
}

function isAuthFailure(error: unknown): error is AuthFailure {
  return error instanceof Error && error.name === 'AuthError' && 'code' in error && 'next' in error;
}

/** Any error as the answer of a tool: what happened, then what to do. Only trusted words go into `next`. */
import * as z from 'zod';
import { JournalError } from '../journal/journal.ts';
import { Refusal, type ToolResult } from '../refusal.ts';
import { effectUnknown, failedInside, mayHaveTakenEffect, notAccepted } from '../rest/effect.ts';
import { ApiError, TransportError } from '../rest/errors.ts';
import { closest } from '../text/did-you-mean.ts';
import { errorMessage } from '../text/error-message.ts';
import { clip } from '../text/sanitize.ts';
import { advice, type CallInfo, effectUnclear, isUpdating, look } from './advice.ts';

export interface Report {
  code: string;
  message: string;
  next: string;
  request_id?: string;
  retry_after_seconds?: number;
  retryable: boolean;
}

/** An `AuthError`. It is recognized by its name, because this floor does not import `src/auth`, which loads at the first request. */
interface AuthFailure extends Error {
  code: string;
  next: string;
  tried?: { method: string; missing: string }[];
}

/** @returns the error object, together with the data of a refusal. */
export function report(error: unknown, info: CallInfo): { error: Report } & ToolResult {
  if (error instanceof Refusal) {
    const { code, retryable, data } = error;
    return { error: { code, ...textsOf(error, info), retryable }, ...data };
  }
  if (error instanceof ApiError) return { error: apiReport(error, info) };
  if (error instanceof TransportError) return { error: transportReport(error, info) };
  if (error instanceof JournalError) {
    const next = 'Make the journal readable and writable for this user, or start the server with --no-journal.';
    return { error: { code: 'journal_unavailable', message: error.message, next, retryable: false } };
  }
  if (isAuthFailure(error)) {
    // The message of `no_credentials` already lists what each method lacks. Other failures name only the method that failed.
    const tried = error.code === 'no_credentials' ? [] : (error.tried ?? []);
    const list = tried.map(({ method, missing }) => `${method} (${missing})`).join(', ');
    const message = list === '' ? error.message : `${error.message}; tried ${list}`;
    return { error: { code: error.code, message, next: error.next, retryable: false } };
  }
  if (error instanceof z.ZodError) {
    const where = error.issues[0]?.path.join('.') ?? '';
    const message = `the service sent an answer in an unknown form${where ? ` (field ${where})` : ''}`;
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
        message: 'the call was cancelled; a change that the service already accepted continues',
        next: look(info),
        retryable: true,
      },
    };
  }
  const message = `unexpected: ${clip(errorMessage(error), 300)}`;
  return {
    error: {
      code: 'internal_error',
      message,
      next: 'This is a bug in this server. Please report it.',
      retryable: false,
    },
  };
}

/** A refusal with a cause adds the words of that error, which came from reading the result of a write. */
function textsOf({ message, next, cause }: Refusal, { tool, endpoint }: CallInfo): Pick<Report, 'message' | 'next'> {
  if (cause === undefined) return { message, next };
  const from = report(cause, { tool, effect: 'read', endpoint }).error;
  return { message: `${message}: ${from.message}`, next: `${next} ${from.next}` };
}

/** Reports all invalid arguments at once, and suggests the closest name for an unknown one. */
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
        const hint = issue.path.length === 0 ? suggestion(key, known, synonyms) : undefined;
        return `unknown argument "${clip(key, 60)}"${where}${hint ? `: did you mean "${hint}"?` : ''}`;
      });
    }
    return [`${issue.path.join('.') || 'arguments'}: ${expected(issue)}`];
  });
  const message = `${tool} did not run: ${problems.slice(0, 12).join('; ')}`;
  const next = `Correct the call. ${tool} takes: ${known.join(', ') || 'no arguments'}.`;
  return { error: { code: 'invalid_arguments', message, next, retryable: false } };
}

/** The values that would fit. For a choice between forms, the schema itself says only that none matches. */
function expected(issue: z.core.$ZodIssue): string {
  if (issue.code !== 'invalid_union') return issue.message;
  const forms = issue.errors.flat().map((each) => {
    if (each.code === 'invalid_value') return `one of ${each.values.map((value) => JSON.stringify(value)).join(', ')}`;
    return each.code === 'invalid_type' ? each.expected : expected(each);
  });
  return `expected ${[...new Set(forms)].join(' or ')}`;
}

/** The likely meaning of an unknown argument. `name` means the endpoint, model or app, which these tools name by its kind. */
function suggestion(
  key: string,
  known: string[],
  synonyms: ReadonlyMap<string, readonly string[]>,
): string | undefined {
  const kind = key === 'name' ? known.find((each) => ['endpoint', 'model', 'app'].includes(each)) : undefined;
  return synonyms.get(key)?.join('" or "') ?? closest(key, known) ?? kind;
}

function apiReport(error: ApiError, info: CallInfo): Report {
  const retryAfter = error.retryAfterMs;
  return {
    code: error.code,
    message: `Databricks ${error.status >= 500 || failedInside(error) ? 'failed' : 'refused'}: ${clip(error.detail, 1_000)} (${error.status} ${error.code})`,
    next: advice(error, info),
    ...(error.requestId === undefined ? {} : { request_id: error.requestId }),
    ...(retryAfter === undefined ? {} : { retry_after_seconds: Math.ceil(retryAfter / 1000) }),
    // Any other failure may have run, and an inference that ran costs money.
    retryable: notAccepted(error) || isUpdating(error) || (failedInside(error) && !mayHaveTakenEffect(error)),
  };
}

const CODES: Partial<Record<TransportError['kind'], string>> = {
  too_large: 'answer_too_large',
  timeout: 'timeout',
  empty: 'empty_answer',
};

function transportReport(error: TransportError, info: CallInfo): Report {
  const { kind, message } = error;
  const unknown = effectUnknown(error);
  return {
    code: CODES[kind] ?? 'connection',
    message,
    next: error.next ?? transportAdvice(kind, unknown, info),
    retryable: !unknown && kind !== 'too_large' && kind !== 'unreachable',
  };
}

function transportAdvice(kind: TransportError['kind'], unknown: boolean, info: CallInfo): string {
  const tooLarge = kind === 'too_large';
  if (unknown && (info.effect === 'write' || info.effect === 'destroy')) return effectUnclear(info);
  if (unknown && tooLarge)
    return 'The request may have run, so it was not sent again. Send fewer rows, or ask for a shorter answer.';
  if (unknown)
    return 'The request may have run, so it was not sent again. Repeat the call if running it twice does no harm.';
  if (tooLarge)
    return 'Repeating the call gives the same answer. Ask for a single item by name, or look in the workspace.';
  return 'Check the network and the workspace host, then repeat the call.';
}

function isAuthFailure(error: unknown): error is AuthFailure {
  return error instanceof Error && error.name === 'AuthError' && 'code' in error && 'next' in error;
}

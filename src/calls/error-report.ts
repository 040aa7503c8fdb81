/** Any error as the answer of a tool: what happened, then what to do. Only trusted words go into `next`. */
import * as z from 'zod';
import { adviceOn, type CallInfo, effectUnclear, isFailure, look } from '../advice/advice.ts';
import { JournalError } from '../journal/journal.ts';
import { Refusal, type ToolResult } from '../refusal.ts';
import { effectUnknown } from '../rest/effect.ts';
import { ApiError, TransportError, UnreachedError } from '../rest/errors.ts';
import { errorMessage } from '../text/error-message.ts';
import { clip } from '../text/sanitize.ts';
import { readTraceback, type Traceback } from '../text/traceback.ts';
import { callEnd, endReport } from './call-end.ts';

export interface Report {
  code: string;
  /** The cause as `diagnose_endpoint` names it. */
  cause?: string;
  message: string;
  next: string;
  request_id?: string;
  /** The asked pause, or the longest wait for a limit. */
  retry_after_seconds?: number;
  /** The exception in the model, and its place in the code. */
  trace?: Traceback;
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
    const { code, data } = error;
    return { error: { code, ...causeIn(error.cause), ...textsOf(error, info), ...traceOf(error.cause) }, ...data };
  }
  if (error instanceof UnreachedError)
    return { error: { code: error.code, message: error.detail, next: error.next, retryable: false } };
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
  const end = callEnd(error);
  if (end) return { error: endReport(end, info.effect) };
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
  // The server loads parts of itself when it needs them.
  const replaced = error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
  return {
    error: {
      code: 'internal_error',
      message,
      next: replaced
        ? 'The files of this server were replaced while it ran, as by an update. Restart it in the client.'
        : 'This is a bug in this server. Please report it.',
      retryable: false,
    },
  };
}

/** A refusal with a cause adds the words of that error. It came inside the answer to a query, or from reading the result of a write. */
function textsOf(
  { message, next, cause, retryable }: Refusal,
  { tool, effect, endpoint }: CallInfo,
): Pick<Report, 'message' | 'next' | 'retryable'> {
  if (cause === undefined || callEnd(cause)) return { message, next, retryable };
  const isQuery = effect === 'query';
  const from = report(cause, { tool, effect: isQuery ? effect : 'read', endpoint }).error;
  return {
    message: `${message}: ${from.message}`,
    next: `${next} ${from.next}`,
    retryable: isQuery ? from.retryable : retryable,
  };
}

function apiReport(error: ApiError, info: CallInfo): Report {
  const retryAfter = error.retryAfterMs ?? error.window?.ms;
  const { next: advice, again } = adviceOn(error, info);
  const next = [advice, error.explained?.next].filter(Boolean).join(' ');
  return {
    code: error.code,
    ...causeIn(error),
    message: `${whoRefused(error)}: ${clip(error.detail, 1_000)} (${error.status} ${error.code})`,
    next,
    ...(error.requestId === undefined ? {} : { request_id: error.requestId }),
    ...traceOf(error),
    ...(retryAfter === undefined ? {} : { retry_after_seconds: Math.ceil(retryAfter / 1000) }),
    retryable: again,
  };
}

function causeIn(error: unknown): Pick<Report, 'cause'> {
  return error instanceof ApiError && error.explained ? { cause: error.explained.cause } : {};
}

/** Databricks passes on what a provider said, and what something else said to the model. */
function whoRefused(error: ApiError): string {
  const { by, provider } = error.said;
  if (by === 'provider') return `The provider${provider === undefined ? '' : ` ${provider}`} refused`;
  // A trace of a failure is that of the model's own code.
  const failed = error.stackTrace === undefined ? 'Databricks failed' : 'The model failed';
  const databricks = isFailure(error) ? failed : 'Databricks refused';
  return by === 'model' ? `${databricks}: the model reported` : databricks;
}

/** The stack trace of a model server (fact H2), in short. */
function traceOf(error: unknown): Pick<Report, 'trace'> {
  const trace = error instanceof ApiError ? readTraceback(error.stackTrace ?? '') : undefined;
  return trace === undefined ? {} : { trace };
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
    return 'The request may have run, so it was not sent again. Do not repeat the call unless running it twice does no harm.';
  if (tooLarge)
    return 'Repeating the call gives the same answer. Ask for a single item by name, or look in the workspace.';
  return 'Check the network and the workspace host, then repeat the call.';
}

function isAuthFailure(error: unknown): error is AuthFailure {
  return error instanceof Error && error.name === 'AuthError' && 'code' in error && 'next' in error;
}

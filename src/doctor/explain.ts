/** Any error as a sentence and its remedy. The advice is that of the tools, so that both say the same. */
import * as z from 'zod';
import { adviceOn } from '../advice/advice.ts';
import { AuthError } from '../auth/errors.ts';
import { ProxyError } from '../connection/errors.ts';
import { Refusal } from '../refusal.ts';
import { ApiError, TransportError } from '../rest/errors.ts';
import { errorMessage } from '../text/error-message.ts';
import { clip } from '../text/sanitize.ts';
import { TooLate } from './limit.ts';

export interface Explained {
  says: string;
  remedy: string;
}

/** Characters of a message from outside. The report shows fewer, after it has removed the secrets: a cut one could not be recognized. */
const MAX_MESSAGE = 20_000;

const AGAIN = 'Check the network, the VPN and the workspace host, then run the doctor again.';

/** An error of a check that asks only this machine. */
export function explainLocal(error: unknown): Explained {
  if (error instanceof TooLate)
    return {
      says: error.message,
      remedy: 'Check whether a file that the check reads is on a drive that does not answer.',
    };
  const says = oneLine(`the check stopped with an error: ${clip(errorMessage(error), MAX_MESSAGE)}`);
  return { says, remedy: 'This is a bug: please report it.' };
}

/** @param what the part that failed, for errors that do not name it. */
export function explain(error: unknown, what: string): Explained {
  const { says, remedy } = explained(error, what) ?? {
    says: `${what}: ${clip(errorMessage(error), MAX_MESSAGE)}`,
    remedy: 'Check that the host is a Databricks workspace. If it is, this is a bug: please report it.',
  };
  return { says: oneLine(says).replace(/\.$/, ''), remedy: oneLine(remedy) };
}

/** Undefined for an error that no part is known to throw. */
function explained(error: unknown, what: string): Explained | undefined {
  if (error instanceof TooLate) return { says: `${what}: ${error.message}`, remedy: AGAIN };
  if (error instanceof AuthError) return { says: error.message, remedy: asInstruction(error.next) };
  if (error instanceof Refusal || error instanceof ProxyError) return { says: error.message, remedy: error.next };
  if (error instanceof TransportError) return { says: error.message, remedy: error.next ?? AGAIN };
  if (error instanceof ApiError) {
    const { next } = adviceOn(error, { tool: '', effect: 'read' });
    return { says: `${what}: ${clip(error.detail, MAX_MESSAGE)} (${error.status} ${error.code})`, remedy: next };
  }
  if (error instanceof z.ZodError) {
    const where = error.issues[0]?.path.join('.') ?? '';
    return {
      says: `${what}: the answer has an unknown form${where === '' ? '' : ` (field ${where})`}`,
      remedy: 'Check that the host is a Databricks workspace.',
    };
  }
  return undefined;
}

/** Some errors of authentication have only a command as their next step. */
function asInstruction(next: string): string {
  return /^(?:databricks|az) /.test(next) ? `Run: ${next}` : next;
}

/** A text on one line. */
export function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** The code of an error of the system, such as ENOENT. */
export function codeOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return errorMessage(error);
}

import { AuthError } from '../../src/auth/index.ts';

/** The AuthError that a promise rejects with. Anything else fails the test. */
export async function failureOf(work: Promise<unknown>): Promise<AuthError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof AuthError) return error;
  throw new Error(`expected an AuthError, got ${String(error)}`);
}

/** Everything a person or a model could read of an error, for looking for secrets in it. */
export function visible(error: AuthError): string {
  return [
    error.message,
    error.next,
    error.stack,
    JSON.stringify(error),
    JSON.stringify(error.tried),
    String(error.cause),
  ].join('\n');
}

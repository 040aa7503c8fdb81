/** Whom the server over HTTP serves, and with which login. */
import { type Identify, ownCaller } from '../hosting/caller.ts';
import type { Signer } from '../rest/http.ts';

/** Characters of a secret that no one guesses. */
const SHORTEST = 32;
export const SECRET = 'DATABRICKS_SERVING_HTTP_SECRET';

/**
 * @param needsSecret false where the server reaches nothing that matters: a sandbox.
 * @throws Error for the user where the secret is missing or short.
 */
export function identityOf(
  env: Record<string, string | undefined>,
  needsSecret: boolean,
  credentials: (signal?: AbortSignal) => Promise<Signer>,
): Identify {
  const secret = env[SECRET]?.trim() || undefined;
  if (secret === undefined && needsSecret)
    throw new Error(
      `the server would act for everyone who reaches it. Set ${SECRET} to a secret of at least ${SHORTEST} characters, and give it to the client as a bearer`,
    );
  if (secret !== undefined && (secret.length < SHORTEST || /\s/.test(secret)))
    throw new Error(`${SECRET} must have at least ${SHORTEST} characters, without blanks`);
  return ownCaller(secret, credentials);
}

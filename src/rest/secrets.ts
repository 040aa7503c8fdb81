/** Names of secret scopes and keys, never their values (fact K2). */
import * as z from 'zod';
import type { Http } from './http.ts';

const Keys = z.looseObject({ secrets: z.array(z.looseObject({ key: z.string() })).default([]) });

/** Keys of a scope. Throws an ApiError 404 when the scope does not exist or the caller may not see it. */
export async function keys(http: Http, scope: string): Promise<string[]> {
  const answer = Keys.parse(await http.json('GET', '/api/2.0/secrets/list', { query: { scope } }));
  return answer.secrets.map((secret) => secret.key);
}

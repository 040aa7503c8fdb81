/** Names of secret scopes and keys; never a value (fact K2). */
import * as z from 'zod';
import type { Http } from './http.ts';

const Keys = z.looseObject({ secrets: z.array(z.looseObject({ key: z.string() })).default([]) });

/** Keys of a scope. Throws an ApiError 404 when there is no such scope, or none that the caller may see. */
export async function keys(http: Http, scope: string): Promise<string[]> {
  const answer = Keys.parse(await http.json('GET', '/api/2.0/secrets/list', { query: { scope } }));
  return answer.secrets.map((secret) => secret.key);
}

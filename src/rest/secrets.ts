/** Names of secret scopes and keys, never their values (fact K2). */
import * as z from 'zod';
import type { Http } from './http.ts';
import { PATIENCE } from './privileges.ts';

const Keys = z.looseObject({ secrets: z.array(z.looseObject({ key: z.string() })).default([]) });

/** Keys of a scope. Throws an ApiError 404 when the scope does not exist or the caller may not see it. */
export async function keys(http: Http, scope: string): Promise<string[]> {
  const answer = Keys.parse(await http.json('GET', '/api/2.0/secrets/list', { query: { scope } }));
  return answer.secrets.map((secret) => secret.key);
}

const Scopes = z.looseObject({ scopes: z.array(z.looseObject({ name: z.string() })).default([]) });

/** Names of the scopes that the caller may see. Only for hints, so it is tried once. */
export async function scopes(http: Http): Promise<string[]> {
  const answer = Scopes.parse(await http.json('GET', '/api/2.0/secrets/scopes/list', PATIENCE));
  return answer.scopes.map((scope) => scope.name);
}

/** Finds users, groups and service principals by the names that people use (SCIM). */
import * as z from 'zod';
import { ApiError } from './errors.ts';
import type { Http } from './http.ts';
import { PATIENCE } from './privileges.ts';

const SearchAnswer = z.looseObject({
  Resources: z
    .array(
      z.looseObject({
        userName: z.string().optional(),
        displayName: z.string().optional(),
        applicationId: z.string().optional(),
      }),
    )
    .default([]),
});
type Resource = z.infer<typeof SearchAnswer>['Resources'][number];

/** A principal as named in grants and rate limits. A service principal has its application id (fact P3). */
export interface Principal {
  kind: 'user' | 'group' | 'service_principal';
  /** E-mail, group name or application id. */
  name: string;
  display: string | undefined;
}

const ROOT = '/api/2.0/preview/scim/v2';

async function search(http: Http, collection: string, attribute: string, value: string): Promise<Resource[]> {
  // SCIM quotes strings in filters like JSON (RFC 7644, section 3.4.2.2).
  const filter = `${attribute} eq ${JSON.stringify(value)}`;
  return SearchAnswer.parse(await http.json('GET', `${ROOT}/${collection}`, { query: { filter } })).Resources;
}

/** How many rows of each kind are read. */
const COMPARED = 100;

/**
 * Principals that may have been meant by a name that is not known: they contain the first letters of its longest word (fact P6). One filtered read for
 * each kind, tried once, because it is a hint.
 */
export async function alike(http: Http, text: string): Promise<Principal[]> {
  const words = (text.split('@')[0] ?? '').split(/[^\p{L}\p{N}]+/u).sort((a, b) => b.length - a.length);
  const start = [...(words[0] ?? '')].slice(0, 3).join('');
  if (start.length < 2) return [];
  const part = JSON.stringify(start);
  const read = async (collection: string, filter: string, attributes: string, as: (row: Resource) => Principal) => {
    const query = { filter, attributes, count: String(COMPARED) };
    const answer = await http.json('GET', `${ROOT}/${collection}`, { query, ...PATIENCE }).catch(() => ({}));
    return SearchAnswer.parse(answer).Resources.map(as);
  };
  const found = await Promise.all([
    read('Users', `userName co ${part} or displayName co ${part}`, 'userName,displayName', user),
    read('Groups', `displayName co ${part}`, 'displayName', group),
    read('ServicePrincipals', `displayName co ${part}`, 'displayName,applicationId', servicePrincipal),
  ]);
  return found.flat().filter(({ name }) => name !== '');
}

function user(found: Resource): Principal {
  return { kind: 'user', name: found.userName ?? '', display: found.displayName };
}

function group(found: Resource): Principal {
  return { kind: 'group', name: found.displayName ?? '', display: undefined };
}

/**
 * All principals that a text can mean. An e-mail is a user, a UUID an application id, and any other text the display name of a group or a
 * service principal. Several results mean that the text is ambiguous.
 */
export async function find(http: Http, text: string): Promise<Principal[]> {
  if (text.includes('@')) {
    return (await search(http, 'Users', 'userName', text)).map((found) => ({
      ...user(found),
      name: found.userName ?? text,
    }));
  }
  if (/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(text)) {
    return (await search(http, 'ServicePrincipals', 'applicationId', text)).map(servicePrincipal);
  }
  const [groups, principals] = await Promise.all([
    search(http, 'Groups', 'displayName', text),
    search(http, 'ServicePrincipals', 'displayName', text),
  ]);
  return [
    ...groups.map((found) => ({ ...group(found), name: found.displayName ?? text })),
    ...principals.map(servicePrincipal),
  ];
}

function servicePrincipal(found: Resource): Principal {
  return { kind: 'service_principal', name: found.applicationId ?? '', display: found.displayName };
}

/** The caller's e-mail or application id. Undefined when the service does not return it. */
export async function me(http: Http): Promise<string | undefined> {
  const Me = z.looseObject({ userName: z.string().optional(), applicationId: z.string().optional() });
  try {
    const answer = Me.parse(await http.json('GET', '/api/2.0/preview/scim/v2/Me'));
    return answer.applicationId ?? answer.userName;
  } catch (error) {
    if (error instanceof ApiError && error.status < 500) return undefined;
    throw error;
  }
}

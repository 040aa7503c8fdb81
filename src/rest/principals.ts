/** Finds users, groups and service principals by the names that people use (SCIM). */
import * as z from 'zod';
import { ApiError } from './errors.ts';
import type { Http } from './http.ts';

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

async function search(http: Http, collection: string, attribute: string, value: string): Promise<Resource[]> {
  // SCIM quotes strings in filters like JSON (RFC 7644, section 3.4.2.2).
  const filter = `${attribute} eq ${JSON.stringify(value)}`;
  return SearchAnswer.parse(await http.json('GET', `/api/2.0/preview/scim/v2/${collection}`, { query: { filter } }))
    .Resources;
}

/**
 * All principals that a text can mean. An e-mail is a user, a UUID an application id, and any other text the display name of a group or a
 * service principal. Several results mean that the text is ambiguous.
 */
export async function find(http: Http, text: string): Promise<Principal[]> {
  if (text.includes('@')) {
    return (await search(http, 'Users', 'userName', text)).map((user) => ({
      kind: 'user',
      name: user.userName ?? text,
      display: user.displayName,
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
    ...groups.map((group): Principal => ({ kind: 'group', name: group.displayName ?? text, display: undefined })),
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

/** Why a question has no answer that can be compared: what is missing, and whose right it is. Pure. */
import { isObject } from '../rest/json.ts';
import type { Asked, Family, Silence } from './contract-asked.ts';

/** A reason, in words that hold no name. */
export interface Reason {
  /** A word for programs. */
  why: 'right' | 'scope' | 'login' | 'absent' | 'feature' | 'busy' | 'failed' | Silence | 'none' | 'unknown';
  /** A sentence without a final stop. For a right, its name. */
  says: string;
}

const RIGHTS: Record<Family, string> = {
  serving: 'the entitlement workspace-access',
  endpoint: 'CAN_VIEW on the endpoint',
  access: 'CAN_MANAGE on the endpoint',
  catalog: 'EXECUTE or BROWSE on the model, with USE CATALOG and USE SCHEMA above it',
  grants: 'MANAGE on the model, or to own it',
  directory: 'to read this part of the directory, as a workspace admin may',
  apps: 'CAN_USE on the app',
  secrets: 'READ on the secret scope',
  host: 'access to the host',
};

const SILENCES: Record<Silence, string> = {
  timeout: 'the service did not answer in time',
  connection: 'the connection failed',
  too_large: 'the answer was too large to compare',
  requests: 'the limit of requests was reached before',
  time: 'the limit of time was reached before',
};

/** Scopes that the documentation of OAuth in Databricks names. Any other word is not repeated. */
const SCOPES =
  /\b(?:all-apis|model-serving(?:-inference)?|serving\.serving-endpoints|ai-gateway|unity-catalog|apps|secrets|scim|access-management|iam)\b/g;

/**
 * Why the answer cannot be compared. Undefined when it can: it has the expected status, or one that is a difference.
 * @param routeAnswers whether another question of the same route was answered, so that a 403 is about this one alone.
 */
export function unreached(asked: Asked, routeAnswers: boolean): Reason | undefined {
  const { question, reply, silence } = asked;
  if (!reply) return { why: silence ?? 'connection', says: SILENCES[silence ?? 'connection'] };
  const expected = question.status ?? 200;
  const { status } = reply;
  if (status === expected) return undefined;
  const message = isObject(reply.body) ? String(reply.body.message ?? reply.body.error_description ?? '') : '';
  if (/required scopes/i.test(message)) {
    const scopes = [...new Set(message.match(SCOPES) ?? [])];
    return { why: 'scope', says: `an OAuth scope of the token: ${scopes.join(', ') || 'one that the answer names'}` };
  }
  if (isObject(reply.body) && reply.body.error_code === 'FEATURE_DISABLED')
    return { why: 'feature', says: 'the workspace says that the feature is off' };
  if (status === 401) return { why: 'login', says: 'the service refused the login (401)' };
  // A name that does not exist may be refused instead of missing. That is a difference, unless the route is closed to the caller.
  if (status === 403 && (expected === 200 || !routeAnswers)) return { why: 'right', says: RIGHTS[question.family] };
  if (status === 429 || status === 503) return { why: 'busy', says: `the service was too busy (${status})` };
  if (status === 501 || status === 405)
    return { why: 'feature', says: `the workspace does not have the route (${status})` };
  if (status >= 500) return { why: 'failed', says: `the service failed (${status})` };
  if (status === 404 && expected === 200) return { why: 'absent', says: 'the service answered 404' };
  return undefined;
}

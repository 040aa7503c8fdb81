/** Calls that are refused: their tool, their route, and the error that an answer becomes. */
import type { CallInfo } from '../../src/advice/advice.ts';
import { type ApiError, type RefusedAnswer, toApiError } from '../../src/rest/errors.ts';
import type { Call } from './listed-refusals.ts';

export const INFO: Record<Call, CallInfo> = {
  query: { tool: 'query_endpoint', effect: 'query', endpoint: 'churn' },
  read: { tool: 'get_endpoint', effect: 'read', endpoint: 'churn' },
  write: { tool: 'update_endpoint', effect: 'write', endpoint: 'churn' },
  token: { tool: 'query_endpoint', effect: 'query', endpoint: 'churn' },
};
const ROUTES = {
  query: ['POST', '/serving-endpoints/churn/invocations'],
  read: ['GET', '/api/2.0/serving-endpoints/churn/events'],
  write: ['PUT', '/api/2.0/serving-endpoints/churn/config'],
  token: ['POST', '/oidc/v1/token'],
} as const;

/** The error that an answer becomes. */
export function read(
  answer: Pick<RefusedAnswer, 'status' | 'text'> & { headers?: Record<string, string> },
  { call = 'query', path }: { call?: Call; path?: string } = {},
): ApiError {
  const [method, usual] = ROUTES[call];
  return toApiError({ headers: {}, method, path: path ?? usual, ...answer }, 0);
}

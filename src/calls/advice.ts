/** Advice on an error of the service: a table of rows. The first row that matches the error decides. */
import { call } from '../refusal.ts';
import { failedInside, mayHaveTakenEffect, notAccepted, saysTokenExpired } from '../rest/effect.ts';
import type { ApiError } from '../rest/errors.ts';
import type { Effect } from '../tool.ts';

/** The failed call. */
export interface CallInfo {
  tool: string;
  effect: Effect;
  /** The endpoint argument, when the call had a valid one. */
  endpoint?: string | undefined;
  /** A similar name that exists, when the endpoint does not. */
  near?: string | undefined;
  /** The model argument, when the call had a valid one. */
  model?: string;
}

interface Row {
  /** Names the row in tests. */
  id: string;
  when(error: ApiError, info: CallInfo): boolean;
  say(error: ApiError, info: CallInfo): string;
}

/**
 * How the answer to a blocked request begins: with a sentence, or with JSON that names the side (fact G7). Only the beginning counts, because
 * later words may be the caller's own.
 */
const GUARDRAIL = /^(?:[\w ]{0,40}\bguardrail\b|\{.{0,300}"(?:in|out)put_guardrail":)/is;

const isInference = ({ path }: ApiError) => path.endsWith('/invocations');
const isRegistry = ({ path }: ApiError) => path.includes('/unity-catalog/');
const isEntity = ({ path }: ApiError) => path.includes('/served-models/');

const isServing = ({ path }: ApiError) => path.startsWith('/api/2.0/serving-endpoints');

/** How the service says that the creator lacks a right. Any other text may be about the caller. */
const LACKS_RIGHTS =
  /does not have (?:EXECUTE|USE SCHEMA|USE CATALOG) on|workspace-access entitlement|not an active member of this workspace/i;

/** The rows answer the troubleshooting table that CLI users follow. */
export const ADVICE: readonly Row[] = [
  {
    id: 'wrong host',
    when: ({ code }) => code === 'HTML_PAGE' || code === 'REDIRECT',
    say: () =>
      'Check the workspace host (--host, DATABRICKS_HOST or the profile). It must be the address of the workspace, without a path.',
  },
  {
    id: 'private link',
    when: ({ code }) => code === 'PRIVATE_LINK_VALIDATION_ERROR',
    say: () => 'Run this server inside the network that has the private link to the workspace.',
  },
  {
    id: 'token exchange',
    when: ({ path, code }) => path === '/oidc/v1/token' && code === 'invalid_grant',
    say: () =>
      'A route-optimized endpoint accepts only OAuth credentials, not a personal access token. Configure client_id and client_secret, or run databricks auth login.',
  },
  {
    id: 'expired token',
    when: saysTokenExpired,
    say: () =>
      'The workspace rejected the credentials. Renew the token or log in again (databricks auth login), then repeat the call.',
  },
  {
    // A limit of 0 gives a 403, unlike a limit that was reached (fact G6).
    id: 'limit of 0',
    when: ({ status, detail }) => status === 403 && /rate limit set to 0/i.test(detail),
    say: (_error, info) =>
      `A rate limit of 0 blocks every request. Change it with ${call('set_rate_limits', endpointOnly(info))}.`,
  },
  {
    id: 'no right to change a model',
    when: (error) => error.status === 403 && isRegistry(error) && error.method !== 'GET',
    say: () =>
      'The caller must own the model or have MANAGE on it, and needs USE CATALOG and USE SCHEMA on its catalog and schema.',
  },
  {
    id: 'no right to read a model',
    when: (error) => error.status === 403 && isRegistry(error),
    say: () =>
      'The caller needs EXECUTE on the model, and USE CATALOG and USE SCHEMA on its catalog and schema. Ask the owner of the model for them.',
  },
  {
    // The rights of the creator count, not those of the caller (fact M8).
    id: 'creator without rights',
    when: (error) =>
      error.status === 403 && error.method !== 'GET' && isServing(error) && LACKS_RIGHTS.test(error.detail),
    say: (_error, { tool, ...info }) =>
      tool === 'create_endpoint'
        ? 'The caller becomes the creator of the endpoint, and the service serves with its rights. Ask the owner of the model, or an admin of the workspace, for what the message names. Then repeat the call.'
        : `The service serves with the rights of the endpoint's creator, not with those of the caller. Ask the owner of the model, or an admin of the workspace, to give the creator what the message names. ${look({ tool, ...info })}`,
  },
  {
    // Serving checks what a version was logged with, so a config that served yesterday can be refused today (fact S13).
    id: 'missing dependency',
    when: (error) => error.method !== 'GET' && isServing(error) && /cannot serve registered model/i.test(error.detail),
    say: (_error, info) =>
      `The model version was logged with objects that are gone, or that the creator of the endpoint may not use. Restore them or grant access, or serve another version. ${call('list_model_versions', info.model === undefined ? {} : { model: info.model })} lists the versions.`,
  },
  {
    id: 'no grant',
    when: ({ status }) => status === 403,
    say(error, { effect }) {
      const level = isInference(error) ? 'CAN_QUERY' : effect === 'read' ? 'CAN_VIEW' : 'CAN_MANAGE';
      return `The caller needs ${level} on the endpoint. Ask someone with CAN_MANAGE to grant it. An app gets it when it declares the endpoint as a resource.`;
    },
  },
  {
    // The name of the endpoint is right: similar names would mislead (fact G8).
    id: 'missing part of the gateway',
    when: ({ code }) => code === 'FEATURE_DISABLED',
    say: () =>
      'This workspace does not offer that part of the AI Gateway for this kind of endpoint. Repeat the call without it, and tell the user.',
  },
  {
    // The name is right: the endpoint has no access list, or its id is another one now (facts P1 and E12).
    id: 'no access list',
    when: (error) =>
      error.path.startsWith('/api/2.0/permissions/') && /is not a valid Inference Endpoint ID/i.test(error.detail),
    say: (_error, info) =>
      `Foundation-model endpoints have no access list. Any other endpoint was deleted and perhaps created again, with another id. ${look(info)}`,
  },
  {
    id: 'inference table that is on',
    when: (error) =>
      error.status < 500 && isServing(error) && /inference tables? is already enabled/i.test(error.detail),
    say: (_error, info) =>
      `The names of an inference table change only after the table is switched off. Repeat the call: it reads the gateway again and switches the old table off first. ${look(info)}`,
  },
  {
    id: 'no provisioned throughput',
    when: (error) => error.status < 500 && /provisioned throughput is not enabled/i.test(error.detail),
    say: () =>
      'This workspace has no provisioned throughput. Use workload_size or a pay-per-token endpoint from list_foundation_models, or ask an admin of the account to enable it.',
  },
  {
    id: 'nothing to query',
    when: (error) => error.status === 404 && isInference(error),
    say(error, info) {
      const names = isEntity(error) ? 'endpoint or the entity' : 'endpoint';
      return `The name of the ${names} is wrong, or it does not serve yet. ${look(info)}`;
    },
  },
  {
    id: 'no such model',
    when: (error) => error.status === 404 && isRegistry(error),
    say: (_error, { model }) =>
      `The registry has no such model, version or alias, or the caller may not see it. ${call('list_model_versions', model === undefined ? {} : { model })} shows similar names.`,
  },
  {
    id: 'no such entity',
    when: (error) => error.status === 404 && isEntity(error),
    say: (_error, info) => `The endpoint has no such served entity, or the entity has no container. ${look(info)}`,
  },
  {
    id: 'no such endpoint',
    when: ({ status }) => status === 404,
    say: (_error, { near }) =>
      `${near === undefined ? '' : `Did you mean ${near}? `}Call ${call('list_endpoints')} to see the existing names.`,
  },
  {
    id: 'update in progress',
    when: isUpdating,
    say: (_error, info) => `An update is in progress. ${wait(info)}, then repeat the call.`,
  },
  {
    id: 'taken name',
    when: ({ status }) => status === 409,
    say: (_error, info) => look(info),
  },
  {
    id: 'too large',
    when: ({ status }) => status === 413,
    say: () => 'The payload is too large. Send fewer rows per call.',
  },
  {
    id: 'write not accepted',
    when: (error) => notAccepted(error) && error.method !== 'GET' && !isInference(error),
    say: ({ retryAfterMs }) =>
      `The service did not accept this request, so it changed nothing. Wait ${retryAfterMs === undefined ? 'a little' : seconds(retryAfterMs)} and repeat the call, which reads the current state first.`,
  },
  {
    // A limit of the endpoint has the same code. Only the words differ (fact Q16).
    id: 'workspace quota',
    when: ({ status, detail }) => status === 429 && /exceeded workspace/i.test(detail),
    say: () =>
      'This is the quota of the workspace for the model. Wait and repeat the call, or ask the Databricks account team for a higher tier.',
  },
  {
    id: 'rate limit',
    when: ({ status }) => status === 429,
    say: ({ retryAfterMs }, info) =>
      `A rate limit was reached. Wait${retryAfterMs === undefined ? '' : ` ${seconds(retryAfterMs)}`} and repeat the call. ${call('get_endpoint', endpointOnly(info))} shows the limits.`,
  },
  {
    id: 'not implemented',
    when: ({ status }) => status === 501,
    say: () => 'The workspace does not have this API route. In the sandbox, the message says what it omits.',
  },
  {
    id: 'lost write',
    when: (error) => mayHaveTakenEffect(error) && !isInference(error),
    say: (_error, info) => effectUnclear(info),
  },
  {
    id: 'slow model',
    when: (error) => error.status === 504 && isInference(error),
    say: () => 'The model took longer than the service allows. The request may have run, so it was not sent again.',
  },
  {
    id: 'failed inference',
    when: mayHaveTakenEffect,
    say: () => 'The service failed, and the model may have run. Repeat the call if running it twice does no harm.',
  },
  {
    id: 'service failure',
    when: (error) => error.status >= 500 || failedInside(error),
    say: () => 'The service failed. Wait a little and repeat the call.',
  },
  {
    id: 'route-optimized endpoint',
    when: (error) => error.status === 400 && isInference(error) && /route.?optimi[sz]ed/i.test(error.detail),
    say: () => 'This endpoint answers only at its own URL, which cannot address a single entity. Omit entity.',
  },
  {
    id: 'guardrail',
    when: (error) => error.status === 400 && isInference(error) && GUARDRAIL.test(error.detail),
    say: (_error, info) =>
      `A guardrail of the endpoint blocked the request. The form of the payload is correct. Do not reword it to get around the guardrail; tell the user. ${look(info)}`,
  },
  {
    // No query wakes a stopped endpoint (fact R10). Only the beginning counts, because later words may be the caller's own.
    id: 'stopped endpoint',
    when: (error) =>
      error.status === 400 && isInference(error) && /^[\w ]{0,40}\bendpoint is stopped\b/i.test(error.detail),
    say: (_error, info) =>
      `The endpoint is stopped, so it answers no query, whatever the payload. Ask the user whether to start it, because a running endpoint costs money. ${call('update_endpoint', { ...endpointOnly(info), start: true })} starts it. ${wait(info)} if it is starting already.`,
  },
  {
    id: 'wrong payload',
    when: (error) => error.status === 400 && isInference(error),
    say: (_error, info) =>
      `The payload does not fit the model. Compare its fields, their types and the input form with the message above. ${call('get_schema', endpointOnly(info))} shows what the model takes.`,
  },
  {
    id: 'anything else',
    when: () => true,
    say: () => 'Correct what the message names and repeat the call.',
  },
];

/** The advice for an error of the service. */
export function advice(error: ApiError, info: CallInfo): string {
  return rowFor(error, info)?.say(error, info) ?? '';
}

/** The row that decides. The last one matches every error. */
export function rowFor(error: ApiError, info: CallInfo): Row | undefined {
  return ADVICE.find(({ when }) => when(error, info));
}

/** Whether a conflict will pass: an update is running (fact U2). The other conflict is a taken name (fact U3). */
export function isUpdating({ status, code, detail }: ApiError): boolean {
  return status === 409 && !/exist/i.test(`${code} ${detail}`);
}

/** The advice after a write that may or may not have taken effect. */
export function effectUnclear(info: CallInfo): string {
  const { endpoint, model, tool } = info;
  const next =
    endpoint !== undefined && tool === 'update_permissions'
      ? `Call ${call('get_permissions', { endpoint })}.`
      : endpoint === undefined && model !== undefined
        ? `Call ${call('list_model_versions', { model })}.`
        : look(info);
  return `The change may or may not have taken effect. ${next}`;
}

/** The call that shows the current state. */
export function look({ endpoint }: CallInfo): string {
  return endpoint === undefined ? `Call ${call('list_endpoints')}.` : `Call ${call('get_endpoint', { endpoint })}.`;
}

function wait({ endpoint }: CallInfo): string {
  return endpoint === undefined ? 'Wait for its end' : `Call ${call('wait_for_endpoint', { endpoint })}`;
}

function endpointOnly({ endpoint }: CallInfo): Record<string, unknown> {
  return endpoint === undefined ? {} : { endpoint };
}

function seconds(milliseconds: number): string {
  return `${Math.ceil(milliseconds / 1000)} s`;
}

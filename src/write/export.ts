/** A planned write as something to keep: CLI commands, an asset bundle, curl lines. Pure. */

import { call, Refusal } from '../refusal.ts';
import type { Endpoint } from '../rest/endpoints.ts';
import type { GrantInput } from '../rest/permissions.ts';
import { bundle } from './export-bundle.ts';
import { cli, curl } from './export-cli.ts';
import { aliasOf, type ExportForm, type PlannedRequest } from './planned-write.ts';

/**
 * The same requests in the form asked for, to be carried out later by somebody else. Hosts and tokens stay variables. Steps stop at the first that
 * fails, and an alias moves only once the config before it serves.
 * @param before the endpoint as it was read; a bundle says the whole of it.
 * @param grants those given on the endpoint itself, when the requests change them: a bundle lists all.
 * @throws Refusal when the form cannot hold the requests, or would move an alias before the update under way has ended.
 */
export function exportRequests(
  form: ExportForm,
  requests: readonly PlannedRequest[],
  before: Endpoint | undefined,
  grants?: readonly GrantInput[],
): string {
  if (before?.state.config_update === 'IN_PROGRESS' && requests.some(aliasOf)) {
    const message = `endpoint ${before.name} is being updated, and commands made now would not wait for that before they move the alias; nothing was sent`;
    const wait = call('wait_for_endpoint', { endpoint: before.name });
    throw new Refusal('update_in_progress', message, `Call ${wait}, then repeat this call.`, {}, { retryable: true });
  }
  if (form === 'bundle') return bundle(requests, before, grants);
  return form === 'cli' ? cli(requests) : curl(requests);
}

/** A planned write as CLI commands, an asset bundle or curl lines. Pure. */
import { call, Refusal } from '../refusal.ts';
import type { Endpoint } from '../rest/endpoints.ts';
import type { GrantInput } from '../rest/permissions.ts';
import { bundle } from './export-bundle.ts';
import { cli, curl, type ExportStep } from './export-cli.ts';
import type { ExportForm } from './planned-write.ts';

export type { ExportStep } from './export-cli.ts';

/**
 * The steps in the requested form, for someone else to run later. Hosts and tokens stay variables. A step runs only when the one before it
 * succeeded, and an alias moves only once the config before it serves.
 * @param before the endpoint as it was read. A bundle describes all of it.
 * @param grants the direct grants, when the steps change them. A bundle lists all of them.
 * @throws Refusal when the form cannot express the steps, or would move an alias before the update in progress ends.
 */
export function exportSteps(
  form: ExportForm,
  steps: readonly ExportStep[],
  before: Endpoint | undefined,
  grants?: readonly GrantInput[],
): string {
  if (before?.state.config_update === 'IN_PROGRESS' && steps.some(({ what }) => what === 'alias')) {
    throw new Refusal(
      'update_in_progress',
      `endpoint ${before.name} is being updated, and exported commands would move the alias without waiting for that update`,
      `Call ${call('wait_for_endpoint', { endpoint: before.name })}, then repeat this call.`,
      {},
      { retryable: true },
    );
  }
  if (form === 'bundle') return bundle(steps, before, grants);
  return form === 'cli' ? cli(steps) : curl(steps);
}

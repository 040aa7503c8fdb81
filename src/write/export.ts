/** A planned write as CLI commands, an asset bundle or curl lines. Pure. */
import { call, Refusal } from '../refusal.ts';
import { bundle } from './export-bundle.ts';
import { cli, curl } from './export-cli.ts';
import { serviceBundle } from './export-service.ts';
import type { ExportForm, ExportStep, PlannedWrite } from './planned-write.ts';

/** The parts of a planned write that an export reads. */
export type ReadForExport = Partial<Pick<PlannedWrite, 'subject' | 'before' | 'grants' | 'service' | 'serviceGrants'>>;

/**
 * The steps in the requested form, for someone else to run later. Hosts and tokens stay variables. A step runs only when the one before it
 * succeeded, and an alias moves only once the config before it serves.
 * @param read what was read: a bundle describes all of the endpoint or model service, and lists all grants where the steps change them.
 * @throws Refusal when the form cannot express the steps, or would move an alias before the update in progress ends.
 */
export function exportSteps(form: ExportForm, steps: readonly ExportStep[], read: ReadForExport): string {
  const { subject, before, grants, service, serviceGrants } = read;
  if (before?.state.config_update === 'IN_PROGRESS' && steps.some(({ what }) => what === 'alias')) {
    throw new Refusal(
      'update_in_progress',
      `endpoint ${before.name} is being updated, and exported commands would move the alias without waiting for that update`,
      `Call ${call('wait_for_endpoint', { endpoint: before.name })}, then repeat this call.`,
      {},
      { retryable: true },
    );
  }
  if (form === 'bundle' && subject?.kind === 'model_service')
    return serviceBundle(steps, subject.name, service, serviceGrants);
  if (form === 'bundle') return bundle(steps, before, grants);
  return form === 'cli' ? cli(steps) : curl(steps);
}

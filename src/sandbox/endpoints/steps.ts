import { backgroundTraffic } from '../state/background-traffic.ts';
import type { Workspace } from '../state/state.ts';
import type { Step } from '../state/step.ts';
import { endTraffic } from './lifecycle.ts';

/** Does what a person would do outside the API: makes facts true, registers versions, completes registrations, changes the callers. */
export function doStep(workspace: Workspace, step: Step, now: number): void {
  step.done_at = now;
  for (const fact of step.facts) workspace.facts.add(fact);
  for (const { model, version } of step.versions) {
    workspace.models.get(model)?.versions.set(version.version, { ...version, created_at: now, updated_at: now });
  }
  for (const { model, version } of step.registered) {
    const found = workspace.models.get(model)?.versions.get(version);
    if (found) Object.assign(found, { status: 'READY', updated_at: now });
  }
  for (const [name, traffic] of Object.entries(step.traffic)) {
    const endpoint = workspace.endpoints.get(name);
    if (!endpoint) continue;
    endTraffic(endpoint, now);
    endpoint.traffic = backgroundTraffic(workspace, traffic, now);
  }
  for (const name of step.returns) {
    const principal = workspace.principals.get(name);
    if (principal) Object.assign(principal, { left: false, active: true });
  }
  if (step.provisioned_concurrency !== null) workspace.limits.provisioned_concurrency = step.provisioned_concurrency;
}

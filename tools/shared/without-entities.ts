/** Refusals of changes to an active config that lists no entity. Each names the real reason. */
import { AGENT_TILE, isAgentTile } from '../../src/plan/agent-tile.ts';
import { updateStart } from '../../src/plan/pending-update.ts';
import { failedEntities } from '../../src/readiness.ts';
import { call, Refusal } from '../../src/refusal.ts';
import type { Endpoint } from '../../src/rest/endpoints.ts';
import { clip } from '../../src/text/sanitize.ts';
import { refuseFirstDeployment } from './put-config.ts';

/** Refuses to change the config of an agent that another product built. A PUT built here would replace parts that no one can see (fact F2). */
export function refuseAgentTile(current: Endpoint): void {
  if (!isAgentTile(current)) return;
  throw new Refusal(
    'managed_elsewhere',
    `endpoint ${current.name} is ${AGENT_TILE}, so its entities and traffic cannot be changed here`,
    'Change the agent where it was built, such as in Agent Bricks. Its grants, tags and rate limits can be changed here.',
  );
}

/** Refuses to change entities or traffic of an endpoint that has no active entity: an agent, a first deployment, or no config yet. */
export function refuseWithoutEntities(current: Endpoint): void {
  if ((current.config?.served_entities ?? []).length > 0) return;
  refuseAgentTile(current);
  refuseFirstDeployment(current);
  const { name, state } = current;
  if (state.config_update === 'UPDATE_FAILED' || state.config_update === 'UPDATE_CANCELED') {
    const what = state.config_update === 'UPDATE_FAILED' ? 'failed' : 'was cancelled';
    const failed_entities = failedEntities(current.pending_config)
      .slice(0, 15)
      .map((entity) => ({ ...entity, message: clip(entity.message, 500) }));
    throw new Refusal(
      'first_deployment_failed',
      `the first deployment of endpoint ${name} ${what}, so it has no active config to change`,
      `${call('diagnose_endpoint', { endpoint: name })} finds out why. Then deploy another version with swap_version, which keeps the other settings, or delete the endpoint and create it again.`,
      { ...updateStart(current), failed_entities },
    );
  }
  throw new Refusal(
    'no_config',
    `endpoint ${name} has no config yet, so there is nothing to change`,
    'Give it served entities with add_entities and traffic of update_endpoint.',
  );
}

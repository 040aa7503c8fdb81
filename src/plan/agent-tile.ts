/** Endpoints of agents that another product builds, such as Agent Bricks. Pure. */
import type { Endpoint } from '../rest/endpoints.ts';

/** What such an endpoint is, as the end of a sentence. */
export const AGENT_TILE = 'an agent whose parts are not listed here, and its config is managed elsewhere';

/** Whether an endpoint serves without listing a served entity (fact F2). Nothing is missing there. */
export function isAgentTile({ config, pending_config, state, tile_endpoint_metadata }: Endpoint): boolean {
  const listed = [config, pending_config].some((each) => (each?.served_entities ?? []).length > 0);
  if (listed) return false;
  return tile_endpoint_metadata !== undefined || (state.ready === 'READY' && state.config_update !== 'IN_PROGRESS');
}

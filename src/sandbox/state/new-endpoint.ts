import { hex } from '../ids.ts';
import type { Endpoint } from './state.ts';

/** A new endpoint without a config. It keeps its id and route id for life. evidence: no-config */
export function emptyEndpoint(name: string, creator: string | null, now: number, random: () => number): Endpoint {
  return {
    id: hex(random, 32),
    name,
    creator,
    created_at: now,
    updated_at: now,
    config: null,
    pending: null,
    config_update: 'NOT_UPDATING',
    stopped: false,
    last_config_version: 0,
    description: '',
    tags: [],
    ai_gateway: null,
    email_notifications: null,
    telemetry: null,
    rate_limits: [],
    budget_policy_id: null,
    route_optimized: false,
    route_id: null,
    provisioned: false,
    grants: [],
    foundation: null,
    tile: null,
    traffic: null,
    periods: [],
    releases: [],
    past_events: [],
    logs: new Map(),
    mishaps: [],
  };
}

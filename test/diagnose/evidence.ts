/** Evidence about an endpoint as tests of rules need it: made of a few words, and complete. */
import type { Evidence, LogEvidence } from '../../src/diagnose/evidence.ts';
import { explain, type LogKind } from '../../src/digest/key-lines.ts';
import { logLines, SEARCHED } from '../../src/digest/log-lines.ts';
import { explainMore } from '../../src/digest/more-causes.ts';
import { type Deployment, deploymentsOf } from '../../src/plan/deployments.ts';
import { Endpoint } from '../../src/rest/endpoints.ts';
import type { Event } from '../../src/rest/logs.ts';

export const NOW = Date.UTC(2026, 10, 28, 12);
const MINUTE = 60_000;

export interface Case {
  /** How the entity `churn-2` of the update is. Default: failed. */
  deployment?: string;
  message?: string;
  /** Default: the update failed, and version 1 serves. */
  config_update?: string;
  ready?: string;
  /** No config serves: the first deployment. */
  first?: boolean;
  /** Other fields of the new entity, and of the endpoint. */
  entity?: Record<string, unknown>;
  endpoint?: Record<string, unknown>;
  /** Minutes since the update began. */
  minutes?: number;
  service?: string;
  build?: string;
  /** Logs of `churn-1`, which serves. */
  serving?: string;
  /** Messages, oldest first. */
  events?: readonly string[];
  more?: Partial<Evidence>;
}

/** An endpoint `churn` whose version 1 serves and whose update to version 2 is broken. */
export function evidenceOf(given: Case = {}): Evidence {
  const { minutes = 20, entity = {}, first = false } = given;
  const start = NOW - minutes * MINUTE;
  const served = (version: string, more: Record<string, unknown>) => ({
    name: `churn-${version}`,
    entity_name: 'ml.prod.churn',
    entity_version: version,
    workload_size: 'Small',
    scale_to_zero_enabled: false,
    creator: 'eve@example.com',
    ...more,
  });
  const old = served('1', { creation_timestamp: NOW - 5_000 * MINUTE, state: { deployment: 'DEPLOYMENT_READY' } });
  const fresh = served('2', {
    creation_timestamp: start,
    state: { deployment: given.deployment ?? 'DEPLOYMENT_FAILED', deployment_state_message: given.message ?? '' },
    ...entity,
  });
  const endpoint = Endpoint.parse({
    name: 'churn',
    id: 'a1',
    creator: 'eve@example.com',
    creation_timestamp: NOW - 6_000 * MINUTE,
    state: {
      ready: given.ready ?? (first ? 'NOT_READY' : 'READY'),
      config_update: given.config_update ?? 'UPDATE_FAILED',
    },
    ...(first ? {} : { config: { config_version: 1, served_entities: [old] } }),
    pending_config: { config_version: first ? 1 : 2, served_entities: [fresh], start_time: start },
    ...given.endpoint,
  });
  const deployments = deploymentsOf(endpoint);
  const named = (name: string) => deployments.find((each) => each.entity.name === name);
  return {
    now: NOW,
    endpoint,
    deployments,
    logs: [
      logOf(named('churn-2'), 'service', given.service),
      logOf(named('churn-2'), 'build', given.build),
      logOf(named('churn-1'), 'service', given.serving),
    ].flatMap((each) => each ?? []),
    events: given.events?.map(
      (message, at): Event => ({
        event_type: 'SERVED_ENTITY_SERVICE_EVENT',
        message,
        timestamp: start + at * MINUTE,
        config_version: first ? 1 : 2,
        served_entity_name: 'churn-2',
      }),
    ),
    metrics: undefined,
    versions: [],
    creator: { name: 'eve@example.com', exists: true, active: true, lacks: [] },
    grants: [],
    usage: undefined,
    answer: undefined,
    changes: [],
    unread: [],
    ...given.more,
  };
}

export function logOf(
  deployment: Deployment | undefined,
  log: LogKind,
  text: string | undefined,
): LogEvidence | undefined {
  if (!deployment || text === undefined) return undefined;
  const lines = logLines(text, SEARCHED);
  const explained = explain(lines, 8, log);
  return {
    deployment,
    log,
    lines,
    explained,
    more: explainMore(lines, 8, log, explained),
    missing: text === '',
    doubt: undefined,
  };
}

/** The split of the traffic: an entity that gets none, or all of it at one that fails. Pure. */

import { isStopped } from '../../plan/stopped.ts';
import type { ServedEntity } from '../../rest/endpoints.ts';
import { trafficOf } from '../../rest/traffic.ts';
import type { Evidence } from '../evidence.ts';
import type { Finding, Remedy, Rule } from '../finding.ts';
import { trafficCall } from '../remedies.ts';
import { failedIn, isMany, shareText } from './numbers.ts';

const isReady = ({ state }: ServedEntity) =>
  state?.deployment === 'DEPLOYMENT_READY' && !/scaled to zero|stopped/i.test(state.deployment_state_message ?? '');
const isFailed = ({ state }: ServedEntity) =>
  state?.deployment === 'DEPLOYMENT_FAILED' || state?.deployment === 'DEPLOYMENT_ABORTED';

function share({ endpoint }: Evidence): { entity: ServedEntity; percent: number }[] {
  const traffic = trafficOf(endpoint.config);
  if (isStopped(endpoint)) return [];
  return (endpoint.config?.served_entities ?? []).map((entity) => ({ entity, percent: traffic.get(entity.name) ?? 0 }));
}

/** Another split, as a call where one can be written. */
export function toTraffic(endpoint: Evidence['endpoint'], traffic: Record<string, number>, say: string): Remedy {
  const call = Object.keys(traffic).length > 0 ? trafficCall(endpoint, traffic) : undefined;
  return call ? { call, writes: true, say } : { person: 'endpoint manager', say };
}

/** All traffic at an entity that does not work, next to one that is ready. */
const trafficOnFailing: Rule = {
  code: 'traffic_on_failing_entity',
  source: 'traffic_config against the states and the errors of the entities',
  find(evidence) {
    const { endpoint, metrics } = evidence;
    const all = share(evidence);
    const busy = all.find(({ percent }) => percent >= 100);
    if (!busy) return undefined;
    const failed = metrics && failedIn(metrics.entities.get(busy.entity.name), metrics);
    const bad = failed ? failed.clientErrors + failed.serverErrors : 0;
    // Client errors alone may be the fault of one caller.
    const fails =
      failed !== undefined && failed.serverErrors > 0 && bad >= 0.9 * failed.requests && isMany(bad, failed.requests);
    if (!isFailed(busy.entity) && !fails) return undefined;
    const other = all.find(({ entity, percent }) => percent === 0 && isReady(entity));
    if (!other) return undefined;
    const traffic = Object.fromEntries(all.map(({ entity }) => [entity.name, entity === other.entity ? 100 : 0]));
    return {
      code: 'traffic_on_failing_entity',
      severity: 'critical',
      sentence: `All traffic goes to ${busy.entity.name}, which fails. ${other.entity.name} is ready and gets none.`,
      evidence: [
        { source: 'config', of: 'traffic_config', text: `${busy.entity.name} 100 %, ${other.entity.name} 0 %` },
        ...(failed && fails
          ? [
              {
                source: 'metrics' as const,
                of: busy.entity.name,
                text: shareText(bad, failed.requests, 'requests fail'),
                at: failed.at,
              },
            ]
          : [
              {
                source: 'state' as const,
                of: busy.entity.name,
                text: `${busy.entity.state?.deployment} ${busy.entity.state?.deployment_state_message ?? ''}`,
              },
            ]),
      ],
      remedy: toTraffic(
        endpoint,
        traffic,
        `Sends all traffic to ${other.entity.name}, which is ready. Nothing is deployed.`,
      ),
      confidence: 'certain',
      explains: ['errors_4xx', 'errors_5xx', 'route_at_zero'],
    } satisfies Finding;
  },
};

/** Milliseconds in which a new entity is still a step of a rollout. */
const ROLLOUT = 10 * 60_000;

/** Newer of two entities: by the version of the same model, else by their creation. */
function isNewer(a: ServedEntity, b: ServedEntity): boolean {
  const [left, right] = [Number(a.entity_version), Number(b.entity_version)];
  if (a.entity_name !== undefined && a.entity_name === b.entity_name && left !== right) return left > right;
  return (a.creation_timestamp ?? 0) > (b.creation_timestamp ?? 0);
}

/** The newest version gets nothing. It may be meant so, until someone switches: a note. */
const routeAtZero: Rule = {
  code: 'route_at_zero',
  source: 'traffic_config: a route of 0 % costs money and answers nothing',
  find(evidence) {
    const { endpoint, now } = evidence;
    const all = share(evidence);
    const newest = all.find(({ entity }) =>
      all.every((each) => each.entity === entity || isNewer(entity, each.entity)),
    );
    if (all.length < 2 || !newest || newest.percent > 0 || newest.entity.state?.deployment !== 'DEPLOYMENT_READY')
      return undefined;
    const made = newest.entity.creation_timestamp;
    if ((made !== undefined && now - made < ROLLOUT) || endpoint.state.config_update === 'IN_PROGRESS')
      return undefined;
    const older = all
      .filter(({ entity }) => entity.entity_name === newest.entity.entity_name)
      .toSorted((a, b) => b.percent - a.percent)[0];
    return {
      code: 'route_at_zero',
      severity: 'note',
      sentence: `${newest.entity.name} is the newest entity and gets no traffic. Its replicas cost money unless it is scaled to zero.`,
      ...(made === undefined ? {} : { since: made }),
      evidence: [{ source: 'config', of: 'traffic_config', text: `${newest.entity.name} 0 %` }],
      remedy: toTraffic(
        endpoint,
        older ? { [older.entity.name]: 0, [newest.entity.name]: older.percent } : {},
        `Gives it the traffic of ${older?.entity.name ?? 'another entity'}, if callers are to get it. Otherwise remove it.`,
      ),
      confidence: 'certain',
    } satisfies Finding;
  },
};

export const ROUTE_RULES: readonly Rule[] = [trafficOnFailing, routeAtZero];

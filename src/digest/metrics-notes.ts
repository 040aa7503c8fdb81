/** What the metrics of an endpoint do not show, and what is easy to misread in them. Pure. */
import type { RateLimit } from '../rest/endpoints.ts';
import type { Digest } from './metrics.ts';

/** One served entity as the notes see it. */
export interface Measured {
  entity: string;
  digest: Digest;
  scaledToZero: boolean;
  /** Runs at a provider, so the workspace has no CPU or memory for it. */
  external: boolean;
}

export interface Measurements {
  total: Digest;
  entities: readonly Measured[];
  /** How many series the service returned, and how many of them name no entity. */
  series: number;
  unnamed: number;
  /** Minutes that the series cover. */
  minutes: number;
}

/** What the service did not return, with the reason where it is known. Several entities and series without names have a note of their own. */
export function missingSeries({ total, entities, series, unnamed, minutes }: Measurements): string[] {
  if (series === 0) return ['the service returned no values: the endpoint is new, not ready or idle'];
  const several = entities.length > 1;
  const asleep = names(entities.filter(({ scaledToZero }) => scaledToZero));
  const silent = names(entities.filter(({ digest, scaledToZero }) => digest.requests === undefined && !scaledToZero));
  const unused = names(entities.filter(({ digest }) => digest.requests === 0));
  return [
    asleep && `CPU and memory of ${asleep}: scaled to zero`,
    several && silent && `series for ${silent}`,
    several &&
      unnamed > 0 &&
      `the entity of ${unnamed} series: their labels name none of these, so they count only in total`,
    total.requests === undefined &&
      'requests: the service returned no count, so nothing here says whether there were any',
    latencyNote(total, minutes),
    resourceNote(total, entities),
    several && unused && `comparison with ${unused}: no request in ${periodOf(minutes)}`,
  ].flatMap((note) => note || []);
}

function names(entities: readonly Measured[]): string {
  return entities.map(({ entity }) => entity).join(', ');
}

/** The time that readings cover, in words. */
function periodOf(minutes: number): string {
  return minutes === 1 ? 'the last minute' : `these ${minutes} minutes`;
}

function latencyNote({ requests, p95_ms, mean_ms }: Digest, minutes: number): string | undefined {
  if (p95_ms !== undefined) return undefined;
  if (mean_ms !== undefined) return 'latency percentiles: the service returned no histogram, only a sum';
  if (requests === 0) return `latency: no request in ${periodOf(minutes)}`;
  return requests === undefined ? undefined : `latency of the ${requests} requests: the service returned no histogram`;
}

/** Idle endpoints were seen to have request series only. External models never have others. */
function resourceNote(total: Digest, entities: readonly Measured[]): string | undefined {
  if (entities.some(({ scaledToZero, external }) => scaledToZero || external)) return undefined;
  const absent = [
    total.cpu_percent === undefined && 'CPU',
    total.memory_percent === undefined && 'memory',
    total.provisioned_concurrency === undefined && 'provisioned concurrency',
  ].flatMap((what) => what || []);
  return absent.length === 0 ? undefined : `${absent.join(', ')}: no such series`;
}

/** Percentiles in words, where the histogram has only their minimum. */
export function minimumNotes(total: Digest): string[] {
  const minima = (total.at_least ?? []).map((name) => `${name} ≥ ${total[name as keyof Digest]}`); // `at_least` names fields of the digest
  return minima.length === 0
    ? []
    : [`${minima.join(', ')}: the slowest requests are above the last bound of the histogram`];
}

/** What a reader may take wrongly when the endpoint has rate limits. Nothing says whether refused requests are counted (fact L9). */
export function limitNotes(total: Digest, limits: readonly RateLimit[], minutes: number): string[] {
  if (limits.length === 0) return [];
  const requests = Math.round((total.requests ?? 0) / minutes);
  const own = limits.find(({ key = 'endpoint', calls }) => key === 'endpoint' && calls !== undefined);
  const each = limits.find(({ key = 'endpoint', calls }) => key !== 'endpoint' && calls !== undefined);
  const over =
    own?.calls !== undefined
      ? requests > own.calls &&
        `${requests} requests a minute are more than the limit of ${own.calls} a minute: refused ones may be counted too, and the minute of the metrics is not the minute of the limit`
      : each?.calls !== undefined &&
        requests > each.calls &&
        `${requests} requests a minute are more than the limit of ${each.calls} a minute, but that limit is for each ${each.key?.replaceAll('_', ' ')}, not for the endpoint`;
  return over ? [over] : [];
}

/** Errors that the metrics do not separate: those with status 429, unless a label shows the status (fact L9). */
export function unseparated(total: Digest, limits: readonly RateLimit[]): string[] {
  if (total.rate_limited_percent !== undefined || !total.error_4xx_percent) return [];
  const effect = limits.length > 0 ? '. Being many and quick, they also lower error_5xx_percent and the latency' : '';
  return [
    `429 apart from other 4xx: the metrics do not separate them, so error_4xx_percent may include requests that a limit refused${effect}. Where usage tracking is on, get_usage with report traffic counts them`,
  ];
}

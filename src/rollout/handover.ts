/**
 * What the tag of a rollout tells a machine that measured none of its steps: the counts of the old version before 100 %, as words. They are data from
 * others, so they are read strictly. Pure.
 */

/** Counts of the old version over all steps before 100 %. */
export interface Handover {
  requests: number;
  /** Undefined where the service has no series for them. */
  errors_5xx?: number | undefined;
  errors_4xx?: number | undefined;
  /** Requests above the latency bound, in milliseconds, of those whose time counts. Undefined before a bound was chosen. */
  slow?: { bound: number; requests: number; bad: number } | undefined;
}

/** The counts as words of the tag. Only letters, digits, spaces and points: the service does not document more for a value. */
export function handoverText({ requests, errors_5xx, errors_4xx, slow }: Handover): string {
  const parts = [
    `${requests} requests`,
    errors_5xx === undefined ? '' : `${errors_5xx} 5xx`,
    errors_4xx === undefined ? '' : `${errors_4xx} 4xx`,
    slow === undefined ? '' : `${slow.bad} of ${slow.requests} above ${slow.bound} ms`,
  ];
  const text = parts.filter(Boolean).join(' ');
  // A bound such as 1e21 has no place in the tag.
  return handoverIn(text) ? text : handoverText({ requests, errors_5xx, errors_4xx });
}

const TEXT =
  /^(?<requests>\d{1,12}) requests(?: (?<errors_5xx>\d{1,12}) 5xx)?(?: (?<errors_4xx>\d{1,12}) 4xx)?(?: (?<bad>\d{1,12}) of (?<timed>\d{1,12}) above (?<bound>\d{1,7}(?:\.\d{1,4})?) ms)?$/;

/** The counts in words of a tag. Undefined for any other words, and for counts that cannot be. */
export function handoverIn(text: string): Handover | undefined {
  const found = TEXT.exec(text)?.groups;
  if (!found) return undefined;
  const numberOf = (name: string) => (found[name] === undefined ? undefined : Number(found[name]));
  const {
    requests = 0,
    errors_5xx,
    errors_4xx,
  } = {
    requests: numberOf('requests'),
    errors_5xx: numberOf('errors_5xx'),
    errors_4xx: numberOf('errors_4xx'),
  };
  const [bad = 0, timed, bound = 0] = [numberOf('bad'), numberOf('timed'), numberOf('bound')];
  if (requests === 0 || (errors_5xx ?? 0) + (errors_4xx ?? 0) > requests) return undefined;
  if (timed !== undefined && (timed === 0 || bad > timed || bound === 0)) return undefined;
  return {
    requests,
    ...(errors_5xx === undefined ? {} : { errors_5xx }),
    ...(errors_4xx === undefined ? {} : { errors_4xx }),
    ...(timed === undefined ? {} : { slow: { bound, requests: timed, bad } }),
  };
}

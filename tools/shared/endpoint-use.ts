/** Which endpoints had requests, as far as their metrics tell. */
import { digest } from '../../src/digest/metrics.ts';
import { isStale } from '../../src/digest/readings.ts';
import { isFoundationModel } from '../../src/plan/foundation.ts';
import type { Endpoint } from '../../src/rest/index.ts';
import type { ToolContext } from '../../src/tool.ts';
import { readEach } from './read-each.ts';
import { readMetrics } from './read-metrics.ts';

/** The service returns metrics for one endpoint at a time. A call reads this many at most, and this long. */
const MAX_METRICS = 100;
const LIMIT_MS = 25_000;

export interface Use {
  /** The endpoints that were looked at: the first ones, up to a limit. */
  searched: Endpoint[];
  /** Requests of the last minute by the name of the endpoint, where the metrics say. */
  requests: Map<string, number>;
  notJudged: { endpoint: string; why: string }[];
  /** The last requests by the usage table, where a warehouse is set and has been asked. */
  table?: UsageTable;
}

/** What the usage table says, or why it could not be read. */
export type UsageTable =
  | {
      /** By the name of the endpoint, in milliseconds since 1970. Metrics judge the others. */
      last: Map<string, number>;
      /** An endpoint without a request since then is idle. */
      idleSince: number;
    }
  | { unread: string };

/** Reads the metrics of the endpoints, in their order. Those without a count of requests are not judged. */
export async function useOf(
  candidates: readonly Endpoint[],
  context: Pick<ToolContext, 'http' | 'signal' | 'clock' | 'history'>,
): Promise<Use> {
  // The service has no metrics for them (fact L8), and a workspace has dozens.
  const without = new Set(candidates.filter((each) => isFoundationModel(each) && each.creator === undefined));
  const asked = candidates.filter((each) => !without.has(each)).slice(0, MAX_METRICS);
  const readings = await readEach(
    asked,
    async ({ name }) => {
      const reading = await readMetrics(name, context);
      return { requests: digest(reading.samples).requests, stale: isStale(reading.at, context.http.time()) };
    },
    context,
    LIMIT_MS,
    'the service has none for it (404)',
  );
  const requests = new Map<string, number>();
  const notJudged: Use['notJudged'] = [];
  const judge = (endpoint: string, reading: (typeof readings)[number] | undefined) => {
    if (reading === undefined) notJudged.push({ endpoint, why: 'foundation model: the service has no metrics for it' });
    else if ('failed' in reading) notJudged.push({ endpoint, why: `metrics: ${reading.failed}` });
    else if (reading.found.stale) notJudged.push({ endpoint, why: 'its latest metrics are minutes old' });
    else if (reading.found.requests === undefined)
      notJudged.push({ endpoint, why: 'its metrics have no count of requests' });
    else requests.set(endpoint, reading.found.requests);
  };
  const read = new Map(readings.map((reading, at) => [asked[at], reading]));
  const firstUnread = candidates.findIndex((each) => !without.has(each) && !read.has(each));
  const searched = firstUnread < 0 ? [...candidates] : candidates.slice(0, firstUnread);
  for (const each of searched) judge(each.name, read.get(each));
  return { searched, requests, notJudged };
}

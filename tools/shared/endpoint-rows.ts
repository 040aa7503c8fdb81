/** The rows of a list of endpoints. */
import { isAgentTile } from '../../src/plan/agent-tile.ts';
import { areAtZero } from '../../src/plan/at-zero.ts';
import { isFoundationModel, isUnknownDay } from '../../src/plan/foundation.ts';
import type { Config, Endpoint } from '../../src/rest/endpoints.ts';
import { endpoints } from '../../src/rest/index.ts';
import { timeText } from '../../src/text/time.ts';
import type { ToolContext } from '../../src/tool.ts';
import { readEach } from './read-each.ts';
import { dropEmpty, serves, status } from './view.ts';

/** Milliseconds for the reads of one page. */
const LIMIT_MS = 10_000;
/** What a 404 means for an endpoint that the list has. */
export const GONE = 'it does not exist any more (404)';
/** Entities in one row. */
const MAX_ENTITIES = 4;

export interface Details {
  found: Map<string, Endpoint>;
  unread: { endpoint: string; why: string }[];
}

/** Items of the list have neither scale-to-zero nor the latest update (fact E20). Only custom models scale to zero. */
function lacksDetails(endpoint: Endpoint): boolean {
  if (isFoundationModel(endpoint) || isAgentTile(endpoint)) return false;
  const entities = endpoints.entitiesOf(endpoint.config);
  const updating = endpoint.state.config_update !== 'NOT_UPDATING' && endpoint.state.config_update !== undefined;
  return (
    updating || entities.some((each) => each.external_model === undefined && each.scale_to_zero_enabled === undefined)
  );
}

/** Reads the endpoints of a page whose list items lack something that a row shows. */
export async function detailsOf(
  page: readonly Endpoint[],
  context: Pick<ToolContext, 'http' | 'signal' | 'clock'>,
): Promise<Details> {
  const lacking = page.filter(lacksDetails);
  const readings = await readEach(lacking, ({ name }) => endpoints.get(context.http, name), context, LIMIT_MS, GONE);
  const found = new Map<string, Endpoint>();
  const unread: Details['unread'] = [];
  for (const [at, { name }] of lacking.entries()) {
    const reading = readings[at];
    if (reading && 'found' in reading) found.set(name, reading.found);
    else unread.push({ endpoint: name, why: reading ? reading.failed : 'the time was up' });
  }
  return { found, unread };
}

/** One row. @param detail the endpoint itself, where it was read. */
export function endpointRow(listed: Endpoint, detail: Endpoint | undefined): Record<string, unknown> {
  const { config } = detail ?? listed;
  return dropEmpty({
    name: listed.name,
    status: status(detail ?? listed),
    serves: servedText(config),
    update: detail && servedText(detail.pending_config),
    task: listed.task,
    scale_to_zero: scaleToZero(config),
    at_zero: areAtZero(endpoints.entitiesOf(config)) || undefined,
    creator: listed.creator,
    last_change: isUnknownDay(listed.last_updated_timestamp) ? undefined : timeText(listed.last_updated_timestamp),
  });
}

function servedText(config: Config | undefined): string | undefined {
  const entities = endpoints.entitiesOf(config);
  const traffic = endpoints.trafficOf(config);
  const shown = entities.slice(0, MAX_ENTITIES).map((each) => {
    const share = entities.length > 1 ? traffic.get(each.name) : undefined;
    return share === undefined ? serves(each) : `${serves(each)} (${share} %)`;
  });
  const more = entities.length - shown.length;
  return [...shown, ...(more > 0 ? [`${more} more`] : [])].join(', ');
}

/** Whether the entities scale to zero. Undefined where that is not known. */
function scaleToZero(config: Config | undefined): boolean | string | undefined {
  const known = endpoints.entitiesOf(config).flatMap(({ scale_to_zero_enabled: zero }) => zero ?? []);
  return known.every((zero) => zero === known[0]) ? known[0] : 'some entities';
}

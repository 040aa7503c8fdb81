/** `get_usage` on a model service: its traffic in the table of the gateway, and its failed requests in its inference table. */
import { call, Refusal } from '../../src/refusal.ts';
import type { ModelService } from '../../src/rest/index.ts';
import { isServiceName } from '../../src/rest/names.ts';
import type { ToolContext } from '../../src/tool.ts';
import { labelsOf, payloadTableOf, serviceTrafficQuery } from '../../src/usage/service-traffic.ts';
import type { Report } from '../../src/usage/statement.ts';
import { totalOf, trafficRows, trafficView } from '../../src/usage/traffic.ts';
import { type Answer, failedIn, gatewayOf, shown, type Work } from '../shared/usage-parts.ts';
import { existingService } from './existing.ts';

/** The service that a report is about, before a warehouse is looked for. Undefined for a report about endpoints. */
export async function serviceOf(
  { report, endpoint }: { report: Report; endpoint?: string | undefined },
  context: ToolContext,
): Promise<ModelService | undefined> {
  if (endpoint === undefined || !isServiceName(endpoint)) return undefined;
  if (report === 'cost' || report === 'releases') {
    const own = call('get_endpoint', { endpoint });
    throw new Refusal(
      'no_such_report',
      `there is no report ${report} of one model service: ${report === 'cost' ? 'billing names no service' : 'nothing is deployed, and the table of served entities has no services'}`,
      report === 'cost'
        ? `${call('get_usage', { report })} shows the cost of all; ${call('get_usage', { report: 'traffic', endpoint })} shows the tokens of the service.`
        : `${own} shows its last change; ${call('list_changes', { endpoint })} those that this server made.`,
    );
  }
  const found = await existingService(endpoint, { report, endpoint }, context);
  if (report === 'failed_requests' && !payloadTableOf(found))
    throw new Refusal(
      'no_inference_table',
      `model service ${endpoint} has no inference table, so no request of it is kept`,
      'Who manages it can add one with update_model_service. It has only requests from then on.',
    );
  return found;
}

/** Runs a report of a service. */
export async function serviceUsage(
  found: ModelService,
  report: Report,
  work: Pick<Work, 'reader' | 'scope' | 'by'>,
): Promise<Answer> {
  const payload = payloadTableOf(found);
  return report === 'failed_requests' && payload ? failedIn(payload, work) : traffic(work);
}

async function traffic({ reader, scope, by = 'day' }: Pick<Work, 'reader' | 'scope' | 'by'>): Promise<Answer> {
  const { rows, truncated } = await reader.read(serviceTrafficQuery(by), scope, 'traffic').catch((error: unknown) => {
    throw error instanceof Refusal ? withAdmins(error) : error;
  });
  const { destinations, not_checked = [] } = await gatewayOf(reader, scope);
  return {
    empty: rows.length === 0,
    by,
    total: trafficView(totalOf(rows), true),
    ...shown(trafficRows(rows, by, labelsOf(by)), by === 'day'),
    destinations,
    not_checked,
    notes: [
      ...(truncated ? ['there are more groups than a statement returns, so the total is that of the largest'] : []),
      ...(rows.length === 0
        ? [
            'system.ai_gateway.usage has no request of this service in the window. A call that a policy blocked is in no row',
          ]
        : []),
    ],
  };
}

/** The table is closed to most callers, whatever their rights on the service. */
function withAdmins({ code, message, next, data, retryable, cause }: Refusal): Refusal {
  const who = 'Only account admins may read system.ai_gateway.usage, unless they grant SELECT on it.';
  return new Refusal(code, message, `${who} ${next}`, data, { retryable, cause });
}

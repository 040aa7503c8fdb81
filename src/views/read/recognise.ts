/** Which tool an answer is of, by its fields. Hosts need not say it, and a file has only the answer. Pure. */
import { isObject } from '../../rest/json.ts';
import type { Data, ViewName } from '../host/host.ts';

/** The tools whose answers a view draws. */
export type DrawnTool =
  | 'list_endpoints'
  | 'get_endpoint'
  | 'get_metrics'
  | 'diagnose_endpoint'
  | 'roll_out'
  | 'get_usage';

const REPORTS = ['traffic', 'cost', 'releases', 'failed_requests'];

/** Undefined for an answer of another tool, and for an error alone. */
export function recognise(data: Data): DrawnTool | undefined {
  if (typeof data.report === 'string' && REPORTS.includes(data.report)) return 'get_usage';
  if (typeof data.outcome === 'string') return 'roll_out';
  if (Array.isArray(data.findings) || typeof data.judged === 'number') return 'diagnose_endpoint';
  if (Array.isArray(data.endpoints) || Array.isArray(data.model_services)) return 'list_endpoints';
  if (typeof data.model_service === 'string') return 'get_endpoint';
  if (typeof data.endpoint !== 'string') return undefined;
  if (typeof data.as_of === 'string' || isObject(data.total) || isObject(data.guarded_rollout)) return 'get_metrics';
  return typeof data.status === 'string' ? 'get_endpoint' : undefined;
}

/** The view that draws the answers of a tool. A diagnosis of all endpoints belongs to the workspace. */
export function viewOf(tool: DrawnTool, data: Data): ViewName {
  if (tool === 'list_endpoints') return 'workspace';
  if (tool === 'roll_out' || (tool === 'get_metrics' && isObject(data.guarded_rollout))) return 'rollout';
  if (tool === 'get_usage') return 'usage';
  const isAll = tool === 'diagnose_endpoint' && typeof data.judged === 'number';
  return isAll ? 'workspace' : 'endpoint';
}

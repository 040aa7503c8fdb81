/** The walk through the default sandbox: endpoints in every state, every sensible call of a read, and calls that are refused. */
import type { Answer, Harness } from './harness.ts';

export type Args = Record<string, unknown>;

const HOUR = 3_600_000;
const TARGETS = ['databricks_app', 'ai_sdk', 'node', 'python', 'curl'];

/** Endpoints in states that the default sandbox does not have. Each write is an answer of its own. */
export async function withAllStates(h: Harness): Promise<[tool: string, args: Args, answer: Answer][]> {
  const made: [string, Args, Answer][] = [];
  const write = async (tool: string, args: Args) => {
    made.push([tool, args, await h.call(tool, { ...args, wait_seconds: 0 })]);
  };
  const churn = { model: 'ml.prod.churn' };
  await write('swap_version', { endpoint: 'churn-legacy', version: '4', alias: 'champion' });
  await write('create_endpoint', { endpoint: 'never-served', ...churn, version: '4' });
  await write('create_endpoint', { endpoint: 'scaled', ...churn, version: '2' });
  h.sandbox.clock.advance(HOUR);
  await write('swap_version', { endpoint: 'scaled', version: '3', traffic_percent: 10 });
  await write('create_endpoint', { endpoint: 'starting', ...churn, version: '3' });
  return made;
}

/** Every sensible call of a read. */
export function callsOf(name: string, endpoints: readonly string[]): Args[] {
  switch (name) {
    case 'list_endpoints':
      return [{}, { limit: 2 }, { idle: true }, { name_contains: 'chrun' }];
    case 'list_model_versions':
      return [{}, { model: 'churn' }, { model: 'ml.prod.churn' }, { model: 'nothing-like-it' }];
    case 'list_foundation_models':
      return [{}, { name_contains: 'nothing-like-it' }];
    case 'list_changes':
      return [{}, { endpoint: 'churn-legacy' }];
    case 'get_integration_code':
      return ['house-price', 'mas-handbook-endpoint', 'gpt-gateway', 'ticket-search'].flatMap((endpoint) =>
        TARGETS.map((target) => ({ endpoint, target })),
      );
    case 'wait_for_endpoint':
      return endpoints.map((endpoint) => ({ endpoint, wait_seconds: 0 }));
    case 'get_logs':
      return [...endpoints.map((endpoint) => ({ endpoint })), { endpoint: 'house-price', lines: 3 }];
    default:
      return endpoints.map((endpoint) => ({ endpoint }));
  }
}

/** Calls that are refused once all states are there. */
export const REFUSED: readonly [tool: string, args: Args][] = [
  ['get_endpoint', { endpoint: 'chrun-legacy' }],
  ['get_logs', { endpoint: 'gpt-gateway' }],
  ['get_permissions', { endpoint: 'databricks-gpt-5' }],
  ['get_metrics', { endpoint: 'ticket-searc' }],
  ['query_endpoint', { endpoint: 'ticket-search', texts: ['a'] }],
  ['swap_version', { endpoint: 'scaled', version: '9' }],
  ['set_traffic', { endpoint: 'scaled', traffic: { 'churn-2': 100 } }],
  ['update_endpoint', { endpoint: 'mas-handbook-endpoint', workload_size: 'Large' }],
  ['update_endpoint', { endpoint: 'never-served', workload_size: 'Large' }],
  ['create_endpoint', { endpoint: 'scaled', model: 'ml.prod.churn', version: '1' }],
  ['update_permissions', { endpoint: 'scaled', grant: [{ principal: 'nobody-here', level: 'CAN_QUERY' }] }],
  ['set_alias', { model: 'ml.prod.churn', alias: 'champion' }],
  ['undo_change', { id: 'c0' }],
];

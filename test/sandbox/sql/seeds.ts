/** A small workspace whose tables are quick to read. */
import { ANALYST, ENGINEER } from '../client.ts';

export const TRACKED = { usage_tracking_config: { enabled: true } };

const churnSpec = {
  kind: 'logistic',
  inputs: [
    ...['tenure', 'monthly_charges', 'support_tickets'].map((name) => ({ name, type: 'double' })),
    { name: 'contract', type: 'string', enum: ['one-year', 'two-year'] },
  ],
  intercept: 0,
  coefficients: { tenure: -0.1 },
};

/** A workspace with one endpoint, `busy`, with usage tracking and other clients. */
export function seedWith(traffic?: Record<string, unknown>, more: Record<string, unknown> = {}) {
  const spec = { kind: 'linear', inputs: [{ name: 'x', type: 'double' }], intercept: 1, coefficients: { x: 2 } };
  return {
    users: [
      { user_name: 'admin@example.com', admin: true },
      { user_name: ENGINEER, admin: true },
      { user_name: ANALYST },
    ],
    models: [
      { full_name: 'ml.prod.line', versions: [{ version: 1, status: 'READY', spec }] },
      {
        full_name: 'ml.prod.churn',
        versions: [1, 2, 4].map((version) => ({
          ...{ version, status: 'READY', deploy_minutes: 5, spec: churnSpec },
          ...(version === 4 ? { failure: { phase: 'load' } } : {}),
        })),
      },
    ],
    warehouses: [{ name: 'starter', id: '4f1c2a9be07d3568', grants: { users: 'CAN_USE' } }],
    endpoints: [
      {
        name: 'busy',
        config: {
          served_entities: [{ entity_name: 'ml.prod.line', entity_version: '1', scale_to_zero_enabled: true }],
        },
        ai_gateway: TRACKED,
        ...(traffic ? { traffic: { since_minutes_ago: 600, ...traffic } } : {}),
        ...more,
      },
    ],
  };
}

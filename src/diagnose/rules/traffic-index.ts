/** Rules about a running endpoint: capacity, traffic, providers and the gateway. */
import type { Rule } from '../finding.ts';
import { CAPACITY_RULES } from './capacity.ts';
import { FAILURE_RULES } from './failures.ts';
import { GATEWAY_RULES } from './gateway.ts';
import { LATENCY_RULES } from './latency.ts';
import { LIMIT_RULES } from './limits.ts';
import { PROVIDER_RULES } from './provider.ts';
import { ROUTE_RULES } from './routes.ts';

export const RULES_OF_TRAFFIC: readonly Rule[] = [
  ...CAPACITY_RULES,
  ...LIMIT_RULES,
  ...FAILURE_RULES,
  ...LATENCY_RULES,
  ...ROUTE_RULES,
  ...PROVIDER_RULES,
  ...GATEWAY_RULES,
];

/** Rules about a running endpoint: capacity, traffic, providers and the gateway. */
import type { Rule } from '../finding.ts';

export const RULES_OF_TRAFFIC: readonly Rule[] = [];

import { isFoundationModel } from '../../src/foundation.ts';
import type { Endpoint } from '../../src/rest/endpoints.ts';
import { Refusal } from '../../src/tool.ts';

/**
 * What the platform itself serves takes grants, config and an end from nobody; only its gateway can be changed (API contract, section 1.8).
 * @param cannot what was asked for, as the end of a sentence: `it cannot be deleted`.
 */
export function refuseFoundation(current: Endpoint, cannot: string): void {
  if (!isFoundationModel(current)) return;
  throw new Refusal(
    'foundation_model',
    `${current.name} is a foundation model of the platform: ${cannot}; nothing was sent`,
    'Limit or track its use with set_rate_limits and update_ai_gateway.',
  );
}

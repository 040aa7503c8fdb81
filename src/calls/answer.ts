/** A result as it leaves the process. Pure. */
import type { ToolResult } from '../refusal.ts';
import { fewerValues, fitToLimit } from '../text/fit.ts';
import { sanitize } from '../text/sanitize.ts';

/** The result without control characters and secrets, and cut to its limit. @param limit in characters of JSON. Default: that of an answer for a model. */
export function cleanResult(value: ToolResult, limit?: number): ToolResult {
  return fitToLimit(sanitize(fewerValues(value)) as ToolResult, limit); // an object stays an object
}

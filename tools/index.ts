/** All tools, in the order in which they are published. */
import type { Tool } from '../src/tool.ts';
import { createEndpoint } from './create-endpoint.ts';
import { deleteEndpoint } from './delete-endpoint.ts';
import { getEndpoint } from './get-endpoint.ts';
import { getLogs } from './get-logs.ts';
import { listEndpoints } from './list-endpoints.ts';
import { queryEndpoint } from './query-endpoint.ts';
import { setRateLimits } from './set-rate-limits.ts';
import { swapVersion } from './swap-version.ts';
import { waitForEndpoint } from './wait-for-endpoint.ts';

export const tools: readonly Tool[] = [
  listEndpoints,
  getEndpoint,
  createEndpoint,
  waitForEndpoint,
  swapVersion,
  queryEndpoint,
  getLogs,
  setRateLimits,
  deleteEndpoint,
];

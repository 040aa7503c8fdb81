/** All tools, in the order in which they are published. */
import type { Tool } from '../src/tool.ts';
import { attachToApp } from './attach-to-app.ts';
import { createEndpoint } from './create-endpoint.ts';
import { createModelService } from './create-model-service.ts';
import { deleteEndpoint } from './delete-endpoint.ts';
import { diagnoseEndpoint } from './diagnose-endpoint.ts';
import { getEndpoint } from './get-endpoint.ts';
import { getIntegrationCode } from './get-integration-code.ts';
import { getLogs } from './get-logs.ts';
import { getMetrics } from './get-metrics.ts';
import { getPermissions } from './get-permissions.ts';
import { getSchema } from './get-schema.ts';
import { getUsage } from './get-usage.ts';
import { listChanges } from './list-changes.ts';
import { listEndpoints } from './list-endpoints.ts';
import { listFoundationModels } from './list-foundation-models.ts';
import { listModelVersions } from './list-model-versions.ts';
import { queryEndpoint } from './query-endpoint.ts';
import { rollOut } from './roll-out.ts';
import { setAlias } from './set-alias.ts';
import { setRateLimits } from './set-rate-limits.ts';
import { setTraffic } from './set-traffic.ts';
import { swapVersion } from './swap-version.ts';
import { undoChange } from './undo-change.ts';
import { updateAiGateway } from './update-ai-gateway.ts';
import { updateEndpoint } from './update-endpoint.ts';
import { updateModelService } from './update-model-service.ts';
import { updatePermissions } from './update-permissions.ts';
import { waitForEndpoint } from './wait-for-endpoint.ts';

export const tools: readonly Tool[] = [
  listEndpoints,
  getEndpoint,
  createEndpoint,
  waitForEndpoint,
  diagnoseEndpoint,
  swapVersion,
  rollOut,
  setTraffic,
  updateEndpoint,
  queryEndpoint,
  getSchema,
  getMetrics,
  getUsage,
  getLogs,
  setRateLimits,
  updateAiGateway,
  createModelService,
  updateModelService,
  getPermissions,
  updatePermissions,
  listFoundationModels,
  listModelVersions,
  setAlias,
  getIntegrationCode,
  attachToApp,
  deleteEndpoint,
  listChanges,
  undoChange,
];

import { MINUTE } from '../clock.ts';
import type { SandboxContext } from '../context.ts';
import { ApiError } from '../errors.ts';

/** Counts a create or update against the workspace's limit. The default of 50 in five minutes is documented. assumed: operations-limit */
export function countWrite(ctx: SandboxContext): void {
  const { workspace, clock } = ctx;
  const now = clock.now();
  workspace.writes = workspace.writes.filter((at) => at > now - 5 * MINUTE);
  if (workspace.writes.length >= workspace.limits.writes_per_five_minutes) {
    throw new ApiError(429, 'REQUEST_LIMIT_EXCEEDED', 'Exceeded workspace rate limit for serving endpoint operations.');
  }
  workspace.writes.push(now);
}

/** 400 when the workspace is full. The default of 1000 endpoints is documented. assumed: endpoint-quota-text */
export function checkRoom(ctx: SandboxContext): void {
  const own = [...ctx.workspace.endpoints.values()].filter((e) => !e.foundation).length;
  if (own >= ctx.workspace.limits.endpoints) {
    throw new ApiError(
      400,
      'RESOURCE_EXHAUSTED',
      `The workspace has reached its limit of ${ctx.workspace.limits.endpoints} serving endpoints.`,
    );
  }
}

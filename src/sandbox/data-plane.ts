import type { SandboxApp, SandboxContext } from './context.ts';

/** Mounts the query, metrics and OpenAPI routes. */
export function mountDataPlane(_app: SandboxApp, _ctx: SandboxContext): void {}

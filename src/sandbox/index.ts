import { randomInt } from 'node:crypto';
import { createAdaptorServer } from '@hono/node-server';
import { type Clock, type ClockOptions, manualClock, scaledClock } from './clock.ts';
import type { DataPlaneOptions, RecordedRequest, SandboxContext } from './context.ts';
import { createFaultBox, type FaultRule } from './faults/faults.ts';
import { forwardedToken } from './identity/oauth.ts';
import { FORWARDED } from './identity/scopes.ts';
import { buildWorkspace } from './seed/build-workspace.ts';
import DEFAULT_WORKSPACE from './seed/default-workspace.json' with { type: 'json' };
import { parseSeed, type Seed } from './seed/seed.ts';
import { createApp } from './server.ts';
import { dump } from './snapshot.ts';
import type { Principal, Workspace } from './state/state.ts';

/** The types of the file are wider than those that its schema allows. */
const BUILT_IN = DEFAULT_WORKSPACE as unknown as Seed;

export type { RecordedRequest } from './context.ts';
export type { FaultEffect, FaultRule } from './faults/faults.ts';
export { SeedError } from './seed/seed.ts';

export interface SandboxOptions {
  /** Default 0: any free port. The address is always 127.0.0.1. */
  port?: number;
  /** A parsed seed file (seed.schema.json). Default: the built-in workspace. */
  seed?: unknown;
  /** Default `{ kind: 'scaled', minutesPerSecond: 1 }`: one real second is one sandbox minute. A `Clock` object is used as given. */
  clock?: ClockOptions | Clock;
  /** 0 ≤ x < 1, for ids, jitter and routing. Default: the system's generator. */
  random?: () => number;
  /** Switches of the query, metrics and OpenAPI routes, such as the origins to which external models may be forwarded. */
  data_plane?: DataPlaneOptions;
}

export interface Sandbox {
  /** `http://127.0.0.1:PORT`. */
  host: string;
  /** Personal token of the first workspace admin in the seed. It also opens the /sandbox/ control routes. */
  token: string;
  clock: { now(): number; advance(ms: number): void };
  /** All requests in order, except those to the control routes. */
  requests: RecordedRequest[];
  faults: { add(rule: FaultRule): void; clear(): void };
  /** A valid bearer token of a user or service principal in the seed. Throws for an unknown name. */
  tokenOf(principal: string): string;
  /** A new token, as Databricks Apps forwards it for a user. Its scopes limit it, whatever the user may do. */
  forwardedTokenOf(principal: string, scopes?: readonly string[]): string;
  /** The whole state as plain JSON values, without tokens and secrets. */
  dump(): unknown;
  /** Restores the seed: state, faults and recorded requests. Tokens stay valid and the clock keeps its time. */
  reset(): void;
  close(): Promise<void>;
}

/** Starts a sandbox workspace. Rejects with `SeedError` for a wrong seed, or with the system's error when the port is taken. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  // A test checks the built-in workspace. To compile the schema for it takes a third of the time to the first answer.
  const seed = options.seed === undefined ? BUILT_IN : parseSeed(options.seed);
  const random = options.random ?? systemRandom;
  const clock = clockOf(options.clock ?? { kind: 'scaled', minutesPerSecond: 1 });
  const workspace = buildWorkspace(seed, clock, random);
  const ctx: SandboxContext = {
    workspace,
    previous: null,
    clock,
    random,
    faults: createFaultBox(),
    requests: [],
    host: '',
    data_plane: options.data_plane ?? {},
    admin_token: adminToken(workspace),
    reset() {
      const { tokens, logins } = ctx.workspace;
      ctx.workspace = { ...buildWorkspace(seed, clock, random), tokens, logins };
      ctx.previous = null;
      ctx.faults.clear();
      ctx.requests.length = 0;
    },
  };
  const app = createApp(ctx);
  // The adapter would otherwise replace the Request and Response of the whole process, which embeds the sandbox.
  const server = createAdaptorServer({ fetch: app.fetch, overrideGlobalObjects: false });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', () => resolve());
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The sandbox server has no port.');
  ctx.host = `http://127.0.0.1:${address.port}`;
  return {
    host: ctx.host,
    token: ctx.admin_token,
    clock: { now: () => clock.now(), advance: (ms) => clock.advance(ms) },
    requests: ctx.requests,
    faults: { add: (rule) => ctx.faults.add(rule), clear: () => ctx.faults.clear() },
    tokenOf: (principal) => tokenOf(ctx.workspace, principal),
    forwardedTokenOf: (principal, scopes) =>
      forwardedToken(ctx, principalOf(ctx.workspace, principal), scopes?.join(' ') ?? FORWARDED),
    dump: () => dump(ctx.workspace, clock.now()),
    reset: () => ctx.reset(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        // Keep-alive connections of a client would delay the close until they time out.
        if ('closeAllConnections' in server) server.closeAllConnections();
      }),
  };
}

function clockOf(how: ClockOptions | Clock): Clock {
  if (!('kind' in how)) return how;
  return how.kind === 'manual' ? manualClock(Date.now()) : scaledClock(how.minutesPerSecond, Date.now);
}

function systemRandom(): number {
  return randomInt(2 ** 32) / 2 ** 32;
}

function tokenOf(workspace: Workspace, principal: string): string {
  const { name } = principalOf(workspace, principal);
  for (const token of workspace.tokens.values()) {
    if (token.principal === name && token.kind !== 'narrowed' && token.scopes === null) return token.value;
  }
  throw new Error(`The sandbox workspace has no token of '${principal}'.`);
}

/** By name or display name. */
function principalOf({ principals }: Workspace, name: string): Principal {
  const found = principals.get(name) ?? [...principals.values()].find((p) => p.display_name === name);
  if (!found) throw new Error(`The sandbox workspace has no principal '${name}'.`);
  return found;
}

function adminToken(workspace: Workspace): string {
  const admin = [...workspace.principals.values()].find((p) => p.admin);
  return tokenOf(workspace, admin?.name ?? '');
}

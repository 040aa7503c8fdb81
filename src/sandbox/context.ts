import type { HttpBindings } from '@hono/node-server';
import type { Hono } from 'hono';
import type { Clock } from './clock.ts';
import type { FaultBox } from './faults/faults.ts';
import type { DataPlaneOptions } from './query/query.ts';
import type { Principal, Token, Workspace } from './state/state.ts';

/** One request as received; the authorization header is masked, `body` is parsed JSON or the raw text. */
export interface RecordedRequest {
  id: string;
  /** Sandbox time, epoch milliseconds. */
  at: number;
  principal: string | null;
  method: string;
  path: string;
  query: Record<string, string>;
  headers: Record<string, string>;
  body: unknown;
  /** What the handler answered; 0 until it did, or when the connection was cut before it ran. */
  status: number;
}

/** What every route shares. `workspace` is replaced on reset, so read it at each request. */
export interface SandboxContext {
  workspace: Workspace;
  /** The workspace as it was before the last accepted control-plane write; a `stale` fault answers from it. */
  previous: Workspace | null;
  clock: Clock;
  /** 0 ≤ x < 1; ids, jitter and entity choice come from here. */
  random: () => number;
  faults: FaultBox;
  requests: RecordedRequest[];
  /** Base URL, known once the server listens. */
  host: string;
  /** The token that opens the /sandbox/ control routes. */
  admin_token: string;
  /** Switches of the query, metrics and OpenAPI routes. */
  data_plane: DataPlaneOptions;
  reset(): void;
}

/** How a streamed answer must break, for the routes that stream. */
export interface StreamFault {
  cut_after?: number;
  error_after?: number;
}

export interface SandboxEnv {
  Bindings: HttpBindings;
  Variables: {
    request_id: string;
    record: RecordedRequest;
    principal: Principal;
    token: Token;
    /** The workspace this request sees: the current one, or the previous one under a `stale` fault. */
    workspace: Workspace;
    stream_fault: StreamFault | undefined;
  };
}

export type SandboxApp = Hono<SandboxEnv>;

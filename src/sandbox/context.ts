import type { HttpBindings } from '@hono/node-server';
import type { Hono } from 'hono';
import type { Clock } from './clock.ts';
import type { FaultEnv } from './faults/fault-effects.ts';
import type { FaultBox } from './faults/faults.ts';
import type { Principal, Token, Workspace } from './state/state.ts';

/** One request as received. The authorization header is masked; `body` is parsed JSON or the raw text. */
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
  /** The status that the handler answered. It is 0 before that, and when a fault cut the connection first. */
  status: number;
}

/** Switches of the data plane. The evidence rows explain the default of each. */
export interface DataPlaneOptions {
  /** Origins outside this machine to which external models may be forwarded, such as `https://llm.example.com`. Default none. */
  forward_to?: readonly string[];
  /** Whether `encoding_format: base64` is honoured outside the AI Gateway paths. Default true. assumed: data.base64 */
  honour_base64?: boolean;
  /** Label names of the metrics text. */
  metric_labels?: { endpoint: string; entity: string };
}

/** What all routes share. A reset replaces `workspace`, so read it at each request. */
export interface SandboxContext {
  workspace: Workspace;
  /** The workspace before the last accepted control-plane write. A `stale` fault answers from it. */
  previous: Workspace | null;
  clock: Clock;
  /** 0 ≤ x < 1. Ids, jitter and the choice of an entity use it. */
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

export interface SandboxEnv {
  Bindings: HttpBindings;
  Variables: FaultEnv['Variables'] & {
    request_id: string;
    record: RecordedRequest;
    principal: Principal;
    token: Token;
  };
}

export type SandboxApp = Hono<SandboxEnv>;

import type { Dispatcher } from 'undici';

/** What a child process needs and how long it may take. */
export interface RunOptions {
  /** The whole environment of the child; nothing is inherited besides. */
  env: Record<string, string>;
  /** Milliseconds until the child is killed and the call fails. */
  timeoutMs: number;
}

export interface RunResult {
  /** Exit code; null when the child was killed (by a signal or by the time limit). */
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Everything that authentication takes from outside. `main.ts` passes the real things, tests pass theirs. */
export interface AuthEnvironment {
  env: Record<string, string | undefined>;
  homeDir: string;
  /** Epoch milliseconds. */
  now(): number;
  sleep?(ms: number, signal?: AbortSignal): Promise<void>;
  /** UTF-8 text; must reject with `code: 'ENOENT'` when there is no such file. */
  readFile?(path: string): Promise<string>;
  run?(command: string, args: string[], options: RunOptions): Promise<RunResult>;
  /** Called with the workspace as soon as it is known and before anything is sent to it, which a throw prevents. */
  checkHost?(host: string): void;
  /** `process.platform`; decides how executables are looked up. */
  platform?: string;
  /** Sends every request of this part; without it a proxy named in `env` is honoured. */
  dispatcher?: Dispatcher;
}

export interface AuthOptions {
  profile?: string;
  host?: string;
  /** Given by the sandbox alone: with it neither the environment nor the profile file is looked at. */
  token?: string;
  authType?: string;
  configFile?: string;
}

export type Cloud = 'aws' | 'azure' | 'gcp';

export interface Credentials {
  /** `https://…` without path or trailing slash (`http://` on loopback only). */
  host: string;
  /** Name of the method: `pat`, `oauth-m2m`, `databricks-cli` … */
  authType: string;
  profile?: string;
  workspaceId?: string;
  accountId?: string;
  cloud?: Cloud;
  /** Headers to put on a request now. Refreshes ahead of expiry, one refresh in flight. Throws AuthError. */
  headers(signal?: AbortSignal): Promise<Record<string, string>>;
  /** The current bearer alone, for the jwt-bearer exchange of route-optimised endpoints. Throws AuthError for `basic`. */
  bearer(signal?: AbortSignal): Promise<string>;
  /** Forgets the token because the service called it expired; false when the method cannot get another. */
  invalidate(): boolean;
}

export interface Auth {
  /** Walks the chain once and keeps the result; a failure is not kept, so that a login in between helps. Throws AuthError. */
  resolve(signal?: AbortSignal): Promise<Credentials>;
}

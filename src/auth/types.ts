import type { Dispatcher } from 'undici';

/** Environment and time limit of a child process. */
export interface RunOptions {
  /** The whole environment of the child. It inherits nothing else. */
  env: Record<string, string>;
  /** Milliseconds until the child is killed and the call fails. */
  timeoutMs: number;
}

export interface RunResult {
  /** Exit code. null when a signal or the time limit killed the child. */
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
  /** UTF-8 text. Must reject with `code: 'ENOENT'` when there is no such file. */
  readFile?(path: string): Promise<string>;
  run?(command: string, args: string[], options: RunOptions): Promise<RunResult>;
  /** Called with the workspace before anything is sent to it. A throw prevents that. */
  checkHost?(host: string): void;
  /** `process.platform`. Decides how executables are found. */
  platform?: string;
  /** Sends all requests for authentication. Without it, the proxy from `env` is used. */
  dispatcher?: Dispatcher;
}

export interface AuthOptions {
  profile?: string;
  host?: string;
  /** Only for the sandbox. With it, environment and profile file are ignored. */
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
  /** Headers for a request now. Refreshes before expiry, with one refresh at a time. Throws AuthError. */
  headers(signal?: AbortSignal): Promise<Record<string, string>>;
  /** Only the current bearer, for the jwt-bearer exchange of route-optimized endpoints. Throws AuthError for `basic`. */
  bearer(signal?: AbortSignal): Promise<string>;
  /**
   * Drops a token that the service refused. False when the method cannot get another.
   * @param authorization the refused header. A token that was renewed meanwhile stays.
   */
  invalidate(authorization?: string): boolean;
}

export interface Auth {
  /** Runs the chain once and keeps the result. A failure is not kept, so that a later login helps. Throws AuthError. */
  resolve(signal?: AbortSignal): Promise<Credentials>;
}

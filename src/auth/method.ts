import type { AttributeKey } from './attributes.ts';
import type { Configuration } from './configuration.ts';
import type { Discovery } from './discovery.ts';
import type { Send } from './http.ts';
import { createTokenCache, type Token, type TokenCache } from './token-cache.ts';
import type { RunOptions, RunResult } from './types.ts';

/** What methods take from outside, with every default filled in. */
export interface Environment {
  env: Record<string, string | undefined>;
  homeDir: string;
  platform: string;
  now(): number;
  readFile(path: string): Promise<string>;
  run(command: string, args: string[], options: RunOptions): Promise<RunResult>;
  send: Send;
}

export interface MethodContext {
  configuration: Configuration;
  environment: Environment;
  discovery: Discovery;
  /** The value of an attribute, or undefined. */
  setting(key: AttributeKey): string | undefined;
}

/** What a method hands over when it works; the credentials are a thin coat around it. */
export interface Signer {
  headers(signal?: AbortSignal): Promise<Record<string, string>>;
  bearer(signal?: AbortSignal): Promise<string>;
  invalidate(): boolean;
  /** The host, when the method found it out (Azure, by resource id). */
  host?: string;
}

/** The method is not meant: what would have to be there. */
export interface Missing {
  missing: string;
}

export interface Method {
  name: string;
  /**
   * True when the machine offers the method without anybody having configured it (a CLI that is logged in, a CI job).
   * If it fails the chain goes on; a method that somebody configured and that fails ends the chain, because going on would
   * act under another identity than the one that was asked for.
   */
  implicit: boolean;
  /** Gets the first token, so that a signer in hand is known to work. Throws AuthError. */
  configure(context: MethodContext): Promise<Signer | Missing>;
}

/** A signer over a source of bearers, with the first one already fetched. */
export async function bearerSigner(
  context: MethodContext,
  fetchToken: (refused: boolean) => Promise<Token>,
  extraHeaders?: (signal?: AbortSignal) => Promise<Record<string, string>>,
): Promise<Signer> {
  const cache = createTokenCache(fetchToken, context.environment.now);
  await cache.get();
  return cacheSigner(cache, extraHeaders);
}

/** A signer over a cache of bearers: each request takes the token that is good now, and a refused one is forgotten. */
export function cacheSigner(
  cache: TokenCache,
  extraHeaders?: (signal?: AbortSignal) => Promise<Record<string, string>>,
): Signer {
  return {
    async headers(signal) {
      const { value } = await cache.get(signal);
      return { authorization: `Bearer ${value}`, ...(await extraHeaders?.(signal)) };
    },
    bearer: async (signal) => (await cache.get(signal)).value,
    invalidate() {
      cache.invalidate();
      return true;
    },
  };
}

/** "client_id and client_secret" of those that are not set; undefined when all are. */
export function missingSettings(context: MethodContext, ...keys: AttributeKey[]): string | undefined {
  const absent = keys.filter((key) =>
    key === 'host' ? context.configuration.host === undefined : context.setting(key) === undefined,
  );
  return absent.length === 0 ? undefined : absent.join(' and ');
}

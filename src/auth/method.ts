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

/** The result of a method that works. The credentials wrap it. */
export interface Signer {
  headers(signal?: AbortSignal): Promise<Record<string, string>>;
  bearer(signal?: AbortSignal): Promise<string>;
  /** @param authorization the refused header. Undefined when it is not known. */
  invalidate(authorization?: string): boolean;
  /** The host, if the method finds it (Azure, by resource id). */
  host?: string;
}

/** The method is not configured. `missing` says what it needs. */
export interface Missing {
  missing: string;
}

export interface Method {
  name: string;
  /**
   * True when the machine offers the method without any configuration (a CLI login, a CI job). If an implicit method fails, the
   * chain tries the next one. A failing configured method ends the chain, because the next one would use another identity.
   */
  implicit: boolean;
  /** Fetches the first token, so that a returned signer works. Throws AuthError. */
  configure(context: MethodContext): Promise<Signer | Missing>;
}

/** A signer over a source of tokens. The first token is already fetched. */
export async function bearerSigner(
  context: MethodContext,
  fetchToken: (refused: boolean) => Promise<Token>,
  extraHeaders?: (signal?: AbortSignal) => Promise<Record<string, string>>,
): Promise<Signer> {
  const cache = createTokenCache(fetchToken, context.environment.now);
  await cache.get();
  return cacheSigner(cache, extraHeaders);
}

/**
 * A signer over a token cache. Each request uses the current token, and `invalidate` drops a refused one.
 * @param companions caches of other tokens in the same request, which are dropped with it.
 */
export function cacheSigner(
  cache: TokenCache,
  extraHeaders?: (signal?: AbortSignal) => Promise<Record<string, string>>,
  companions: readonly TokenCache[] = [],
): Signer {
  return {
    async headers(signal) {
      const { value } = await cache.get(signal);
      return { authorization: `Bearer ${value}`, ...(await extraHeaders?.(signal)) };
    },
    bearer: async (signal) => (await cache.get(signal)).value,
    invalidate(authorization) {
      if (cache.invalidate(authorization?.replace(/^Bearer /, ''))) for (const each of companions) each.invalidate();
      return true;
    },
  };
}

/** The settings that are not set, as "client_id and client_secret". Undefined when all are set. */
export function missingSettings(context: MethodContext, ...keys: AttributeKey[]): string | undefined {
  const absent = keys.filter((key) =>
    key === 'host' ? context.configuration.host === undefined : context.setting(key) === undefined,
  );
  return absent.length === 0 ? undefined : absent.join(' and ');
}

export interface Token {
  value: string;
  /** Epoch milliseconds. Without it, the token counts as valid until the service refuses it. */
  expiresAt?: number;
}

export interface TokenCache {
  /** The token to use now. The signal ends this caller's wait, not the refresh that others share. */
  get(signal?: AbortSignal): Promise<Token>;
  /**
   * Drops the token and marks it as refused for the next fetch.
   * @param value the refused token. Another one, which came meanwhile, stays: calls at the same time renew once.
   * @returns whether a token was dropped.
   */
  invalidate(value?: string): boolean;
}

// The service refuses tokens with 30 s or less to live (fact I13). Ten more cover the way there.
const EXPIRED_BELOW_MS = 40_000;
const MAX_LEAD_MS = 20 * 60_000;
const BACKGROUND_RETRY_MS = 60_000;

/** How long before expiry a refresh may start, given the lifetime at issue (fact I14). */
export function refreshLead(ttlMs: number): number {
  return Math.min(Math.max(ttlMs, 0) / 2, MAX_LEAD_MS);
}

/**
 * Keeps one token. A fresh token is returned at once. A stale one (inside the lead) too, while one refresh runs in the background. If
 * the refresh fails, the next try is a minute later. For an expired one (under 40 s left) callers wait for one shared refresh.
 *
 * @param fetchToken gets a token. `refused` is true after `invalidate()`, for sources with their own cache.
 * @param now epoch milliseconds.
 */
export function createTokenCache(fetchToken: (refused: boolean) => Promise<Token>, now: () => number): TokenCache {
  let token: Token | undefined;
  let staleFrom = Number.POSITIVE_INFINITY;
  let refused = false;
  let flight: { refused: boolean; work: Promise<Token> } | undefined;

  function keep(fetched: Token): Token {
    token = fetched;
    refused = false;
    staleFrom =
      fetched.expiresAt === undefined
        ? Number.POSITIVE_INFINITY
        : fetched.expiresAt - refreshLead(fetched.expiresAt - now());
    return fetched;
  }

  function refresh(): Promise<Token> {
    // A refresh that started before the refusal may return the refused token again. Another one follows it.
    if (flight !== undefined && flight.refused === refused) return flight.work;
    const earlier = flight?.work;
    const mine = { refused, work: fly(refused, earlier) };
    flight = mine;
    return mine.work;
  }

  async function fly(afterRefusal: boolean, earlier: Promise<Token> | undefined): Promise<Token> {
    await earlier?.catch(() => undefined);
    try {
      const fetched = await fetchToken(afterRefusal);
      return afterRefusal === refused ? keep(fetched) : fetched;
    } finally {
      if (flight?.refused === afterRefusal) flight = undefined;
    }
  }

  function expired(candidate: Token): boolean {
    return candidate.expiresAt !== undefined && candidate.expiresAt - now() < EXPIRED_BELOW_MS;
  }

  return {
    async get(signal) {
      signal?.throwIfAborted();
      if (token === undefined || expired(token)) return waitUnlessAborted(refresh(), signal);
      if (now() >= staleFrom && flight === undefined) {
        refresh().catch(() => {
          // The old token still works. After it expires, the caller gets the error.
          staleFrom = now() + BACKGROUND_RETRY_MS;
        });
      }
      return token;
    },
    invalidate(value) {
      if (value !== undefined && token?.value !== value) return false;
      token = undefined;
      refused = true;
      return true;
    },
  };
}

/**
 * Lets one caller stop waiting for shared work. The signal ends the wait, not the work.
 * Rejects with the signal's reason.
 */
export function waitUnlessAborted<T>(work: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (signal === undefined) return work;
  return new Promise<T>((resolve, reject) => {
    const giveUp = () => reject(signal.reason);
    if (signal.aborted) giveUp();
    else signal.addEventListener('abort', giveUp, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp));
  });
}

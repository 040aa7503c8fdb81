/** Who may use the dashboard: the page that brought the one-time secret of its address, by the token that it got for it. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { type HttpRefusal, refusal } from '../web/refusal.ts';

export interface Sessions {
  /** A new secret, for one page. An earlier one that no page has used is void. */
  offer(): string;
  /** The token of a new session. The secret is then void. */
  begin(secret: string): { token: string } | HttpRefusal;
  /** The key of the session that a token belongs to: the same for all of its requests, and no secret. */
  sessionOf(token: string): string | undefined;
}

/** Wrong secrets in {@link WINDOW}. No one guesses 256 bits, so more of them are a mistake or an attack. */
const TRIES = 10;
/** Milliseconds. */
const WINDOW = 60_000;
/** Pages at a time. The one that began first ends. */
const MAX_SESSIONS = 16;

export const NEW_ADDRESS = 'press Enter in its terminal for a new address';

/**
 * @param now milliseconds.
 * @param random a text that no one guesses, another one each time.
 */
export function createSessions({ now, random }: { now: () => number; random: () => string }): Sessions {
  /** Only digests are kept. */
  let offered: Buffer | undefined;
  const tokens: { digest: Buffer; key: string }[] = [];
  let wrong: number[] = [];
  let count = 0;

  return {
    offer() {
      const secret = random();
      offered = digestOf(secret);
      return secret;
    },
    begin(secret) {
      const time = now();
      wrong = wrong.filter((at) => at > time - WINDOW);
      if (wrong.length >= TRIES) {
        const left = Math.ceil(((wrong[0] ?? time) + WINDOW - time) / 1000);
        return refusal(429, 'too many wrong secrets came; wait a minute, and use a new address', Math.max(1, left));
      }
      if (offered === undefined || !timingSafeEqual(digestOf(secret), offered)) {
        wrong.push(time);
        return refusal(403, `this address of the dashboard was used already, or is wrong; ${NEW_ADDRESS}`);
      }
      offered = undefined;
      const token = random();
      count++;
      tokens.push({ digest: digestOf(token), key: `page ${count}` });
      if (tokens.length > MAX_SESSIONS) tokens.shift();
      return { token };
    },
    sessionOf(token) {
      const digest = digestOf(token);
      // All are compared, so that the time says nothing about them.
      return tokens.filter((each) => timingSafeEqual(each.digest, digest))[0]?.key;
    },
  };
}

/** Digests have one length, as the comparison needs. */
function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

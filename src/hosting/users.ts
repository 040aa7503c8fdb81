/**
 * What is kept for each user between calls: the journal, the changes that were shown, and readings of metrics. Users share the connections to the
 * workspace and the locks on targets of writes, and nothing else.
 */
import type { CallEnvironment, SharedState } from '../calls/call-tool.ts';
import { createLocks } from '../calls/keyed-lock.ts';
import { historyPlace } from '../history/place.ts';
import { createHttp, type Http, type HttpEnvironment } from '../rest/http.ts';
import type { Line } from '../rest/line.ts';
import type { Reach } from '../rights/reach.ts';
import { createShownChanges } from '../write/shown-changes.ts';
import type { Caller } from './caller.ts';
import type { Journals, UserJournal } from './journals.ts';
import { withinReach } from './reach-http.ts';

interface UsersSettings {
  /** How requests are sent. All users share the line. */
  http: Omit<HttpEnvironment, 'credentials' | 'line'> & { line: Line };
  /** Undefined: nothing is recorded. */
  journals: Journals | undefined;
  /** What the tokens of users reach. Undefined: all that their rights allow. */
  reach: Reach | undefined;
  /** The connection under the identity of the app, where the reach lets requests leave under it. */
  app?: Http | undefined;
  /** Users that are kept. Above it, those who called least recently are forgotten. Default: 500. */
  most?: number;
  /** A user who has not called for this long is forgotten. Milliseconds. Default: two hours. */
  idle?: number;
}

/** What one call of a user runs with. */
type UserEnvironment = Pick<CallEnvironment, 'http' | 'journal' | 'reach'> & { state: SharedState };

export interface Users {
  /** @returns what the call runs with, and what to call when it has ended. */
  open(caller: Caller): { environment: UserEnvironment; done(): void };
  /** How many users are kept. */
  size(): number;
}

const MOST = 500;
const IDLE = 2 * 60 * 60_000;
/** Characters of readings in memory for each user. Hours of an endpoint. 256 KiB. */
const READINGS = 256 * 1024;

interface Kept {
  state: SharedState;
  journal: UserJournal | undefined;
  /** Calls that run. A user with one is never forgotten. */
  running: number;
  last: number;
}

/** Nothing is read or sent before a call. */
export function createUsers({ http, journals, reach, app, most = MOST, idle = IDLE }: UsersSettings): Users {
  const locks = createLocks();
  /** Those who called least recently first. */
  const users = new Map<string, Kept>();

  function keptFor(key: string): Kept {
    const found = users.get(key);
    users.delete(key);
    const journal = found ? found.journal : journals?.(key);
    const kept = found ?? {
      journal,
      state: { locks, history: historyPlace(journal?.file, READINGS), shown: createShownChanges() },
      running: 0,
      last: 0,
    };
    users.set(key, kept);
    return kept;
  }

  function forgetIdle(): void {
    let over = users.size - most;
    for (const [key, { running, last }] of users) {
      if (running > 0 || (over <= 0 && http.now() - last <= idle)) continue;
      users.delete(key);
      over--;
    }
  }

  return {
    open(caller) {
      const kept = keptFor(caller.key);
      kept.running++;
      kept.last = http.now();
      forgetIdle();
      // The token of this very call: one that was renewed is used at once, and two of one person do not mix.
      const own = createHttp({ ...http, credentials: (signal) => caller.credentials(signal) });
      let open = true;
      return {
        environment: {
          http: reach ? withinReach(own, reach, app) : own,
          journal: kept.journal?.under(own),
          reach,
          state: kept.state,
        },
        done() {
          if (!open) return;
          open = false;
          kept.running--;
          kept.last = http.now();
        },
      };
    },
    size: () => users.size,
  };
}

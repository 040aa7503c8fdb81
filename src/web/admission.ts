/** How many calls run at once, of each user and in all. What is beyond is refused at once: a queue would only move the wait. */
import { setTimeout as pause } from 'node:timers/promises';
import { type HttpRefusal, refusal } from './refusal.ts';

export interface AdmissionLimits {
  /** Calls of all users. */
  total: number;
  /** Calls of one user. */
  perUser: number;
  /** Bytes of all bodies that are being read or worked on. */
  bytes: number;
}

/** The place of a request. `leave` gives everything back, and may be called twice. */
export interface Seat {
  /** Counts it as a call of a user. */
  of(user: string): HttpRefusal | undefined;
  /** Counts further calls in the same request. */
  more(calls: number): HttpRefusal | undefined;
  /** Counts bytes of its body. */
  hold(bytes: number): HttpRefusal | undefined;
  leave(): void;
}

interface Admission {
  /** A place for a request whose caller is not known yet. */
  enter(): Seat | HttpRefusal;
  /** Calls that run. */
  running(): number;
  /** Waits until none runs, and not longer than a time in milliseconds. */
  settled(ms: number): Promise<void>;
}

/** Seconds after which a place may be free. Most calls end within one. */
const RETRY_AFTER = 1;
/** Milliseconds between two looks at what still runs. */
const GLANCE = 20;

export function createAdmission(limits: AdmissionLimits): Admission {
  const users = new Map<string, number>();
  let running = 0;
  let held = 0;
  const full = () =>
    refusal(
      503,
      `this server runs ${limits.total} calls at a time, and all are taken; repeat the call in a moment`,
      RETRY_AFTER,
    );

  function seat(): Seat {
    let user: string | undefined;
    let calls = 1;
    let bytes = 0;
    let left = false;
    const count = (more: number) => {
      if (user !== undefined) users.set(user, (users.get(user) ?? 0) + more);
    };
    const tooMany = (more: number) =>
      user !== undefined && (users.get(user) ?? 0) + more > limits.perUser
        ? refusal(
            429,
            `you have ${users.get(user) ?? 0} calls under way, and this server runs ${limits.perUser} of one user at a time; repeat the call when one has ended`,
            RETRY_AFTER,
          )
        : undefined;
    return {
      of(name) {
        user = name;
        const refused = tooMany(1);
        if (refused) user = undefined;
        else count(1);
        return refused;
      },
      more(further) {
        const refused = running + further > limits.total ? full() : tooMany(further);
        if (refused) return refused;
        running += further;
        calls += further;
        count(further);
        return undefined;
      },
      hold(size) {
        if (held + size > limits.bytes)
          return refusal(503, 'this server has no memory left for the body; repeat the call in a moment', RETRY_AFTER);
        held += size;
        bytes += size;
        return undefined;
      },
      leave() {
        if (left) return;
        left = true;
        running -= calls;
        held -= bytes;
        count(-calls);
        if (user !== undefined && users.get(user) === 0) users.delete(user);
      },
    };
  }

  return {
    enter() {
      if (running >= limits.total) return full();
      running++;
      return seat();
    },
    running: () => running,
    async settled(ms) {
      for (let left = ms; left > 0 && running > 0; left -= GLANCE) await pause(GLANCE);
    },
  };
}

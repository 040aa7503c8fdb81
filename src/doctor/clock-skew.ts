/** The clock of this machine against that of the workspace. Pure. */
import { type Finding, failed, notChecked, ok, warning } from './check.ts';

/**
 * How much validators of OAuth tokens forgive: "no more than a few minutes" (RFC 7519, section 4.1.4), which is 5 minutes by default in
 * Microsoft's libraries (TokenValidationParameters.DefaultClockSkew). Milliseconds.
 */
const MOST = 5 * 60_000;

/** Tokens are renewed 40 s before they expire (src/auth/token-cache.ts), so a larger difference can send an expired one. Milliseconds. */
const NOTICEABLE = 30_000;

/**
 * @param origin the host that sent the time.
 * @param clock both clocks at the same moment, epoch milliseconds. Undefined when the answer had no `Date`.
 */
export function checkClock(origin: URL, clock: { theirs: number; ours: number } | undefined): Finding {
  // Only a sandbox or another stand-in on this machine has no https. Its clock may be simulated.
  if (origin.protocol === 'http:') return ok('the host is on this machine');
  if (clock === undefined) return notChecked('the host sent no Date header');
  const difference = clock.ours - clock.theirs;
  const size = Math.abs(difference);
  // `Date` has whole seconds.
  if (size < 2_000) return ok('this machine and the host agree to the second');
  const says = `this machine is ${words(size)} ${difference > 0 ? 'ahead of' : 'behind'} the host`;
  const remedy = 'Set the clock of this machine, and let it follow a time server (NTP).';
  if (size >= MOST) return failed(`${says}, so OAuth tokens and certificates can be refused`, remedy);
  return size < NOTICEABLE ? ok(says) : warning(says, remedy);
}

function words(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} minutes` : `${Math.round(minutes / 60)} hours`;
}

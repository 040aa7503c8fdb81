/** A host that is one slip of the hand away from a right one. Pure. */
import { CLOUD_SUFFIXES, cloudOf } from '../auth/host.ts';
import { isLoopback } from '../connection/loopback.ts';
import { editDistance } from '../text/did-you-mean.ts';

/** Wrong, missing or additional characters. Two hosts of one company differ in more: their names are random. */
const SLIPS = 2;

/**
 * The host that was probably meant: that of a profile, or one with the right ending. Undefined for a host of a profile, for this machine, and for a
 * host like no other, which may be a company's own name for its workspace.
 * @param hosts hosts of profiles, as origins.
 */
export function meantHost(origin: string, hosts: readonly string[]): string | undefined {
  const { hostname } = new URL(origin);
  if (isLoopback(hostname) || hosts.includes(origin)) return undefined;
  const near = hosts.find((host) => editDistance(hostname, new URL(host).hostname, SLIPS) <= SLIPS);
  if (near !== undefined) return near;
  if (cloudOf(origin) !== undefined) return undefined;
  for (const [suffix] of CLOUD_SUFFIXES) {
    const labels = hostname.split('.');
    const count = suffix.split('.').length - 1;
    const ending = labels.slice(-count).join('.');
    if (labels.length > count && editDistance(ending, suffix.slice(1), SLIPS) <= SLIPS)
      return `https://${labels.slice(0, -count).join('.')}${suffix}`;
  }
  return undefined;
}

/** The page of the dashboard command, which calls tools over HTTP on loopback. */
import { type Host, HostError, type HostListener, type Surroundings } from './host.ts';

/** @throws HostError without a server. */
export async function connectPage(_listener: HostListener, _surroundings: Surroundings): Promise<Host> {
  throw new HostError('This page needs the dashboard command.');
}

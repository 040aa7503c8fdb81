/** Where a secret may be sent. Authentication, requests and the process share this rule, so it imports nothing. */

/** Whether a hostname from `URL` is this machine: `localhost`, `[::1]` or an address in 127.0.0.0/8, not a name that starts like one. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

/** Whether a secret is safe on the way: over https, or over http within this machine. */
export function isSecure({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname));
}

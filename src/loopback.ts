/** Where a secret may be sent. The one rule that authentication, requests and the process share, so it imports nothing. */

/** Whether a hostname, as `URL` spells it, is this machine: `localhost`, `[::1]` or an address of 127.0.0.0/8; no name that begins so. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

/** Whether a secret can travel there unread: over https, or over http that does not leave this machine. */
export function isSecure({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname));
}

/** A connection failed before a request was written to it, so nothing was sent. The cause is the error of the system. */
export class ConnectError extends Error {
  override readonly name: string = 'ConnectError';
  /** undici connects again without end after some codes of its own, so the code of the cause is not repeated here. */
  readonly code: string = 'CONNECT_FAILED';
}

/** The proxy, or its address, is the reason. Messages name it as HOST:PORT and never show its login. */
export class ProxyError extends ConnectError {
  override readonly name = 'ProxyError';
  override readonly code = 'PROXY_FAILED';
  /** What a person can do. */
  readonly next: string;
  /** Whether another try can succeed. */
  readonly transient: boolean;

  constructor(message: string, next: string, { transient, cause }: { transient: boolean; cause?: unknown }) {
    super(`${message}; nothing was sent`, { cause });
    this.next = next;
    this.transient = transient;
  }
}

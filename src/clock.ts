/** Time and chance as a tool may use them. Milliseconds. */
export interface Clock {
  now(): number;
  random(): number;
  /** Rejects at once when the call is cancelled. */
  sleep(ms: number): Promise<void>;
}

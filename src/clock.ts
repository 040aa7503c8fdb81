/** Time and chance for tools. All times are in milliseconds. */
export interface Clock {
  now(): number;
  random(): number;
  /** Rejects immediately when the call is cancelled. */
  sleep(ms: number): Promise<void>;
}

/** A known caller, and its share of the requests. */
export interface TrafficCaller {
  principal: string;
  share: number;
  /** Share of its requests that fail with `error_status`, whatever version answers. */
  error_rate?: number;
  error_status?: number;
}

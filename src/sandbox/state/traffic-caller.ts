/** A known caller, and its share of the requests. */
export interface TrafficCaller {
  principal: string;
  share: number;
  /** Share of its requests that fail with `error_status`, whatever version answers. */
  error_rate?: number;
  error_status?: number;
}

/** Requests of other clients, which the seed or a control route describes. */
export interface BackgroundTraffic {
  requests_per_minute: number;
  /** Share of requests that fail with 500, whatever version answers. */
  error_rate: number;
  since: number;
  /** Known callers and their shares of the requests. The rest comes from callers without a name, each with one request. */
  callers: TrafficCaller[];
  /** Tokens of one request. They count against token limits. */
  input_tokens: number;
  output_tokens: number;
}

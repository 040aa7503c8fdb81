import type { TrafficCaller } from './traffic-caller.ts';

/** Traffic as a seed or a control route describes it. */
export interface TrafficInput {
  requests_per_minute: number;
  error_rate?: number;
  callers?: TrafficCaller[];
  input_tokens?: number;
  output_tokens?: number;
}

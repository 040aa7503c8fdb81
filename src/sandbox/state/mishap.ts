import type { JsonObject } from '../json.ts';

/** What must hold so that something no longer fails. Every part that is given must hold. */
export interface Need {
  /** A step of a person made this true. */
  fact?: string;
  /** A secret exists, as scope/key. */
  secret?: string;
  /** A secret was stored again since, as scope/key. */
  secret_renewed?: string;
  /** A principal has a privilege on a model, or on the place around it. */
  privilege?: { principal: string; on: string; privilege: string };
  /** A principal may sign in, and is a member. */
  member?: string;
  /** A field of the endpoint, by its path, has one of these values. A missing one is null. */
  setting?: { path: string; in: unknown[] };
  /** The served entity has one of these sizes. */
  workload_size?: string[];
  workload_type?: string[];
  /** The served entity sets these variables, to any value or to this one. */
  environment?: Record<string, string | true>;
}

/** Something that goes wrong with some of the requests of an endpoint. */
export interface Mishap {
  /** Which served entities. Absent fields match all. `model` is also the name of an external model. */
  match: { entity?: string; model?: string; version?: string };
  /** Only requests of other clients. */
  others: boolean;
  /** The gateway answers, so the requests never reach a served entity. */
  gateway: boolean;
  /** The share of requests. */
  share: number;
  since: number;
  /** When its cause went away. `null` while it is there. */
  ended_at: number | null;
  until: Need | null;
  /** The answer of these requests. `null`: they end as they would. */
  answer: { status: number; body: JsonObject } | null;
  /** Lines of the service log for each of them. `{time}` and `{log_time}` become the time of the request. */
  log_lines: string[];
  /** Their model time in sandbox milliseconds. */
  latency_ms: number | null;
}

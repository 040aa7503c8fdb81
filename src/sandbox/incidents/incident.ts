import type { Seed } from '../seed/seed.ts';

/** The lists of a seed that an incident adds to, and its settings. */
export type SeedParts = Pick<
  Seed,
  | 'users'
  | 'service_principals'
  | 'catalogs'
  | 'models'
  | 'endpoints'
  | 'foundation_models'
  | 'secret_scopes'
  | 'steps'
  | 'limits'
>;

/** One part of a remedy: a call of the API, a step of a person, or time that passes. */
export type Remedy =
  | { call: [method: string, path: string, body?: unknown]; as?: string }
  | { step: string }
  | { wait_minutes: number };

/** One form of an incident: its names, texts, numbers and neighbours. */
export interface Wording {
  /** The endpoint that a person reports. */
  endpoint: string;
  seed: SeedParts;
  /** How the API shows it. */
  shows: {
    /** The endpoint's `config_update`. */
    update?: 'UPDATE_FAILED' | 'IN_PROGRESS' | 'UPDATE_CANCELED';
    /** Not even the active config serves. */
    not_ready?: true;
    /** Texts in messages, events, logs, or the answers of queries. */
    texts?: string[];
    /** The least share of requests of the last minutes that fail. */
    share_of_errors?: number;
    /** A call that is refused, and a text of the refusal. */
    refuses?: { call: [method: string, path: string, body?: unknown]; text: string };
  };
  /** What brings the endpoint back, in order. */
  remedy: readonly Remedy[];
  /** The body of a query that the endpoint answers when all is well. */
  query: Record<string, unknown>;
}

/** An incident to rehearse. */
export interface Incident {
  name: string;
  /** One sentence, as a person would report it. */
  symptom: string;
  /** What is really wrong, one code for each cause. */
  causes: readonly string[];
  wordings: readonly Wording[];
}

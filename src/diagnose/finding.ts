/** What a rule finds, and what a rule is. */
import type { ToolCall } from '../refusal.ts';
import type { Evidence, Part } from './evidence.ts';

/** How much a finding matters, the most severe first. */
export const SEVERITIES = ['critical', 'major', 'minor', 'note'] as const;
/**
 * `critical`: nothing is served, or the wanted version cannot be. `major`: a part of the requests fails, or soon will. `minor`: slower or costlier than
 * it should be. `note`: a person may want to know.
 */
export type Severity = (typeof SEVERITIES)[number];

/** `certain`: the evidence names the cause. `likely`: the cause fits, and another one is possible. */
export type Confidence = 'certain' | 'likely';

/** One piece of evidence. Its text is from outside: the answer redacts and clips it, and no remedy contains it. */
export interface Proof {
  source: 'state' | 'config' | 'event' | 'answer' | Exclude<Part, 'events' | 'earlier metrics' | 'failed answers'>;
  /** Of what: an entity with its config version, a field, a series. */
  of: string;
  /** The line, the number or the value. */
  text: string;
  /** Milliseconds since 1970. */
  at?: number | undefined;
}

/** Who must act when no tool can. */
export type Person =
  | 'caller'
  | 'endpoint manager'
  | 'model author'
  | 'object owner'
  | 'workspace admin'
  | 'account admin'
  | 'provider account'
  | 'databricks';

/** What removes the cause, in trusted words. A call that writes is an offer, for a person to choose. */
export type Remedy =
  | { call: ToolCall; writes: boolean; say: string }
  /** `after`: the call to make once the person has acted. */
  | { person: Person; say: string; after?: ToolCall | undefined };

export interface Finding {
  /** Stable: programs may compare it. */
  code: string;
  severity: Severity;
  /** One sentence in trusted words. Names of entities and versions may be part of it. */
  sentence: string;
  /** When it began, where that is known. Milliseconds since 1970. */
  since?: number | undefined;
  /** At least one. */
  evidence: readonly [Proof, ...Proof[]];
  remedy?: Remedy | undefined;
  confidence: Confidence;
  /** It is about the latest update or the next one. What serves now is not affected. */
  concerns?: 'update';
  /** Codes of findings that this one explains. They are left out of the answer. */
  explains?: readonly string[];
}

/** Looks for one cause. Pure: the same evidence gives the same findings. */
export interface Rule {
  /** The code of its findings. */
  code: string;
  /** Where the cause is documented or was seen. */
  source: string;
  find(evidence: Evidence): Finding | readonly Finding[] | undefined;
}

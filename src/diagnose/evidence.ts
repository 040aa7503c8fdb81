/** What is known about an endpoint when it is judged. `collect.ts` reads it; the rules look at it and at nothing else. */
import type { Advice } from '../advice/advice.ts';
import type { Comparison } from '../digest/comparison.ts';
import type { Sample } from '../digest/exposition.ts';
import type { Explanation, LogKind } from '../digest/key-lines.ts';
import type { Digest } from '../digest/metrics.ts';
import type { JournalEntry } from '../journal/entry.ts';
import type { Deployment } from '../plan/deployments.ts';
import type { Endpoint } from '../rest/endpoints.ts';
import type { Event } from '../rest/logs.ts';
import type { ModelVersion } from '../rest/models.ts';
import type { Access } from '../rest/permissions.ts';

export type { Deployment } from '../plan/deployments.ts';

/** One log of one deployment. */
export interface LogEvidence {
  deployment: Deployment;
  log: LogKind;
  /** Lines without terminal codes and progress bars, oldest first. They are text from outside. */
  lines: readonly string[];
  /** The lines that explain a failure, and the cause that they prove. */
  explained: Explanation;
  /** Other causes in the same log, each with its lines: of another replica, another start or another step. */
  more?: readonly Explanation[];
  /** The service has no such log of this deployment. */
  missing?: boolean;
  /** Why the lines may belong to another config. Such lines prove nothing. */
  doubt: string | undefined;
}

/** Metrics of the last minutes. */
export interface MetricsEvidence {
  /** The end of the last minute, by the clock of the service, in milliseconds since 1970. */
  at: number;
  /** Minutes that the numbers cover. */
  minutes: number;
  total: Digest;
  entities: ReadonlyMap<string, Digest>;
  /** The same endpoint earlier, where readings are stored. Ends before `at` minus `minutes`. */
  before?: { at: number; minutes: number; total: Digest; entities: ReadonlyMap<string, Digest> };
  /** Newer entities against the oldest. */
  compared: readonly Comparison[];
  samples: readonly Sample[];
}

/** The model version of a served entity in the registry. */
export interface VersionEvidence {
  model: string;
  version: string;
  /** Undefined when the registry says that it does not exist. */
  found: ModelVersion | undefined;
}

/** The identity with whose rights the endpoint runs (fact M8). */
export interface CreatorEvidence {
  name: string;
  /** Whether the directory knows it. Undefined where that could not be read. */
  exists: boolean | undefined;
  active: boolean | undefined;
  /** Rights that it certainly lacks, such as `EXECUTE on model main.default.churn`. */
  lacks: readonly string[];
}

/** The answers of an endpoint by status in the usage table, where a warehouse is set. */
export interface UsageEvidence {
  from: number;
  to: number;
  byStatus: ReadonlyMap<number, number>;
}

/** A failed answer of the endpoint. */
export interface AnswerEvidence {
  at: number;
  status: number | undefined;
  /** The text of the answer, from outside. */
  text: string;
  /** Who saw it. Default: the caller, who quotes it or whose call another tool made. */
  from?: 'caller' | 'own query' | 'inference table' | undefined;
  /** Number of answers with the same text. Default: 1. */
  count?: number | undefined;
  /** What it means, where its body was read as a whole. The text is then its innermost message. */
  meaning?: Advice | undefined;
}

export interface Evidence {
  /** The clock of the service, in milliseconds since 1970. */
  now: number;
  endpoint: Endpoint;
  /** In the order in which they are likely to matter. */
  deployments: readonly Deployment[];
  logs: readonly LogEvidence[];
  /** Oldest first. Undefined when they could not be read. */
  events: readonly Event[] | undefined;
  metrics: MetricsEvidence | undefined;
  versions: readonly VersionEvidence[];
  creator: CreatorEvidence | undefined;
  grants: readonly Access[] | undefined;
  usage: UsageEvidence | undefined;
  answer: AnswerEvidence | undefined;
  /** Other failed answers, newest first: to earlier queries of this server, and in the inference table. */
  answers?: readonly AnswerEvidence[];
  /** Changes through servers on this machine, newest first. */
  changes: readonly JournalEntry[];
  /** What could not be read, each with its reason. */
  unread: readonly { what: Part; why: string }[];
}

/** The parts of the evidence, as an answer names them. */
export type Part =
  | 'service log'
  | 'build log'
  | 'events'
  | 'metrics'
  | 'earlier metrics'
  | 'model versions'
  | 'creator'
  | 'grants'
  | 'usage'
  | 'failed answers'
  | 'own changes';

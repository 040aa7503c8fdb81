import type { Need } from './mishap.ts';
import type { BehaviourStep, ModelSpec } from './model-spec.ts';
import type { VersionStatus } from './wire-types.ts';

export interface Failure {
  phase: 'build' | 'load';
  /** The entity's message. */
  message: string;
  /** The last lines of the build log or of the service log. `{time}` becomes the time of gunicorn, `{log_time}` that of Python's logging. */
  log_lines: string[];
  /** Whether the lines are all: pip's or gunicorn's own lines do not surround them. */
  bare: boolean;
  /** Whether the service gave up, instead of seeing the failure. The lines then appear one by one. */
  aborted: boolean;
  /** The messages of the events with which it ends. */
  events: string[];
  /** How often the image is built. */
  attempts: number;
  /** What makes the next deployment succeed. `null`: only another version does. */
  until: Need | null;
}

/** What a build installs, besides what the kind of the model needs. */
export interface Environment {
  python: string;
  /** Requirements as in a conda file, such as `torch==2.6.0`. They replace the usual ones. */
  packages: string[] | null;
  /** Lines between the downloads and the installation. */
  build_lines: string[];
}

/**
 * One version of a model and the behaviour of its container: how long it deploys, whether it fails, how fast it answers. Minutes are
 * sandbox minutes.
 */
export interface ModelVersion {
  version: number;
  id: string;
  status: VersionStatus;
  comment: string;
  build_minutes: number;
  deploy_minutes: number;
  failure: Failure | null;
  spec: ModelSpec;
  latency_ms: number | null;
  error_rate: number;
  /** Changes of behaviour, in minutes after the entity became ready. */
  changes: BehaviourStep[];
  service_log_lines: string[];
  environment: Environment;
  optimization: Optimization | null;
  /** Tables that were logged as dependencies and are gone. */
  missing_tables: string[];
  created_at: number;
  updated_at: number;
}

export interface Optimization {
  optimizable: boolean;
  throughput_chunk_size?: number;
  model_type?: string;
  dbus?: number;
  /** Whether the model can be provisioned in model units. */
  model_units?: boolean;
}

export interface RegisteredModel {
  full_name: string;
  id: string;
  owner: string;
  comment: string;
  /** Privileges by principal: user name, group name or application id. `account users` is everyone. */
  grants: Map<string, string[]>;
  aliases: Map<string, number>;
  tags: Map<string, string>;
  version_tags: Map<number, Map<string, string>>;
  versions: Map<number, ModelVersion>;
  created_at: number;
  updated_at: number;
}

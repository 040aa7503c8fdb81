import type { ModelVersion } from './model-version.ts';
import type { TrafficInput } from './traffic-input.ts';

/** What a person can do outside the API of the workspace, such as logging a model or paying a provider. */
export interface Step {
  name: string;
  /** What the person does, in one sentence. */
  does: string;
  /** Sandbox time of the last time that it was done. */
  done_at: number | null;
  /** What it makes true. */
  facts: string[];
  /** The model versions that it registers. */
  versions: { model: string; version: ModelVersion }[];
  /** Versions whose registration it completes. */
  registered: { model: string; version: number }[];
  /** The requests of other clients from then on, by endpoint. */
  traffic: Record<string, TrafficInput>;
  /** Principals who become members again. */
  returns: string[];
  /** The concurrency quota of the workspace from then on. */
  provisioned_concurrency: number | null;
}

/** Reasons that the state message or an event of the service gives for a failed deployment. Pure data. */
import type { FailureCause } from './failure-cause.ts';

export const STATE_CAUSES: FailureCause[] = [
  {
    id: 'capacity_unavailable',
    words: /did not become available in time/,
    remedy: 'Try again later, or choose another workload type or region: the service had no capacity.',
  },
  {
    id: 'update_timed_out',
    words: /(?:because|since) the (?:endpoint )?update timed out|served (?:model|entity) creation timed out/i,
    remedy: 'Find out what was slow: count the attempts of the build, and read how far the service log got.',
  },
  {
    id: 'uc_execute_missing',
    words: /does not have EXECUTE on (?:Routine or )?Model/i,
    remedy: 'Have the owner of the model grant EXECUTE on it to the creator of the endpoint.',
  },
  {
    id: 'uc_use_missing',
    words: /does not have USE (?:SCHEMA|CATALOG) on (?:Schema|Catalog) '(?!system\b)/i,
    remedy: 'Have the owner grant USE CATALOG and USE SCHEMA to the creator of the endpoint.',
  },
  {
    id: 'uc_object_not_found',
    words: /Routine or Model '.{1,300}' does not exist/,
    remedy: 'Correct the catalog and schema; an endpoint does not know the variables of a job.',
  },
  {
    id: 'secret_missing',
    words: /Secret does not exist\b|secret scope .{1,200}does not exist/i,
    remedy: 'Create the key in the secret scope, and give the creator of the endpoint read access to the scope.',
  },
  {
    id: 'concurrency_quota',
    words: /exceeded provisioned concurrency quota/i,
    remedy: 'Stop or delete endpoints, or ask Databricks for more quota.',
  },
  {
    id: 'unsupported_model',
    words: /unsupported model\b/i,
    remedy: 'Log the model in a form that Model Serving supports.',
  },
  {
    id: 'container_build_failed',
    words: /Container creation failed|Container image creation (?:aborted|failed)/,
    wrapper: true,
  },
  {
    id: 'model_load_failed',
    words: /failed to load the model|raised an error during model load|error occurred in model loading code/i,
    wrapper: true,
  },
  { id: 'update_failed', words: /Endpoint update failed for endpoint/, wrapper: true },
];

/** Three builds and then a timeout, although the build itself ends well. No single text says so. */
export const TOO_LARGE: FailureCause = {
  id: 'artifact_too_large',
  words: /(?!)/,
  remedy: 'Keep the artifacts of the model small, and load the rest at run time.',
};

/** Failures of the serving side, its proxies and its time limits, and of what a model uses. */
import { call } from '../refusal.ts';
import type { Row } from './row.ts';
import { endpointOnly, isInference, isOfService, isServing, logs, look, wait } from './words.ts';

export const SERVING: readonly Row[] = [
  {
    // No query wakes a stopped endpoint (fact R10). Only the beginning counts, because later words may be the caller's own.
    id: 'endpoint_stopped',
    words: ['endpoint is stopped', "endpoint '…' is stopped"],
    atStart: true,
    when: ({ status, by }) => status < 500 && by !== 'provider',
    again: false,
    who: 'endpoint manager',
    inside: 'The model called an endpoint that is stopped. Someone with CAN_MANAGE on it starts it, which costs money.',
    say: (refusal) =>
      !isInference(refusal) || isOfService(refusal)
        ? 'The endpoint in the message is stopped. Someone with CAN_MANAGE on it starts it, which costs money.'
        : `The endpoint is stopped, so it answers no query, whatever the payload. Ask the user whether to start it, because a running endpoint costs money. ${call('update_endpoint', { ...endpointOnly(refusal), start: true })} starts it. ${wait(refusal)} if it is starting already.`,
  },
  {
    // Passes when the update ends (fact U2).
    id: 'update_in_progress',
    words: [
      'Endpoint served entities are currently being updated',
      'currently being updated',
      'currently updating',
      'update is in progress',
      'update in progress',
      'is being updated',
    ],
    when: (refusal) => refusal.status === 409 && isServing(refusal),
    again: true,
    who: 'caller',
    say: (refusal) => `An update is in progress. ${wait(refusal)}, then repeat the call.`,
  },
  {
    // Another conflict with the same status (fact U3).
    id: 'name_taken',
    words: ['already exists', 'already taken', 'is already in use'],
    codes: ['RESOURCE_ALREADY_EXISTS', 'ALREADY_EXISTS'],
    when: (refusal) => refusal.status === 409 && !isInference(refusal),
    again: false,
    who: 'caller',
    say: (refusal) =>
      `The name is taken: see which object the message names, an endpoint or a table. Choose another name, or use the existing object. ${look(refusal)}`,
  },
  {
    id: 'inference_table_on',
    words: [
      'Inference tables is already enabled',
      'Inference table is already enabled',
      'Inference tables are already enabled',
    ],
    when: (refusal) => refusal.status < 500 && isServing(refusal),
    again: false,
    who: 'caller',
    say: (refusal) =>
      `The names of an inference table change only after the table is switched off. Repeat the call: it reads the gateway again and switches the old table off first. ${look(refusal)}`,
  },
  {
    id: 'field_not_updatable',
    words: ['is not yet supported by UpdateModelService'],
    again: false,
    who: 'object owner',
    say: "This field of a model service cannot be changed. The model service's owner recreates it, or changes other fields.",
  },
  {
    id: 'etag_stale',
    words: ['etag does not match', 'etag mismatch'],
    codes: ['ABORTED'],
    when: ({ status }) => status === 409 || status === 412,
    again: true,
    who: 'caller',
    say: (refusal) =>
      `The object was changed by someone else meanwhile. Repeat the call, which reads the current state first. ${look(refusal)}`,
  },
  {
    id: 'front_unavailable',
    words: ['is temporarily unavailable. Please try again later', 'is temporarily unavailable'],
    when: ({ status }) => status === 503,
    again: true,
    who: 'caller',
    say: (refusal) =>
      `The service is busy for a moment; nothing in the call is wrong. Wait some seconds and repeat the call${refusal.effect === 'read' || refusal.effect === 'query' ? '' : ', which reads the current state first'}.`,
  },
  {
    id: 'no_upstream',
    words: ['no healthy upstream', 'upstream connect error or disconnect/reset before headers'],
    again: ({ status }) => status === 503,
    who: 'endpoint manager',
    say: (refusal) =>
      `No replica takes the request at the moment. Wait some seconds and repeat the call. If it persists, the replicas are crashing.${logs(refusal)}`,
  },
  {
    id: 'time_limit',
    words: ['upstream request timeout'],
    when: ({ status }) => status === 504 || status === 408,
    again: false,
    who: 'caller',
    say: 'The model took longer than the service allows: 297 s, or 120 s through an App. The request may have run, so it was not sent again. Send fewer rows, shorten the work, or stream.',
  },
  {
    id: 'client_timeout',
    words: ['Timed out after 0:05:00', 'Timed out after'],
    again: false,
    who: 'caller',
    say: 'A client gave up waiting, and its request may have run several times. Set a time limit that is longer than the model needs.',
  },
  {
    id: 'worker_out_of_memory',
    words: ['was sent SIGKILL! Perhaps out of memory?', 'Perhaps out of memory?'],
    again: false,
    who: 'endpoint manager',
    say: "The model server ran out of memory. The endpoint's manager chooses a larger size or fewer workers.",
  },
  {
    id: 'worker_timeout',
    words: ['WORKER TIMEOUT (pid:'],
    again: false,
    who: 'model author',
    say: "A worker of the model server took too long, so it was killed. The model's author shortens the request or the start.",
  },
  {
    id: 'agent_part_missing',
    words: ['Multi-source search failed: Error code: 404'],
    order: 'first',
    again: false,
    who: 'databricks',
    say: "The agent runs, but this workspace lacks an internal model that it needs. Ask Databricks support. The agent's endpoint is not missing.",
  },
  {
    id: 'embedding_call_failed',
    words: ['Failed to call Model Serving endpoint:'],
    order: 'first',
    again: false,
    who: 'object owner',
    say: 'The vector search index could not call its embedding endpoint, which the message names. That endpoint is missing, stopped, or not granted to the owner of the index. Fix it, then repeat the call.',
  },
  {
    id: 'index_name_invalid',
    words: ['Invalid index name. Must specify the full index name'],
    again: false,
    who: 'caller',
    say: 'Name the vector search index as catalog.schema.name, with letters, digits and underscores.',
  },
  {
    id: 'features_not_online',
    words: ['Requires publishing the features to an online store'],
    again: false,
    who: 'model author',
    say: "The model looks up features that are in no online store. The model's author publishes the feature tables online first.",
  },
  {
    id: 'features_in_catalog_off',
    words: ['Feature Store and Unity Catalog Integration is not enabled in your account'],
    again: false,
    who: 'account admin',
    say: 'An account admin enables the feature store for Unity Catalog. No grant is missing.',
  },
  {
    id: 'tool_credential_missing',
    words: ["no credential found for this MCP service's connection"],
    again: false,
    who: 'object owner',
    say: "The connection of a tool has no credential. The connection's owner stores the secret, and its principal gets access to the App behind it.",
  },
  {
    id: 'app_user_token_off',
    words: ['user token passthrough feature is not enabled'],
    again: false,
    who: 'workspace admin',
    say: 'A workspace admin enables the preview of user authorization for Apps, or the app omits user_api_scopes.',
  },
  {
    id: 'app_deploy_busy',
    words: ['there is an active deployment in progress'],
    again: true,
    who: 'caller',
    say: 'Another deployment of the app is running. Wait for its end, ten seconds or more, then repeat the call.',
  },
  {
    id: 'app_quota',
    words: ['Maximum number of apps reached'],
    again: false,
    who: 'workspace admin',
    say: 'The workspace has as many Apps as it may. Delete an App, or request a higher quota.',
  },
];

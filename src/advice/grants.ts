/** Refusals for a missing grant, each with the object that it is missing on. */
import type { Refusal, Row } from './row.ts';
import { checksCreator, creatorNeeds, isInference, isOfService, isRegistry, look, versions } from './words.ts';

/** Who needs a privilege of Unity Catalog: the creator of the endpoint, or else the caller. */
const needs = (what: string, owner: string) => (refusal: Refusal) => {
  if (checksCreator(refusal)) return creatorNeeds(refusal, owner);
  if (isOfService(refusal)) return eitherNeeds(what, owner);
  return `The identity that called needs ${what}. Ask ${owner} to grant it.`;
};

/** Both the caller and the owner of a model service need rights on what it routes to. */
function eitherNeeds(what: string, ask: string): string {
  return `The message is about the caller or about the owner of the model service, who needs ${what}. Ask ${ask} to grant it.`;
}

export const GRANTS: readonly Row[] = [
  {
    id: 'endpoint_grant_missing',
    words: [
      "User does not have permission '…' on Endpoint",
      "does not have permission '…' on Endpoint",
      'does not have permission to query endpoint',
      'have permission to query the endpoint',
    ],
    again: false,
    who: 'endpoint manager',
    inside:
      "The model's own identity needs CAN_QUERY on the endpoint that the message names. Someone with CAN_MANAGE on that endpoint grants it.",
    say(refusal) {
      if (isOfService(refusal))
        return eitherNeeds('CAN_QUERY on the endpoint, or CAN_MANAGE to route there', 'someone with CAN_MANAGE on it');
      const level = isInference(refusal) ? 'CAN_QUERY' : refusal.effect === 'read' ? 'CAN_VIEW' : 'CAN_MANAGE';
      return `The caller needs ${level} on the endpoint. Ask someone with CAN_MANAGE to grant it. An app gets it when it declares the endpoint as a resource.`;
    },
  },
  {
    id: 'model_execute_missing',
    words: ['does not have EXECUTE on Routine or Model'],
    again: false,
    who: 'object owner',
    say: needs('EXECUTE on the model, and USE CATALOG and USE SCHEMA above it', 'the owner of the model'),
  },
  {
    id: 'function_execute_missing',
    words: ["does not have EXECUTE on Routine '"],
    again: false,
    who: 'object owner',
    say: "The function's owner grants EXECUTE on the function, with USE CATALOG and USE SCHEMA, to the identity that the endpoint runs as. Grants to account users may not reach it.",
  },
  {
    id: 'use_catalog_missing',
    words: ['does not have USE CATALOG on Catalog', 'does not have USE SCHEMA on Schema'],
    again: false,
    who: 'object owner',
    say: needs('USE CATALOG and USE SCHEMA, as the message names them', 'the owner of the catalog or schema'),
  },
  {
    id: 'inference_table_create_missing',
    words: ['does not have CREATE TABLE on Schema'],
    again: false,
    who: 'object owner',
    say: "The inference table cannot be created. The schema's owner grants CREATE TABLE, with USE CATALOG and USE SCHEMA, to the endpoint's creator and to the caller.",
  },
  {
    id: 'model_create_missing',
    words: ['does not have CREATE MODEL'],
    again: false,
    who: 'object owner',
    say: "Registering a model needs CREATE MODEL on the schema. The schema's owner grants it.",
  },
  {
    id: 'model_owner_only',
    words: [
      'is not an owner of Routine or Model',
      'does not own Routine or Model',
      'does not have MANAGE on Routine or Model',
      'is not the owner of Model',
    ],
    again: false,
    who: 'object owner',
    say: 'The caller must own the model or have MANAGE on it, and needs USE CATALOG and USE SCHEMA on its catalog and schema.',
  },
  {
    id: 'service_owner_only',
    words: ['is not an owner of Model Service', "is not an owner of MODEL_SERVICE '"],
    again: false,
    who: 'object owner',
    say: 'Only the owner of the model service, or who has MANAGE on it, may change it. get_permissions shows them.',
  },
  {
    id: 'connection_grant_missing',
    words: ['User is missing USE CONNECTION on', 'does not have USE CONNECTION on'],
    again: false,
    who: 'object owner',
    say: "The connection's owner grants USE CONNECTION to the identity that called.",
  },
  {
    id: 'sql_no_select',
    words: ["User does not have SELECT on Table '", 'does not have SELECT on'],
    again: false,
    who: 'object owner',
    say: "The table's owner grants SELECT. For a table of the system catalog, an account admin does.",
  },
  {
    id: 'system_schema_no_access',
    words: ["User does not have USE SCHEMA on Schema 'system."],
    again: false,
    who: 'account admin',
    say: 'An account or metastore admin grants USE SCHEMA and SELECT on the schema of the system catalog that the message names.',
  },
  {
    id: 'app_grant_missing',
    words: ['does not have CAN_MANAGE permission on app', 'does not have CAN_USE permission on app'],
    again: false,
    who: 'object owner',
    say: 'The caller lacks the permission on the app that the message names. Someone with CAN_MANAGE on the app grants it.',
  },
  {
    id: 'warehouse_no_use',
    words: ['is not authorized to use this SQL Endpoint', 'is not authorized to use or monitor this SQL Endpoint'],
    again: false,
    who: 'object owner',
    say: 'The SQL warehouse refused the caller, not a serving endpoint. Its manager grants CAN_USE on the warehouse to the identity in the message.',
  },
  {
    id: 'privilege_missing',
    words: [
      'User does not have … on',
      'does not have permission',
      'does not have sufficient permissions',
      'does not have the required permission',
      'Insufficient privileges',
      'Insufficient permissions',
      'does not have the privilege',
    ],
    when: ({ status, codes }) => status === 403 || codes.includes('PERMISSION_DENIED'),
    order: 'last',
    again: false,
    who: 'object owner',
    say: (refusal) =>
      /_model_service$/.test(refusal.tool) && refusal.method !== 'GET'
        ? eitherNeeds('the right that it names', 'the owner of the object named there')
        : isRegistry(refusal)
          ? 'A privilege is missing: the one that the message names. Ask the owner of the model for it. A model also needs USE CATALOG and USE SCHEMA above it.'
          : 'A right is missing: the one that the message names. Ask the owner or a manager of the object named there to grant it.',
  },
  {
    // The name is right: the endpoint has no access list, or its id is another one now (facts P1 and E12).
    id: 'endpoint_id_wanted',
    words: ['is not a valid Inference Endpoint ID'],
    again: false,
    who: 'caller',
    say: (refusal) =>
      `Foundation-model endpoints have no access list. Any other endpoint was deleted and perhaps created again, with another id. ${look(refusal)}`,
  },
  {
    id: 'secret_unreadable',
    words: ['Secret does not exist with scope'],
    again: false,
    who: 'object owner',
    say: "The secret is missing, or the endpoint's creator may not read it. The scope's owner stores the key, or grants READ on the scope to the creator.",
  },
  {
    // Serving checks what a version was logged with, so a config that served yesterday can be refused today (fact S13).
    id: 'dependency_missing',
    words: ['cannot serve registered model', 'Dependencies do not exist'],
    again: false,
    who: 'model author',
    say: (refusal) =>
      `The model version was logged with objects that are gone, or that the creator of the endpoint may not use. Restore them or grant access, or serve another version.${versions(refusal, 'lists the versions.')}`,
  },
];

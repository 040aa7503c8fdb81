/** Refusals of a name or a route. One code has many causes, so the words decide. */
import { call } from '../refusal.ts';
import type { Refusal, Row } from './row.ts';
import { isEntity, isInference, isRegistry, look, versions } from './words.ts';

const otherNames = ({ near }: Refusal) =>
  `${near === undefined ? '' : `Did you mean ${near}? `}Call ${call('list_endpoints')} to see the existing names.`;

const noModel = (refusal: Refusal) =>
  `The registry has no such model, version or alias, or the caller may not see it.${versions(refusal, 'shows similar names.')}`;

const THREE_PARTS = /\bendpoint with name '[^'.]+\.[^'.]+\.[^'.]+'/i;

export const NAMES: readonly Row[] = [
  {
    id: 'endpoint_unknown',
    words: ['The given endpoint does not exist, please retry after checking', 'The given endpoint does not exist'],
    again: false,
    who: 'caller',
    inside: `The model called an endpoint that does not exist. Its author corrects the name. ${call('list_endpoints')} lists the names.`,
    say(refusal) {
      if (!isInference(refusal)) return otherNames(refusal);
      const names = isEntity(refusal) ? 'endpoint or the entity' : 'endpoint';
      return `The name of the ${names} is wrong, or it does not serve yet. ${look(refusal)}`;
    },
  },
  {
    id: 'endpoint_unknown_control',
    words: [
      "Endpoint with name '…' does not exist",
      "Inference endpoint with ID '…' does not exist",
      "Endpoint with name '",
    ],
    again: false,
    who: 'caller',
    say: otherNames,
  },
  {
    // This route names the endpoint and nothing else.
    id: 'endpoint_unknown_by_route',
    words: [],
    codes: ['RESOURCE_DOES_NOT_EXIST'],
    when: ({ path, status }) => status === 404 && /^\/api\/2\.0\/serving-endpoints\/[^/]+$/.test(path),
    order: 'last',
    again: false,
    who: 'caller',
    say: otherNames,
  },
  {
    id: 'model_service_in_sql',
    words: ["Endpoint with name '…' does not exist"],
    when: ({ layers, by, path }) =>
      by !== 'provider' && !path.includes('/apps') && layers.some((text) => THREE_PARTS.test(text)),
    again: false,
    who: 'caller',
    say: 'A name with three parts is a model service or a model, not an endpoint. Call model services over REST. ai_query takes serving endpoints and models of system.ai.',
  },
  {
    id: 'app_resource_unknown',
    words: ["Endpoint with name 'system.ai."],
    when: ({ path }) => path.includes('/apps'),
    order: 'first',
    again: false,
    who: 'caller',
    say: 'A name of system.ai is a model service, which is another kind of resource. An app declares a serving endpoint by the name of the endpoint.',
  },
  {
    id: 'foundation_model_unknown',
    words: ['Failed to find MT LLM Endpoint for requested endpoint'],
    again: false,
    who: 'caller',
    say: `The foundation model was retired or renamed, or this region lacks it. ${call('list_foundation_models')} lists those that this workspace has.`,
  },
  {
    id: 'invocation_path_wrong',
    words: ['Path must be of form /serving-endpoints/'],
    again: false,
    who: 'caller',
    say: 'The path of the query is wrong. A caller names the endpoint in the path (/serving-endpoints/NAME/invocations) or in the field model, not in both.',
  },
  {
    id: 'no_such_api',
    words: ["No API found for '"],
    again: false,
    who: 'caller',
    say: 'The workspace has no such route, or not with this HTTP verb. No name in the call is the cause. The message shows both as the service read them.',
  },
  {
    id: 'model_unknown',
    words: [
      "Registered model '…' does not exist",
      "Routine or Model '…' does not exist",
      "Model Version '…' does not exist",
      "Alias '…' does not exist",
      "Model version '…' does not exist",
      'RegisteredModel … does not exist',
    ],
    again: false,
    who: 'caller',
    say: noModel,
  },
  {
    // This route names a model and what belongs to it, and nothing else.
    id: 'model_unknown_by_route',
    words: [],
    codes: ['RESOURCE_DOES_NOT_EXIST'],
    when: (refusal) => refusal.status === 404 && isRegistry(refusal),
    order: 'last',
    again: false,
    who: 'caller',
    say: noModel,
  },
  {
    id: 'entity_unknown',
    words: ["Served model with name '…' does not exist", "Served entity with name '…' does not exist"],
    again: false,
    who: 'caller',
    say: (refusal) => `The endpoint has no such served entity, or the entity has no container. ${look(refusal)}`,
  },
  {
    id: 'entity_unknown_by_route',
    words: [],
    codes: ['RESOURCE_DOES_NOT_EXIST'],
    when: (refusal) => refusal.status === 404 && isEntity(refusal),
    order: 'last',
    again: false,
    who: 'caller',
    say: (refusal) => `The endpoint has no such served entity, or the entity has no container. ${look(refusal)}`,
  },
  {
    id: 'model_service_hidden',
    words: [],
    when: ({ status, path }) => status === 404 && /^\/ai-gateway\/|\/model-services\b/.test(path),
    order: 'last',
    again: false,
    who: 'object owner',
    say: 'The name is wrong, or the caller may not see what it names. The owner grants EXECUTE, USE SCHEMA and USE CATALOG, which apply within two minutes.',
  },
  {
    id: 'app_unknown',
    words: ['does not exist or is deleted'],
    when: ({ path, layers }) => path.includes('/apps') || layers.some((text) => /\bapp\b/i.test(text)),
    again: false,
    who: 'caller',
    say: 'No app has this name. Correct the name, or create the app first.',
  },
  {
    id: 'principal_unknown',
    words: ['Principal: … does not exist', 'Could not find principal with name'],
    again: false,
    who: 'caller',
    say: 'The workspace has no such user, group or service principal. Correct the name, or ask an admin to add it to the workspace.',
  },
];

import * as z from 'zod';
import { differences } from '../src/plan/diff.ts';
import { differing, serviceView, UNITY_GATEWAY } from '../src/plan/model-service.ts';
import { planRouting } from '../src/plan/service-routing.ts';
import { call, Refusal, type ToolResult } from '../src/refusal.ts';
import { ApiError } from '../src/rest/errors.ts';
import type { Http } from '../src/rest/http.ts';
import { type ModelService, modelServices, providerServices } from '../src/rest/index.ts';
import { defined } from '../src/rest/json.ts';
import type { MaskPath, ServiceInput } from '../src/rest/model-services.ts';
import { defineWrite, type ToolContext } from '../src/tool.ts';
import { type Step, serviceSubject, step } from '../src/write/planned-write.ts';
import { TAKES_EFFECT } from './model-services/edit.ts';
import {
  checkRouting,
  comment,
  destinations,
  fallbacks,
  inferenceTable,
  modelService,
  tableOf,
} from './model-services/routing.ts';
import { tableView } from './model-services/view.ts';
import { dryRun } from './params.ts';
import { refuseProblems } from './shared/preflight.ts';
import { ownerMay } from './shared/who-may.ts';

export const createModelService = defineWrite({
  name: 'create_model_service',
  title: 'Create a model service',
  effect: 'write',
  toolsets: ['gateway'],
  needs: ['catalog'],
  description:
    'Creates a model service of Unity Gateway, which routes to foundation models, providers or provisioned throughput. For your own models use create_endpoint.',
  input: z.strictObject({
    model_service: modelService,
    destinations: destinations.describe(
      '{model: "system.ai.…", percent}, {provider: "catalog.schema.name", model} or {endpoint} with provisioned throughput.',
    ),
    fallbacks,
    inference_table: inferenceTable,
    comment,
    dry_run: dryRun,
  }),
  output: z.looseObject({ changed: z.boolean().optional(), undo: z.string().optional() }),
  synonyms: new Map([['endpoint', ['model_service']]]),

  async plan(args, context) {
    const { model_service: name, comment, inference_table } = args;
    const { http } = context;
    const routing = planRouting(undefined, { destinations: args.destinations, remove: [], fallbacks: args.fallbacks });
    const [{ problems, routed, endpointModels }, existing, provider] = await Promise.all([
      checkRouting(routing, http),
      find(http, name),
      // Without a clear answer, the service decides.
      providerServices.get(http, name).catch(() => undefined),
    ]);
    const taken = [
      ...(existing && problems.length > 0 ? [`model service ${name} already exists`] : []),
      ...(provider && !existing ? [`${name} is the name of a provider service: choose another one`] : []),
    ];
    refuseProblems([...taken, ...problems]);
    const fallback = routing.fallbacks.length > 0 ? { fallback: { destinations: routing.fallbacks } } : {};
    const body: ServiceInput = {
      ...defined({ comment: comment || undefined }),
      config: {
        routing: { destinations: routing.destinations, ...fallback },
        ...(inference_table ? { inference_table: tableOf(inference_table) } : {}),
      },
    };
    const subject = serviceSubject(name);
    const answer = { model_service: name, gateway: UNITY_GATEWAY, availability: 'may be in preview in your region' };
    if (existing) {
      const unchanged = existingAnswer(name, existing, body);
      return { subject, before: undefined, service: existing, changes: [], steps: [], answer, unchanged, undo: [] };
    }
    return {
      subject,
      before: undefined,
      endpointModels,
      ...(await ownerMay('caller', routed, context)),
      changes: [{ field: 'model_service', to: name }],
      steps: [createStep(name, body, context)],
      answer,
      undo: [{ tool: 'delete_endpoint', args: { endpoint: name } }],
    };
  },
});

/** The fields that a create gives. */
function given({ comment, config }: ServiceInput): MaskPath[] {
  return [
    ...(comment === undefined ? [] : (['comment'] as const)),
    'config.routing.destinations',
    'config.routing.fallback.destinations',
    ...(config.inference_table ? (['config.inference_table'] as const) : []),
  ];
}

/** @throws Refusal when the service that has the name is not the one that the call asks for. */
function existingAnswer(name: string, existing: ModelService, body: ServiceInput): ToolResult {
  if (differing(body, given(body), existing).length === 0)
    return { note: 'a model service with this name exists and routes so already' };
  throw new Refusal(
    'name_taken',
    `model service ${name} already exists with other settings (in differs, from is its current value)`,
    `Choose another name, or change it with update_model_service. ${call('get_endpoint', { endpoint: name })} shows it.`,
    { differs: differences(serviceView(existing), { ...serviceView(existing), ...serviceView(body) }).slice(0, 20) },
  );
}

function createStep(name: string, body: ServiceInput, { http }: ToolContext): Step {
  return step<ModelService>({
    what: 'create_service',
    label: 'the model service',
    target: name,
    request: modelServices.create(name, body),
    async lost() {
      const found = await find(http, name);
      return found && differing(body, given(body), found).length === 0 ? { answer: found, ours: false } : undefined;
    },
    reach: async (made) => ({
      kind: 'reached',
      // A service has no id. The time of its creation tells it from a later one of the same name.
      endpointId: made.create_time,
      view: {
        ...defined({
          destinations: serviceView(made).destinations,
          fallbacks: serviceView(made).fallbacks,
          inference_table: made.config && tableView(made.config),
        }),
        owner: made.effective_owner,
        takes_effect: TAKES_EFFECT,
        next: call('update_permissions', { endpoint: name, grant: [{ principal: 'GROUP', level: 'EXECUTE' }] }),
      },
    }),
  });
}

/** The service of a name. Undefined when there is none that the caller may see. */
async function find(http: Http, name: string): Promise<ModelService | undefined> {
  try {
    return await modelServices.get(http, name);
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}

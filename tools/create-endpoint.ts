import * as z from 'zod';
import type { CreateInput } from '../src/rest/endpoints.ts';
import { ApiError } from '../src/rest/errors.ts';
import { type Endpoint, endpoints } from '../src/rest/index.ts';
import { call, defineTool, Refusal, type ToolContext } from '../src/tool.ts';
import { beforeWriting, onceOnly } from '../src/write.ts';
import { environmentVars } from './environment.ts';
import { readyVersion } from './model-version.ts';
import { endpoint, model, version, waitSeconds, writeParams } from './params.ts';
import { brief } from './view.ts';
import { awaitEndpoint } from './waiting.ts';

export const createEndpoint = defineTool({
  name: 'create_endpoint',
  title: 'Create an endpoint',
  effect: 'write',
  description:
    'Creates an endpoint that serves one version of a Unity Catalog model. Checks first that the version is READY and the name free. Deployment takes minutes: go on with wait_for_endpoint. For a new version on an existing endpoint use swap_version.',
  input: z.strictObject({
    endpoint: endpoint.describe('Name for the new endpoint: 1-63 letters, digits, - or _.'),
    model,
    version,
    workload_size: z
      .enum(['Small', 'Medium', 'Large'])
      .default('Small')
      .describe('4, 8-16 or 16-64 concurrent requests.'),
    workload_type: z
      .enum([
        'CPU',
        'CPU_MEDIUM',
        'CPU_LARGE',
        'GPU_SMALL',
        'GPU_MEDIUM',
        'GPU_LARGE',
        'GPU_XLARGE',
        'GPU_XLARGE_8',
        'MULTIGPU_MEDIUM',
      ])
      .default('CPU'),
    scale_to_zero: z
      .boolean()
      .default(true)
      .describe('Costs nothing when idle; the first request then waits. false for production.'),
    environment_vars: environmentVars.optional(),
    description: z.string().max(1000).optional(),
    tags: z.record(z.string(), z.string()).optional(),
    wait_seconds: waitSeconds(0),
    ...writeParams,
  }),
  output: z.looseObject({
    endpoint: z.string().optional(),
    changed: z.boolean().optional(),
    outcome: z.string().optional(),
    next: z.string().optional(),
  }),

  async run(args, context) {
    const { http } = context;
    const [number, existing] = await Promise.all([
      readyVersion(http, args.model, args.version),
      find(context, args.endpoint),
    ]);
    if (existing) return answerExisting(existing, args.model, number);

    const input: CreateInput = {
      name: args.endpoint,
      config: {
        served_entities: [
          {
            entity_name: args.model,
            entity_version: number,
            workload_size: args.workload_size,
            workload_type: args.workload_type,
            scale_to_zero_enabled: args.scale_to_zero,
            ...(args.environment_vars ? { environment_vars: args.environment_vars } : {}),
          },
        ],
      },
      ...(args.description === undefined ? {} : { description: args.description }),
      ...(args.tags ? { tags: Object.entries(args.tags).map(([key, value]) => ({ key, value })) } : {}),
    };
    const request = { method: 'POST', path: endpoints.ROOT, body: input };
    const preview = beforeWriting(
      {
        endpoint: args.endpoint,
        before: undefined,
        changes: [{ field: 'endpoint', to: args.endpoint }],
        requests: [request],
      },
      args,
    );
    if (preview) return preview;

    const created = await onceOnly(
      () => endpoints.create(http, input),
      async () => {
        const found = await find(context, args.endpoint);
        return found && servesOnly(found, args.model, number) ? found : undefined;
      },
    );
    const configVersion = created.pending_config?.config_version ?? created.config?.config_version;
    const wanted = { model: args.model, version: number, ...(configVersion === undefined ? {} : { configVersion }) };
    const { verdict, view } = await awaitEndpoint(args.endpoint, wanted, args.wait_seconds, context);
    if (verdict.kind === 'failed') {
      const message = `endpoint ${args.endpoint} was created and its deployment failed: it exists and serves nothing`;
      const next = `Read ${call('get_logs', { endpoint: args.endpoint })}, then delete the endpoint or swap to a version that works.`;
      throw new Refusal('deployment_failed', message, next, { changed: true, ...view });
    }
    const again = { endpoint: args.endpoint, version: number };
    return {
      changed: true,
      version: number,
      ...view,
      next:
        verdict.kind === 'pending'
          ? call('wait_for_endpoint', again)
          : call('query_endpoint', { endpoint: args.endpoint }),
      undo: call('delete_endpoint', { endpoint: args.endpoint }),
    };
  },
});

async function find({ http }: ToolContext, name: string): Promise<Endpoint | undefined> {
  try {
    return await endpoints.get(http, name);
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}

function servesOnly(endpoint: Endpoint, model: string, version: string): boolean {
  const entities = (endpoint.pending_config ?? endpoint.config)?.served_entities ?? [];
  return entities.length === 1 && entities[0]?.entity_name === model && entities[0].entity_version === version;
}

/** Saying again what is there already changes nothing; another thing under the same name is never touched. */
function answerExisting(existing: Endpoint, model: string, version: string) {
  const name = existing.name;
  if (servesOnly(existing, model, version)) {
    const note = 'an endpoint of this name serves this version already; its other settings were not compared';
    return { changed: false, ...brief(existing), note, next: call('wait_for_endpoint', { endpoint: name, version }) };
  }
  const message = `endpoint ${name} exists already and serves something else; nothing was sent`;
  throw new Refusal(
    'name_taken',
    message,
    `Choose another name, or change it with ${call('swap_version', { endpoint: name, version })}.`,
  );
}

import * as z from 'zod';
import { inverse, planGateway } from '../src/plan/gateway.ts';
import { setsSomething } from '../src/plan/gateway-rules.ts';
import { call, Refusal } from '../src/refusal.ts';
import { effectUnknown } from '../src/rest/effect.ts';
import { endpointPath } from '../src/rest/endpoints.ts';
import type { Http } from '../src/rest/http.ts';
import { type AiGateway, endpoints } from '../src/rest/index.ts';
import { clip } from '../src/text/sanitize.ts';
import { defineTool } from '../src/tool.ts';
import { commit } from '../src/write/commit.ts';
import { checkedRecord, confirm, endpoint, writeParams } from './params.ts';
import { whatGoes } from './shared/loss-summary.ts';
import { putGateway, withWarning } from './shared/put-gateway.ts';
import { refuseEmptyChange } from './shared/refusals.ts';

const words = z.array(z.string().max(100)).max(100).nullable().optional();
const side = z
  .strictObject({
    safety: z.boolean().nullable().optional(),
    pii: z
      .strictObject({ behavior: z.enum(['NONE', 'BLOCK', 'MASK']) })
      .nullable()
      .optional(),
    invalid_keywords: words,
    valid_topics: words,
  })
  .nullable()
  .optional();
const guardrails = z.strictObject({ input: side, output: side });
const name = z.string().max(255).nullable().optional();
const table = z.strictObject({
  enabled: z.boolean().nullable().optional(),
  catalog_name: name,
  schema_name: name,
  table_name_prefix: name,
});

export const updateAiGateway = defineTool({
  name: 'update_ai_gateway',
  title: 'Change the AI Gateway',
  effect: 'write',
  description:
    'Changes single parts of an endpoint’s AI Gateway at once: usage tracking, inference table, guardrails, fallback. What is not named stays; null removes. Rate limits: set_rate_limits.',
  input: z.strictObject({
    endpoint,
    usage_tracking: z.boolean().nullable().optional().describe('null removes.'),
    inference_table: checkedRecord(table)
      .nullable()
      .optional()
      .describe('{enabled, catalog_name, schema_name, table_name_prefix}'),
    guardrails: checkedRecord(guardrails)
      .nullable()
      .optional()
      .describe(
        '{input, output}, each {safety: true, pii: {behavior: "NONE"|"MASK"|"BLOCK"}, invalid_keywords, valid_topics}',
      ),
    fallback: z.boolean().nullable().optional().describe('On 429 and 5xx try the other entities.'),
    confirm,
    ...writeParams,
  }),
  output: z.looseObject({
    changed: z.boolean().optional(),
    gateway: z.looseObject({}).optional(),
    undo: z.string().optional(),
  }),

  async run(args, context) {
    const { http } = context;
    const name = args.endpoint;
    const { usage_tracking, inference_table, guardrails, fallback } = args;
    if ([usage_tracking, inference_table, guardrails, fallback].every((part) => part === undefined))
      refuseEmptyChange(name, 'no part of the gateway was named');
    const current = await endpoints.get(http, name);
    const plan = planGateway(current.ai_gateway, {
      usage_tracking_config: switched(usage_tracking),
      inference_table_config: inference_table,
      guardrails,
      fallback_config: switched(fallback),
    });
    const path = `${endpointPath(name)}/ai-gateway`;
    const requests = plan.steps.map((body) => ({ method: 'PUT', path, body }));
    const loses = plan.dropsGuardrails ? `This weakens or removes guardrails of endpoint ${name}.` : undefined;
    const result = await commit(
      {
        subject: { kind: 'endpoint', name },
        before: current,
        changes: plan.changes,
        requests,
        undo: call('update_ai_gateway', {
          endpoint: name,
          ...undo(current.ai_gateway ?? {}, plan.steps.at(-1) ?? {}),
        }),
        ...(loses ? { loses, shows: await whatGoes(current, context) } : {}),
      },
      args,
      context,
      async (writing) => {
        const stored = await putAll(writing, name, plan.steps);
        return { endpoint: name, changed: true, changes: plan.changes, gateway: stored };
      },
      () => ({ endpoint: name, changed: false, gateway: current.ai_gateway ?? {} }),
    );
    return withWarning(result, { guardrails: setsSomething(guardrails), fallback: fallback === true }, current);
  },
});

/** Usually one block; two when an inference table moves, and then the second may fail where the first did not. */
async function putAll(http: Http, name: string, steps: AiGateway[]): Promise<AiGateway> {
  let stored: AiGateway = {};
  for (const [index, step] of steps.entries()) {
    try {
      stored = await putGateway(http, name, step);
    } catch (error) {
      if (index === 0 || !(error instanceof Error)) throw error;
      const fate = effectUnknown(error) ? 'it is not known whether the new one was set' : 'the new one was not set';
      const message = `the old inference table of ${name} was switched off, but ${fate}: ${clip(error.message, 1_000)}`;
      throw new Refusal('partly_done', message, 'Correct the names and repeat the call.', {
        changed: true,
        gateway: stored,
      });
    }
  }
  return stored;
}

function switched(enabled: boolean | null | undefined): unknown {
  return typeof enabled === 'boolean' ? { enabled } : enabled;
}

/** The arguments that bring back the parts that changed, field by field. */
function undo(before: AiGateway, after: AiGateway): Record<string, unknown> {
  const back = inverse(before, after);
  if (typeof back !== 'object' || back === null) return {};
  const { usage_tracking_config, fallback_config, inference_table_config, guardrails }: Record<string, unknown> = {
    ...back,
  };
  const enabled = (part: unknown) =>
    typeof part === 'object' && part !== null && 'enabled' in part ? part.enabled : part;
  const parts = {
    usage_tracking: enabled(usage_tracking_config),
    fallback: enabled(fallback_config),
    inference_table: inference_table_config,
    guardrails,
  };
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined));
}

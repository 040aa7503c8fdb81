import * as z from 'zod';
import { inverse, planGateway } from '../src/plan/gateway.ts';
import { setsSomething } from '../src/plan/gateway-rules.ts';
import { removedAndSet, splitRemovals, withRemovals } from '../src/plan/removals.ts';
import { type AiGateway, endpoints } from '../src/rest/index.ts';
import { defined, isObject } from '../src/rest/json.ts';
import { defineWrite } from '../src/tool.ts';
import { endpointSubject } from '../src/write/planned-write.ts';
import { checkedRecord, confirm, endpoint, writeParams } from './params.ts';
import { lossSummary } from './shared/loss-summary.ts';
import { refuseProblems } from './shared/preflight.ts';
import { gatewayStep, gatewayWarning } from './shared/put-gateway.ts';
import { refuseEmptyChange } from './shared/refusals.ts';
import { guardrails, inferenceTable } from './shared/rest-forms.ts';

const PARTS = ['usage_tracking', 'inference_table', 'guardrails', 'fallback'];
const RULE =
  /^(guardrails\.(input|output)(\.(safety|pii(\.behavior)?|invalid_keywords|valid_topics))?|inference_table\.(enabled|catalog_name|schema_name|table_name_prefix))$/;
const removable = z
  .string()
  .refine(
    (path) => PARTS.includes(path) || RULE.test(path),
    `must be ${PARTS.join(', ')}, or a part of one such as guardrails.input.pii; set_rate_limits removes rate limits`,
  );

export const updateAiGateway = defineWrite({
  name: 'update_ai_gateway',
  title: 'Change the AI Gateway',
  effect: 'write',
  description:
    'Changes individual parts of an endpoint’s AI Gateway, effective at once: usage tracking, inference table, guardrails, fallback. Parts you do not name are kept. Weakening guardrails, or stopping tracking or logging, needs the user’s approval. For rate limits use set_rate_limits.',
  input: z.strictObject({
    endpoint,
    usage_tracking: z.boolean().optional().describe('Record usage in system tables.'),
    inference_table: checkedRecord(inferenceTable)
      .optional()
      .describe('Log requests and answers: {enabled, catalog_name, schema_name, table_name_prefix}.'),
    guardrails: checkedRecord(guardrails)
      .optional()
      .describe(
        '{input, output}, each {safety: true, pii: {behavior: "NONE"|"MASK"|"BLOCK"}, invalid_keywords, valid_topics}.',
      ),
    fallback: z.boolean().optional().describe('On 429 or 5xx, try the other entities.'),
    remove: z
      .array(removable)
      .max(20)
      .optional()
      .describe('Parts to remove: ["inference_table"], or one rule: ["guardrails.input.pii"].'),
    confirm,
    ...writeParams,
  }),
  output: z.looseObject({
    changed: z.boolean().optional(),
    gateway: z.looseObject({}).optional(),
    undo: z.string().optional(),
  }),

  async plan(args, context) {
    const { http } = context;
    const { endpoint: name, usage_tracking, inference_table, guardrails, fallback, remove = [] } = args;
    const set = defined({ usage_tracking, inference_table, guardrails, fallback });
    if (Object.keys(set).length + remove.length === 0)
      refuseEmptyChange(name, 'the call names no part of the gateway to set or remove');
    refuseProblems(removedAndSet(set, remove).map((path) => `${path} is both set and removed`));
    const wish = withRemovals(set, remove);
    const current = await endpoints.get(http, name);
    const { changes, steps, losses } = planGateway(current.ai_gateway, {
      usage_tracking_config: switched(wish.usage_tracking),
      inference_table_config: wish.inference_table,
      guardrails: wish.guardrails,
      fallback_config: switched(wish.fallback),
    });
    const after = steps.at(-1) ?? {};
    return {
      subject: endpointSubject(name),
      before: current,
      changes,
      steps: steps.map((gateway, at) =>
        gatewayStep(name, gateway, labelOf(at, steps.length), context, (stored) => ({ changes, gateway: stored })),
      ),
      answer: { endpoint: name },
      unchanged: { gateway: current.ai_gateway ?? {} },
      warning: gatewayWarning({ guardrails: setsSomething(guardrails), fallback: fallback === true }, current),
      undo: [{ tool: 'update_ai_gateway', args: { endpoint: name, ...undo(current.ai_gateway ?? {}, after) } }],
      consentReason: losses.length > 0 ? `This ${losses.join(' and ')} of endpoint ${name}.` : undefined,
      consentDetails: losses.length > 0 ? await lossSummary(current, context) : undefined,
    };
  },
});

/** Usually one step. Moving an inference table takes two: the old one is switched off first. */
function labelOf(at: number, count: number): string {
  if (count === 1) return 'gateway';
  return at === 0 ? 'the old inference table' : 'the new inference table';
}

function switched(enabled: unknown): unknown {
  return typeof enabled === 'boolean' ? { enabled } : enabled;
}

/** The arguments that restore the changed parts, field by field. */
function undo(before: AiGateway, after: AiGateway): Record<string, unknown> {
  const back = inverse(before, after);
  if (!isObject(back)) return {};
  const { usage_tracking_config, fallback_config, inference_table_config, guardrails } = back;
  const enabled = (part: unknown) => (isObject(part) && 'enabled' in part ? part.enabled : part);
  const { set, remove } = splitRemovals(
    defined({
      usage_tracking: enabled(usage_tracking_config),
      fallback: enabled(fallback_config),
      inference_table: inference_table_config,
      guardrails,
    }),
  );
  return { ...set, ...(remove.length > 0 ? { remove } : {}) };
}

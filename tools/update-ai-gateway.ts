import * as z from 'zod';
import type { FieldDiff } from '../src/plan/diff.ts';
import { inverse, planGateway } from '../src/plan/gateway.ts';
import { setsSomething } from '../src/plan/gateway-rules.ts';
import { LEGACY_GATEWAY } from '../src/plan/model-service.ts';
import { removedAndSet, splitRemovals, withRemovals } from '../src/plan/removals.ts';
import { call, Refusal } from '../src/refusal.ts';
import { notAccepted } from '../src/rest/effect.ts';
import { ApiError } from '../src/rest/errors.ts';
import { type AiGateway, type Endpoint, endpoints } from '../src/rest/index.ts';
import { defined, isObject } from '../src/rest/json.ts';
import { errorMessage } from '../src/text/error-message.ts';
import { clip } from '../src/text/sanitize.ts';
import { defineWrite, type ToolContext } from '../src/tool.ts';
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

const input = z.strictObject({
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
});
type Args = z.output<typeof input>;

export const updateAiGateway = defineWrite({
  name: 'update_ai_gateway',
  title: 'Change the AI Gateway',
  effect: 'write',
  toolsets: ['gateway'],
  asks: [['usage_tracking', 'inference_table', 'guardrails', 'fallback', 'remove']],
  description:
    'Changes parts of an endpoint’s AI Gateway at once: usage tracking, inference table, guardrails, fallback; the others stay. Weakening guardrails, or stopping tracking or logging, needs the user’s approval. For limits use set_rate_limits.',
  input,
  output: z.looseObject({
    changed: z.boolean().optional(),
    ai_gateway: z.looseObject({}).optional(),
    undo: z.string().optional(),
  }),

  async plan(args, context) {
    const { http } = context;
    const { endpoint: name, usage_tracking, inference_table, guardrails, fallback, remove = [] } = args;
    const set = defined({ usage_tracking, inference_table, guardrails, fallback });
    if (Object.keys(set).length + remove.length === 0)
      refuseEmptyChange(name, 'the call names no part of the gateway to set or remove');
    refuseProblems(removedAndSet(set, remove).map((path) => `${path} is both set and removed`));
    const current = await endpoints.get(http, name);
    const resumed = await resumedMove(args, current, context);
    const wish = withRemovals({ ...set, ...(resumed ? { inference_table: resumed } : {}) }, remove);
    const plan = planGateway(current.ai_gateway, {
      usage_tracking_config: switched(wish.usage_tracking),
      inference_table_config: wish.inference_table,
      guardrails: wish.guardrails,
      fallback_config: switched(wish.fallback),
    });
    const { changes, steps, losses } = plan;
    const after = steps.at(-1) ?? {};
    const back = undo(current.ai_gateway ?? {}, after);
    // While the table moves, it is off. So both the repeated call and the undo name it whole.
    const movedTable = resumed
      ? { ...tableArgs(current.ai_gateway?.inference_table_config), enabled: true }
      : plan.movedTable;
    const repeatArgs = movedTable ? { ...args, inference_table: tableArgs(after.inference_table_config) } : args;
    return {
      subject: endpointSubject(name),
      before: current,
      changes,
      steps: steps.map((gateway, at) => ({
        ...gatewayStep(
          { name, before: steps[at - 1] ?? current.ai_gateway ?? {} },
          gateway,
          labelOf(at, steps.length),
          context,
          (stored) => ({ changes, ai_gateway: stored }),
        ),
        ...(at > 0 ? { explain: (error: unknown, known: boolean) => stillOff(repeatArgs, error, known) } : {}),
      })),
      answer: { endpoint: name, gateway: LEGACY_GATEWAY },
      unchanged: { ai_gateway: current.ai_gateway ?? {} },
      warning: warningOf(current, after, args),
      repeatArgs,
      undo: [
        {
          tool: 'update_ai_gateway',
          args: { endpoint: name, ...back, ...(movedTable ? { inference_table: tableArgs(movedTable) } : {}) },
        },
      ],
      consentReason: losses.length > 0 ? `This ${losses.join(' and ')} of endpoint ${name}.` : undefined,
      consentDetails: losses.length > 0 ? await lossSummary(current, context) : undefined,
    };
  },
});

/**
 * The whole new table, when an interrupted call of these arguments had switched the old one off. The repeated call does not name `enabled`, so the
 * new table would stay off.
 */
async function resumedMove(
  args: Args,
  { ai_gateway }: Endpoint,
  { isRepeat }: ToolContext,
): Promise<Record<string, unknown> | undefined> {
  const there = tableArgs(ai_gateway?.inference_table_config);
  if (!args.inference_table || args.inference_table.enabled !== undefined || there.enabled !== false) return undefined;
  const whole = tableArgs({ ...there, ...args.inference_table, enabled: true });
  const moved = (changes: readonly FieldDiff[]) =>
    changes.some(({ field }) => field.startsWith('inference_table_config.'));
  return (await isRepeat({ ...args, inference_table: whole }, moved)) ? whole : undefined;
}

/** An inference table as this tool takes it, without fields that the service adds. */
function tableArgs(table: unknown): Record<string, unknown> {
  const { enabled, catalog_name, schema_name, table_name_prefix } = isObject(table) ? table : {};
  return defined({ enabled, catalog_name, schema_name, table_name_prefix });
}

function warningOf(current: Endpoint, { inference_table_config: table }: AiGateway, args: Args): string | undefined {
  const { guardrails, fallback, inference_table } = args;
  const off = inference_table && inference_table.enabled === undefined && isObject(table) && table.enabled === false;
  const parts = [
    ...(off ? ['The inference table is off. Give enabled: true to switch it on.'] : []),
    gatewayWarning({ guardrails: setsSomething(guardrails), fallback: fallback === true }, current),
  ].filter((each) => each !== undefined);
  return parts.join(' ') || undefined;
}

/** The second step of a move failed. The error alone would not say that nothing is logged meanwhile. */
function stillOff(args: Record<string, unknown>, error: unknown, known: boolean): Refusal {
  const { dry_run: _form, confirm: _agreed, if_fingerprint: _seen, ...again } = args;
  const refused = error instanceof ApiError && known && !notAccepted(error);
  const next = refused
    ? 'Choose other names and give enabled: true, or make the call in undo to go back.'
    : `Repeat ${call('update_ai_gateway', defined(again))}. It switches only the new table on. To go back, make the call in undo.`;
  const state = known ? 'the new one was not switched on' : 'the new one may or may not be on: the reply was lost';
  return new Refusal(
    'table_not_moved',
    `the old inference table is switched off, and ${state}; without a table, requests are not logged`,
    next,
    { cause: clip(errorMessage(error), 1_000) },
  );
}

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

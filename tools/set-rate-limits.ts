import * as z from 'zod';
import { planRateLimits } from '../src/plan/rate-limits.ts';
import { Refusal, type ToolCall } from '../src/refusal.ts';
import { type AiGateway, endpoints } from '../src/rest/index.ts';
import { defineWrite } from '../src/tool.ts';
import { endpoint, writeParams } from './params.ts';
import { withPrincipals } from './shared/limit-principals.ts';
import { refuseProblems } from './shared/preflight.ts';
import { gatewayStep, gatewayWarning } from './shared/put-gateway.ts';
import { refuseEmptyChange } from './shared/refusals.ts';

const key = z.enum(['endpoint', 'user', 'user_group', 'service_principal']);
const principal = z.string().min(1).max(255).optional();

export const setRateLimits = defineWrite({
  name: 'set_rate_limits',
  title: 'Set rate limits',
  effect: 'write',
  description:
    'Adds, changes or removes single rate limits of an endpoint, per minute; takes effect at once. Limits that are not named, guardrails, usage tracking, fallback and inference table stay. 0 lets nobody through.',
  input: z.strictObject({
    endpoint,
    set: z
      .array(
        z
          .strictObject({
            key: key.describe(
              'Whom it limits: everybody together (endpoint), each user, a group, a service principal.',
            ),
            principal: principal.describe('Group name, user e-mail or application id of the service principal.'),
            calls: z.int().min(0).max(1e9).optional().describe('Calls a minute.'),
            tokens: z.int().min(0).max(1e12).optional().describe('Tokens a minute, instead of calls.'),
          })
          .refine(
            (limit) => (limit.calls === undefined) !== (limit.tokens === undefined),
            'give either calls or tokens',
          )
          .refine(needsPrincipal, 'needs principal: which group or service principal')
          .refine(
            (limit) => limit.key !== 'endpoint' || limit.principal === undefined,
            'the endpoint limit takes no principal',
          ),
      )
      .max(50)
      .default([]),
    remove: z
      .array(z.strictObject({ key, principal, unit: z.enum(['calls', 'tokens']).optional() }))
      .max(50)
      .default([]),
    ...writeParams,
  }),
  output: z.looseObject({
    changed: z.boolean().optional(),
    rate_limits: z.array(z.looseObject({})).optional(),
    undo: z.string().optional(),
  }),

  async plan(args, context) {
    const { http } = context;
    const { endpoint: name } = args;
    if (args.set.length + args.remove.length === 0) refuseEmptyChange(name, 'neither set nor remove was given');
    const current = await endpoints.get(http, name);
    const [set, remove] = await Promise.all([
      withPrincipals(http, args.set, current.ai_gateway),
      withPrincipals(http, args.remove, current.ai_gateway),
    ]);
    refuseProblems([...set.problems, ...remove.problems]);
    const wish = { set: set.limits, remove: remove.limits };
    const { gateway, changes, notFound } = planRateLimits(current.ai_gateway, wish);
    if (notFound.length > 0) {
      const message = `there is no such limit to remove: ${notFound.map(limitRef).join(', ')}`;
      throw new Refusal('limit_not_found', message, 'Remove only limits that exist.', {
        rate_limits: current.ai_gateway?.rate_limits ?? [],
      });
    }
    const view = ({ rate_limits }: AiGateway) => ({ rate_limits: rate_limits ?? [] });
    return {
      subject: { kind: 'endpoint', name },
      before: current,
      changes,
      steps: [gatewayStep(name, gateway, 'rate limits', context, (stored) => ({ changes, ...view(stored) }))],
      answer: { endpoint: name },
      unchanged: view(gateway),
      warning: gatewayWarning({ tokenLimits: args.set.some((limit) => limit.tokens !== undefined) }, current),
      undo: [undo(name, current.ai_gateway, gateway)],
    };
  },
});

function needsPrincipal(limit: { key: string; principal?: string | undefined }): boolean {
  return limit.principal !== undefined || limit.key === 'endpoint' || limit.key === 'user';
}

function limitRef(ref: { key: string; principal?: string | undefined; unit?: string | undefined }): string {
  return [ref.key, ref.principal, ref.unit].filter(Boolean).join(' ');
}

/** The call that brings the limits back to what they were. */
function undo(name: string, before: AiGateway | undefined, after: AiGateway): ToolCall {
  const ref = (limit: NonNullable<AiGateway['rate_limits']>[number]) => ({
    key: limit.key ?? 'endpoint',
    ...(limit.principal === undefined ? {} : { principal: limit.principal }),
  });
  const id = (limit: NonNullable<AiGateway['rate_limits']>[number]) =>
    JSON.stringify([ref(limit), limit.calls === undefined]);
  const old = before?.rate_limits ?? [];
  const now = after.rate_limits ?? [];
  const set = old
    .filter(
      (limit) =>
        !now.some((each) => id(each) === id(limit) && each.calls === limit.calls && each.tokens === limit.tokens),
    )
    .map((limit) => ({
      ...ref(limit),
      ...(limit.calls === undefined ? { tokens: limit.tokens } : { calls: limit.calls }),
    }));
  const remove = now
    .filter((limit) => !old.some((each) => id(each) === id(limit)))
    .map((limit) => ({ ...ref(limit), unit: limit.calls === undefined ? 'tokens' : 'calls' }));
  const args = { endpoint: name, ...(set.length > 0 ? { set } : {}), ...(remove.length > 0 ? { remove } : {}) };
  return { tool: 'set_rate_limits', args };
}

import * as z from 'zod';
import { planRateLimits } from '../src/plan/rate-limits.ts';
import { call, Refusal } from '../src/refusal.ts';
import { endpointPath } from '../src/rest/endpoints.ts';
import { type AiGateway, endpoints } from '../src/rest/index.ts';
import { defineTool } from '../src/tool.ts';
import { commit } from '../src/write/commit.ts';
import { endpoint, writeParams } from './params.ts';
import { withPrincipals } from './shared/limit-principals.ts';
import { refuseProblems } from './shared/preflight.ts';
import { putGateway, withWarning } from './shared/put-gateway.ts';
import { refuseEmptyChange } from './shared/refusals.ts';

const key = z.enum(['endpoint', 'user', 'user_group', 'service_principal']);
const principal = z.string().min(1).max(255).optional();

export const setRateLimits = defineTool({
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

  async run(args, context) {
    const { http } = context;
    const name = args.endpoint;
    if (args.set.length + args.remove.length === 0) refuseEmptyChange(name, 'neither set nor remove was given');
    const current = await endpoints.get(http, name);
    const [set, remove] = await Promise.all([
      withPrincipals(http, args.set, current.ai_gateway),
      withPrincipals(http, args.remove, current.ai_gateway),
    ]);
    refuseProblems([...set.problems, ...remove.problems]);
    const { gateway, changes, notFound } = planRateLimits(current.ai_gateway, {
      set: set.limits,
      remove: remove.limits,
    });
    if (notFound.length > 0) {
      const message = `there is no such limit to remove: ${notFound.map(limitRef).join(', ')}; nothing was sent`;
      throw new Refusal('limit_not_found', message, 'Remove only limits that exist.', {
        rate_limits: current.ai_gateway?.rate_limits ?? [],
      });
    }
    const request = { method: 'PUT', path: `${endpointPath(name)}/ai-gateway`, body: gateway };
    const result = await commit(
      {
        subject: { kind: 'endpoint', name },
        before: current,
        changes,
        requests: [request],
        undo: undo(name, current.ai_gateway, gateway),
      },
      args,
      context,
      async (writing) => {
        const stored = await putGateway(writing, name, gateway);
        const rate_limits = stored.rate_limits ?? [];
        return { endpoint: name, changed: true, changes, rate_limits };
      },
      () => ({ endpoint: name, changed: false, rate_limits: gateway.rate_limits ?? [] }),
    );
    return withWarning(result, { tokenLimits: args.set.some((limit) => limit.tokens !== undefined) }, current);
  },
});

function needsPrincipal(limit: { key: string; principal?: string | undefined }): boolean {
  return limit.principal !== undefined || limit.key === 'endpoint' || limit.key === 'user';
}

function limitRef(ref: { key: string; principal?: string | undefined; unit?: string | undefined }): string {
  return [ref.key, ref.principal, ref.unit].filter(Boolean).join(' ');
}

/** The call that brings the limits back to what they were. */
function undo(name: string, before: AiGateway | undefined, after: AiGateway): string {
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
  return call('set_rate_limits', {
    endpoint: name,
    ...(set.length > 0 ? { set } : {}),
    ...(remove.length > 0 ? { remove } : {}),
  });
}

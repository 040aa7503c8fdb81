import * as z from 'zod';
import { isFoundationModel } from '../src/plan/foundation.ts';
import { LEGACY_GATEWAY } from '../src/plan/model-service.ts';
import { planRateLimits } from '../src/plan/rate-limits.ts';
import { call, Refusal, type ToolCall } from '../src/refusal.ts';
import type { RateLimit } from '../src/rest/endpoints.ts';
import { type AiGateway, type Endpoint, endpoints } from '../src/rest/index.ts';
import { defined } from '../src/rest/json.ts';
import { isServiceName } from '../src/rest/names.ts';
import { allWarnings } from '../src/text/all-warnings.ts';
import { defineWrite } from '../src/tool.ts';
import { endpointSubject } from '../src/write/planned-write.ts';
import { limitService } from './model-services/limits.ts';
import { principal, target, writeParams } from './params.ts';
import { refuseProblems } from './shared/preflight.ts';
import { gatewayStep, gatewayWarning } from './shared/put-gateway.ts';
import { refuseEmptyChange } from './shared/refusals.ts';
import { limitText, wantedLimits, zeroWarning } from './shared/wanted-limits.ts';

/** Limits of several keys combine (fact G11). */
const key = z.enum(['endpoint', 'user', 'user_group', 'service_principal']);
const who = principal.optional();
const period = z.enum(['minute', 'hour']).optional();

export const setRateLimits = defineWrite({
  name: 'set_rate_limits',
  title: 'Set rate limits',
  effect: 'write',
  toolsets: ['gateway'],
  services: true,
  asks: [['set', 'remove']],
  description:
    'Adds, changes or removes single rate limits of an endpoint or model service; all others stay. 0 blocks all requests. For all else use update_ai_gateway or update_model_service.',
  input: z.strictObject({
    endpoint: target,
    set: z
      .array(
        z
          .strictObject({
            key: key.describe('endpoint: all callers together. user: each user. user_group: its members together.'),
            principal: who.describe('Group, e-mail, or name or application id of a service principal.'),
            calls: z.int().min(0).max(1e9).optional().describe('Calls per minute.'),
            tokens: z.int().min(0).max(1e12).optional().describe('Tokens, instead of calls.'),
            period: period.describe('hour: model services only.'),
          })
          .refine(
            (limit) => (limit.calls === undefined) !== (limit.tokens === undefined),
            'give either calls or tokens',
          )
          .refine(hasPrincipal, 'needs principal: the group or service principal')
          .refine(
            (limit) => limit.key !== 'endpoint' || limit.principal === undefined,
            'the endpoint limit takes no principal',
          ),
      )
      .max(50)
      .default([])
      .describe('Limits to add or change.'),
    remove: z
      .array(z.strictObject({ key, principal: who, unit: z.enum(['calls', 'tokens']).optional(), period }))
      .max(50)
      .default([])
      .describe('Limits to remove.'),
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
    if (args.set.length + args.remove.length === 0) refuseEmptyChange(name, 'the call has neither set nor remove');
    if (isServiceName(name)) return limitService(name, args, context);
    refuseHours(args);
    const current = await endpoints.get(http, name);
    const wish = await wantedLimits(
      http,
      { set: args.set.map(withoutPeriod), remove: args.remove.map(withoutPeriod) },
      current.ai_gateway?.rate_limits ?? [],
    );
    const { gateway, changes, notFound } = planRateLimits(current.ai_gateway, wish);
    if (notFound.length > 0 && !(await context.isRepeat())) {
      const message = `these limits to remove do not exist: ${notFound.map(limitText).join(', ')}`;
      throw new Refusal('limit_not_found', message, 'Remove only limits listed in rate_limits.', {
        rate_limits: current.ai_gateway?.rate_limits ?? [],
      });
    }
    const view = ({ rate_limits }: AiGateway) => ({ rate_limits: rate_limits ?? [] });
    return {
      subject: endpointSubject(name),
      before: current,
      changes,
      steps: [
        gatewayStep({ name, before: current.ai_gateway ?? {} }, gateway, 'rate limits', context, (stored) => ({
          changes,
          ...view(stored),
        })),
      ],
      answer: { endpoint: name, gateway: LEGACY_GATEWAY },
      unchanged: view(gateway),
      warning: allWarnings(
        gatewayWarning({ tokenLimits: args.set.some((limit) => limit.tokens !== undefined) }, current),
        zeroWarning(args.set),
        otherGateway(current),
      ),
      undo: [undo(name, current.ai_gateway, gateway)],
    };
  },
});

/** The gateway of an endpoint counts per minute and has no other period (fact G6). */
function refuseHours({
  set,
  remove,
}: {
  set: { period?: string | undefined }[];
  remove: { period?: string | undefined }[];
}): void {
  if (![...set, ...remove].some(({ period }) => period === 'hour')) return;
  refuseProblems(['the limits of an endpoint count per minute; only those of a model service can count per hour']);
}

/** Limits of a foundation model hold on the routes of endpoints alone. Unity Gateway has limits of its own for the same model (fact V9). */
function otherGateway(current: Endpoint): string | undefined {
  if (!isFoundationModel(current)) return undefined;
  const [entity] = endpoints.entitiesOf(current.config);
  const service = entity?.foundation_model?.name ?? entity?.entity_name ?? '';
  const limit = isServiceName(service)
    ? call('set_rate_limits', { endpoint: service, set: [{ key: 'endpoint', calls: 60 }] })
    : 'set_rate_limits on a model service';
  return `These limits hold for requests to /serving-endpoints. Requests for the same model to Unity Gateway (/ai-gateway) have the limits of its model service: ${limit}.`;
}

function withoutPeriod<Limit extends { period?: unknown }>({ period: _, ...limit }: Limit): Omit<Limit, 'period'> {
  return limit;
}

function hasPrincipal(limit: { key: string; principal?: string | undefined }): boolean {
  return limit.principal !== undefined || limit.key === 'endpoint' || limit.key === 'user';
}

/** The call that restores the earlier limits. */
function undo(name: string, before: AiGateway | undefined, after: AiGateway): ToolCall {
  const ref = ({ key = 'endpoint', principal }: RateLimit) => defined({ key, principal });
  const id = (limit: RateLimit) => JSON.stringify([ref(limit), limit.calls === undefined]);
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

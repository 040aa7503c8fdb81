/** `set_rate_limits` on a model service: a GET and a PATCH, whatever the number of limits. */
import { UNITY_GATEWAY } from '../../src/plan/model-service.ts';
import type { LimitWish } from '../../src/plan/rate-limits.ts';
import {
  inverseLimits,
  limitRows,
  type Period,
  planServiceLimits,
  type ServiceLimitRef,
} from '../../src/plan/service-limits.ts';
import { Refusal } from '../../src/refusal.ts';
import type { ServiceLimit } from '../../src/rest/model-services.ts';
import type { ToolContext } from '../../src/tool.ts';
import { type PlannedWrite, serviceSubject } from '../../src/write/planned-write.ts';
import { limitText, type WantedLimits, wantedLimits, zeroWarning } from '../shared/wanted-limits.ts';
import { editStep } from './edit.ts';
import { existingService } from './existing.ts';

/** Plans the new list of limits. All other fields of the service stay. */
export async function limitService(
  name: string,
  { set, remove }: WantedLimits<LimitWish & { period?: Period }, ServiceLimitRef>,
  context: ToolContext,
): Promise<PlannedWrite> {
  const before = await existingService(name, { endpoint: name, set, remove }, context);
  const current = before.config?.rate_limits ?? [];
  refuseHidden(name, current);
  const timed = set.map((limit) => ({ ...limit, period: limit.period ?? ('minute' as const) }));
  const wish = await wantedLimits(context.http, { set: timed, remove }, limitRows(current), true);
  const { limits, changes, notFound } = planServiceLimits(current, wish);
  if (notFound.length > 0 && !(await context.isRepeat())) {
    const message = `these limits to remove do not exist: ${notFound.map(limitText).join(', ')}`;
    throw new Refusal('limit_not_found', message, 'Remove only limits listed in rate_limits.', {
      rate_limits: limitRows(current),
    });
  }
  const view = (list: readonly ServiceLimit[]) => ({ rate_limits: limitRows(list).slice(0, MAX_ROWS) });
  const back = inverseLimits(current, limits);
  const body = { config: { rate_limits: limits } };
  return {
    subject: serviceSubject(name),
    before: undefined,
    service: before,
    changes,
    steps: [
      editStep({ name, before, mask: ['config.rate_limits'], body, label: 'rate limits' }, context, (after) => ({
        changes,
        ...view(after.config?.rate_limits ?? []),
      })),
    ],
    answer: { model_service: name, gateway: UNITY_GATEWAY },
    unchanged: view(limits),
    warning: zeroWarning(set),
    undo: [
      {
        tool: 'set_rate_limits',
        args: {
          endpoint: name,
          ...(back.set.length > 0 ? { set: back.set } : {}),
          ...(back.remove.length > 0 ? { remove: back.remove } : {}),
        },
      },
    ],
  };
}

/** Limits in an answer. */
const MAX_ROWS = 50;

/** Keys whose limits have a principal (fact V7). */
const OF_PRINCIPALS = ['RATE_LIMIT_KEY_USER', 'RATE_LIMIT_KEY_USER_GROUP', 'RATE_LIMIT_KEY_SERVICE_PRINCIPAL'];

/** A view that omits the principals (fact V2) is no basis for an edit: their limits would be lost. */
function refuseHidden(name: string, limits: readonly ServiceLimit[]): void {
  if (!limits.some(({ key, principal }) => OF_PRINCIPALS.includes(key) && principal === undefined)) return;
  throw new Refusal(
    'partial_read',
    `the service did not show whom the limits of model service ${name} hold for, so writing the list would lose them`,
    'Ask the owner of the service to make the change.',
  );
}

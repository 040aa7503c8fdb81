import * as z from 'zod';
import { planUpdate } from '../src/plan/update.ts';
import { deployedModels } from '../src/plan/who-may.ts';
import { endpoints } from '../src/rest/index.ts';
import { allWarnings } from '../src/text/all-warnings.ts';
import { defineWrite } from '../src/tool.ts';
import { endpointSubject } from '../src/write/planned-write.ts';
import { endpoint, traffic, waitSeconds, writeParams } from './params.ts';
import { refuseProblems } from './shared/preflight.ts';
import { refusalWhileUpdating, sameUpdate, updateSteps } from './shared/put-config.ts';
import { refuseEmptyChange } from './shared/refusals.ts';
import { rolloutWarning } from './shared/running-rollout.ts';
import { brief } from './shared/view.ts';
import { whoMay } from './shared/who-may.ts';
import { refuseWithoutEntities } from './shared/without-entities.ts';

export const setTraffic = defineWrite({
  name: 'set_traffic',
  title: 'Split the traffic',
  effect: 'write',
  toolsets: ['rollout'],
  description:
    'Splits traffic among the served entities that an endpoint already has: an A/B test, the next canary step, or back. Nothing else changes. If it fails, the previous split stays. To serve another version, use swap_version.',
  input: z.strictObject({
    endpoint,
    traffic: traffic.describe(
      'Such as {"churn-2":50,"churn-3":50}. Entities not named keep their percent; the sum must be 100.',
    ),
    wait_seconds: waitSeconds(40),
    ...writeParams,
  }),
  output: z.looseObject({
    changed: z.boolean().optional(),
    serving: z.string().optional(),
    undo: z.string().optional(),
  }),

  async plan(args, context) {
    const { endpoint: name } = args;
    if (Object.keys(args.traffic).length === 0) refuseEmptyChange(name, 'traffic names no entity');
    const current = await endpoints.get(context.http, name);
    refuseWithoutEntities(current);
    const plan = planUpdate(current, { settings: {}, add: [], remove: [], traffic: args.traffic });
    refuseProblems(plan.problems);
    const update = { endpoint: name, current, config: plan.config, changes: plan.changes };
    const { changes, steps, about, omits } = updateSteps(update, args.wait_seconds, context);
    // A new split deploys nothing, unless the endpoint is stopped and starts with it.
    const sends = changes.length > 0 && current.state.config_update !== 'IN_PROGRESS';
    const deploys = sends ? deployedModels(current, plan.config) : [];
    const may = await whoMay({ endpoint: name, creator: current.creator }, deploys, context);
    const traffic = Object.fromEntries(endpoints.trafficOf(current.config));
    return {
      subject: endpointSubject(name),
      before: current,
      changes,
      steps,
      answer: changes.length > 0 ? { changes } : {},
      unchanged: brief(current),
      about: { ...about, ...may.about },
      warning: allWarnings(may.warning, changes.length > 0 ? await rolloutWarning(current, context) : undefined),
      // Even a split that is there now would be replaced by the pending one.
      refusal: sameUpdate(current, plan.config) ? undefined : (refusalWhileUpdating(current) ?? may.refusal),
      undo: [{ tool: 'set_traffic', args: { endpoint: name, traffic } }],
      undoOmits: omits,
    };
  },
});

import * as z from 'zod';
import { planUpdate } from '../src/plan/update.ts';
import { call } from '../src/refusal.ts';
import { endpoints } from '../src/rest/index.ts';
import { defineTool } from '../src/tool.ts';
import { commit } from '../src/write/commit.ts';
import { endpoint, traffic, waitSeconds, writeParams } from './params.ts';
import { refuseProblems } from './shared/preflight.ts';
import { configRequest, refuseWhileUpdating, sendConfig } from './shared/put-config.ts';
import { refuseEmptyChange } from './shared/refusals.ts';
import { brief } from './shared/view.ts';

export const setTraffic = defineTool({
  name: 'set_traffic',
  title: 'Split the traffic',
  effect: 'write',
  description:
    'Divides the traffic among the served entities that are there: A/B test, next step of a canary, or back. Nothing else changes. To bring in another version use swap_version.',
  input: z.strictObject({
    endpoint,
    traffic: traffic.describe('E.g. {"churn-2":50,"churn-3":50}; entities not named keep theirs, the sum is 100.'),
    wait_seconds: waitSeconds(40),
    ...writeParams,
  }),
  output: z.looseObject({
    changed: z.boolean().optional(),
    serving: z.string().optional(),
    undo: z.string().optional(),
  }),

  async run(args, context) {
    if (Object.keys(args.traffic).length === 0) refuseEmptyChange(args.endpoint, 'traffic names no entity');
    const current = await endpoints.get(context.http, args.endpoint);
    if (!current.config) refuseWhileUpdating(current);
    const plan = planUpdate(current, { settings: {}, add: [], remove: [], traffic: args.traffic });
    refuseProblems(plan.problems);
    const update = { endpoint: args.endpoint, current, config: plan.config, changes: plan.changes };
    if (args.dry_run === false && plan.changes.length > 0) refuseWhileUpdating(current);
    return commit(
      {
        subject: { kind: 'endpoint', name: args.endpoint },
        before: current,
        changes: plan.changes,
        requests: [configRequest(update)],
        undo: call('set_traffic', {
          endpoint: args.endpoint,
          traffic: Object.fromEntries(endpoints.trafficOf(current.config)),
        }),
      },
      args,
      context,
      (http) => sendConfig({ ...update, waitSeconds: args.wait_seconds }, { ...context, http }),
      () => ({ changed: false, ...brief(current) }),
    );
  },
});

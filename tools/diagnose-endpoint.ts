import * as z from 'zod';
import { defineTool } from '../src/tool.ts';
import { endpoint } from './params.ts';
import { serving, status } from './shared/view.ts';

export const diagnoseEndpoint = defineTool({
  name: 'diagnose_endpoint',
  title: 'Find out why an endpoint is broken',
  effect: 'read',
  toolsets: ['observe', 'endpoints', 'rollout'],
  description:
    'Finds out in one call why an endpoint fails, is stuck or is slow. Reads its state, logs, events, metrics, model versions and the rights of its creator. Returns a verdict, findings with evidence and remedy, what changed, and what could not be checked. Use it first when something is wrong.',
  input: z.strictObject({
    endpoint,
    error: z
      .string()
      .trim()
      .max(8_000)
      .optional()
      .describe('The failed answer that a caller got, with its status. It names causes that no log shows.'),
  }),
  output: z.looseObject({
    verdict: z
      .enum([
        'healthy',
        'degraded',
        'failing',
        'not_serving',
        'update_failed',
        'updating',
        'stopped',
        'idle',
        'unknown',
      ])
      .optional(),
    findings: z.array(z.looseObject({})).optional(),
    timeline: z.array(z.looseObject({})).optional(),
    not_checked: z.array(z.looseObject({})).optional(),
    next: z.string().optional(),
  }),

  async run({ endpoint: name, error }, context) {
    // The rules are needed by few calls, so they load with the first one.
    const { diagnoseOne, remembered, report } = await import('../src/diagnose/index.ts');
    const now = context.clock.now();
    const { evidence, ...diagnosis } = await diagnoseOne(context, name, {
      answer: error === undefined ? undefined : { at: now, status: undefined, text: error },
      answers: remembered(context.history, name, now),
    });
    const { endpoint: found } = evidence;
    return report(name, diagnosis, { status: status(found), serving: serving(found) });
  },
});

import * as z from 'zod';
import { call, Refusal } from '../src/refusal.ts';
import { isServiceName } from '../src/rest/names.ts';
import { defineTool } from '../src/tool.ts';
import { target } from './params.ts';
import { rolloutLine, rolloutOn } from './shared/running-rollout.ts';
import { serving, status } from './shared/view.ts';

/** Seconds of a look at all endpoints, as for other waits: many clients end a call after 60. */
const WAIT_SECONDS = 40;

export const diagnoseEndpoint = defineTool({
  name: 'diagnose_endpoint',
  title: 'Find out why an endpoint is broken',
  effect: 'read',
  toolsets: ['observe', 'endpoints', 'rollout'],
  view: 'endpoint',
  services: true,
  description:
    'Finds out in one call why an endpoint fails, is stuck or is slow. Reads its state, logs, events, metrics, model versions and the rights of its creator. Returns a verdict, findings with evidence and remedy, what changed, and what could not be checked. Use it first when something is wrong. Without endpoint, it looks at all endpoints and lists those that need a person.',
  input: z.strictObject({
    endpoint: target.optional(),
    name_contains: z.string().max(63).optional().describe('Looks at all endpoints with this part in the name.'),
    cursor: z.string().max(63).optional().describe('next_cursor of the previous answer about all endpoints.'),
    wait_seconds: z
      .number()
      .min(1)
      .max(600)
      .default(WAIT_SECONDS)
      .describe('Seconds for a look at all endpoints. Many clients time out at 60.'),
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
    endpoints: z.array(z.looseObject({})).optional(),
    not_judged: z.array(z.looseObject({})).optional(),
    next_cursor: z.string().optional(),
    next: z.string().optional(),
  }),

  async run({ endpoint: name, error, wait_seconds, ...part }, context) {
    if (name === undefined) {
      if (error !== undefined)
        throw new Refusal(
          'invalid_arguments',
          'error is the answer of one endpoint, and endpoint is missing',
          'Give the endpoint that answered so.',
        );
      const { sweepWorkspace } = await import('./shared/sweep-workspace.ts');
      return sweepWorkspace({ ...part, wait_seconds }, context);
    }
    if (part.name_contains !== undefined || part.cursor !== undefined)
      throw new Refusal(
        'invalid_arguments',
        'endpoint names one endpoint, and name_contains and cursor are for a look at all of them',
        `For one: ${call('diagnose_endpoint', { endpoint: name })}. For several, leave endpoint out.`,
      );
    if (isServiceName(name)) {
      const { diagnoseService } = await import('./model-services/diagnose.ts');
      return diagnoseService(name, error, context);
    }
    // The rules are needed by few calls, so they load with the first one.
    const { diagnoseOne, remembered, report, withRollout } = await import('../src/diagnose/index.ts');
    const now = context.clock.now();
    const { evidence, ...diagnosis } = await diagnoseOne(context, name, {
      answer: error === undefined ? undefined : { at: now, status: undefined, text: error },
      answers: remembered(context.history, name, now),
      tables: async (found) => {
        const { tableEvidence } = await import('./shared/table-evidence.ts');
        return tableEvidence(found, context);
      },
    });
    const { endpoint: found } = evidence;
    const running = await rolloutOn(found, context);
    const rollout = running && rolloutLine(running);
    return report(name, withRollout(diagnosis, name, running, rollout ?? ''), {
      rollout,
      status: status(found),
      serving: serving(found),
    });
  },
});

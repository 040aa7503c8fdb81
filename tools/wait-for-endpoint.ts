import * as z from 'zod';
import { call } from '../src/refusal.ts';
import { defineTool } from '../src/tool.ts';
import { endpoint, versionNumber, waitSeconds } from './params.ts';
import { awaitEndpoint } from './shared/await-endpoint.ts';

export const waitForEndpoint = defineTool({
  name: 'wait_for_endpoint',
  title: 'Wait until an endpoint serves',
  effect: 'read',
  description:
    'Waits until the endpoint really serves, or has failed; a failure comes with its reason and log lines. outcome: ready, failed, or waiting when the time ran out (call again). Give version to be sure that this version serves and not an older one.',
  input: z.strictObject({
    endpoint,
    version: versionNumber.optional(),
    config_version: z.int().min(1).max(1_000_000).optional().describe('From the call that made the change.'),
    wait_seconds: waitSeconds(40),
  }),
  output: z.looseObject({
    outcome: z.enum(['ready', 'waiting', 'failed']).optional(),
    serving: z.string().optional(),
    reason: z.string().optional(),
    log_lines: z.array(z.string()).optional(),
    next: z.string().optional(),
  }),

  async run({ endpoint: name, version: wanted, config_version, wait_seconds }, context) {
    const { verdict, view } = await awaitEndpoint(
      name,
      {
        ...(wanted === undefined ? {} : { version: wanted }),
        ...(config_version === undefined ? {} : { configVersion: config_version }),
      },
      wait_seconds,
      context,
    );
    if (verdict.kind === 'pending') {
      const again = {
        endpoint: name,
        ...(wanted ? { version: wanted } : {}),
        ...(config_version ? { config_version } : {}),
      };
      view.next = call('wait_for_endpoint', again);
    }
    if (verdict.kind === 'failed' && verdict.entities.length > 0) view.next = call('get_logs', { endpoint: name });
    return view;
  },
});

import * as z from 'zod';
import { call } from '../src/refusal.ts';
import { defined } from '../src/rest/json.ts';
import { timeText } from '../src/text/time.ts';
import { defineTool } from '../src/tool.ts';
import { endpoint, versionNumber, waitSeconds } from './params.ts';
import { awaitEndpoint } from './shared/await-endpoint.ts';
import { startAdvice } from './shared/start.ts';
import { unfinishedSwap } from './shared/unfinished-swap.ts';
import { comparison } from './shared/view.ts';

export const waitForEndpoint = defineTool({
  name: 'wait_for_endpoint',
  title: 'Wait until an endpoint serves',
  effect: 'read',
  toolsets: ['endpoints', 'rollout', 'changes'],
  description:
    'Waits until an endpoint serves or its deployment fails. outcome is ready, failed (with code, reason and log lines; a stopped endpoint fails at once) or waiting (time ran out; call again). Give version or config_version to make sure that this change serves, not an older one.',
  input: z.strictObject({
    endpoint,
    version: versionNumber.optional().describe('Version number that must serve.'),
    config_version: z
      .int()
      .min(1)
      .max(1_000_000)
      .optional()
      .describe('config_version from the call that made the change.'),
    wait_seconds: waitSeconds(40),
  }),
  output: z.looseObject({
    outcome: z.enum(['ready', 'waiting', 'failed']).optional(),
    serving: z.string().optional(),
    code: z.string().optional(),
    reason: z.string().optional(),
    log_lines: z.array(z.string()).optional(),
    next: z.string().optional(),
  }),

  async run({ endpoint: name, version: wanted, config_version, wait_seconds }, context) {
    const { verdict, seen, polls, view } = await awaitEndpoint(
      name,
      { version: wanted, configVersion: config_version },
      wait_seconds,
      context,
    );
    if (verdict.kind === 'pending') {
      view.next = call('wait_for_endpoint', { endpoint: name, version: wanted, config_version });
    }
    if (verdict.kind === 'done') {
      if (polls === 1) view.already_ready = true;
      view.last_change = timeText(seen?.last_updated_timestamp);
      view.unfinished = seen && (await unfinishedSwap(seen, context));
      // The user asked for the swap as a whole, so nothing else comes next.
      if (!view.unfinished) view.next = (seen && comparison(seen).next) ?? call('get_schema', { endpoint: name });
    }
    if (verdict.kind === 'failed') view.code = verdict.code;
    if (verdict.kind === 'failed' && verdict.code === 'stopped') view.note = startAdvice(name);
    if (verdict.kind === 'failed' && verdict.entities.length > 0)
      view.next = call('diagnose_endpoint', { endpoint: name });
    return defined(view);
  },
});

/** Prompts for the most common jobs. Pure. */
import { ALIAS_NAME, ENDPOINT_NAME, MODEL_NAME, NO_NAME, VERSION } from '../rest/names.ts';

export interface PromptArgument {
  name: string;
  description: string;
  required: boolean;
  /** The names that completions offer for it. */
  completes?: 'endpoint';
  /** Arguments become part of a text that a model follows, so only names are accepted. */
  accepts: RegExp;
}

export interface Prompt {
  name: string;
  title: string;
  description: string;
  arguments: readonly PromptArgument[];
  /** The tools without which it cannot be done. */
  needs: readonly string[];
  text(args: Record<string, string>): string;
}

const endpoint: PromptArgument = {
  name: 'endpoint',
  description: 'Name of the endpoint.',
  required: true,
  completes: 'endpoint',
  accepts: ENDPOINT_NAME,
};
const model: PromptArgument = {
  name: 'model',
  description: 'Registered model, as catalog.schema.model.',
  required: true,
  accepts: MODEL_NAME,
};
const version: PromptArgument = {
  name: 'version',
  description: 'Version number, or @alias.',
  required: true,
  accepts: VERSION,
};
const alias: PromptArgument = {
  name: 'alias',
  description: 'Alias to move when the version serves.',
  required: false,
  accepts: ALIAS_NAME,
};

export const PROMPTS: readonly Prompt[] = [
  {
    name: 'deploy_model',
    title: 'Deploy a model',
    description: 'Serve a registered model version on a new endpoint.',
    arguments: [model, version, endpoint],
    needs: ['create_endpoint', 'wait_for_endpoint'],
    text: (args) => `Deploy version ${args.version} of ${args.model} as serving endpoint ${args.endpoint}.
First show me a dry run of create_endpoint. When I agree, create it, wait with wait_for_endpoint until outcome is ready, read its schema with get_schema and show me the example row. Send it when I agree, because a query costs money and may be recorded. If the deployment fails, explain the cause from the log lines and suggest a fix.`,
  },
  {
    name: 'swap_version',
    title: 'Swap a version',
    description: 'Serve another model version with no downtime, and move the alias last.',
    arguments: [endpoint, version, alias],
    needs: ['swap_version'],
    text: (
      args,
    ) => `Swap endpoint ${args.endpoint} to version ${args.version}${args.alias ? ` and move alias ${args.alias}` : ''} with no downtime.
First show me a dry run of swap_version. When I agree, run it with the fingerprint of the dry run. Continue until outcome is ready or failed. Then report what serves now, which version the alias points to and which call undoes the swap.`,
  },
  {
    name: 'run_canary',
    title: 'Run a canary',
    description: 'Roll out a new version step by step, based on its metrics.',
    arguments: [endpoint, version, alias],
    needs: ['roll_out'],
    text: (
      args,
    ) => `Roll version ${args.version} out on endpoint ${args.endpoint} as a canary that judges itself${args.alias ? `, and move alias ${args.alias} at the end` : ''}.
First show me a dry run of roll_out: its steps, how long they take, and what they need. When I agree, begin, and make the call in next when the answer says to come back. Report each step with its requests, error rates and p95 latency. If it is held or rolled back, give me the reason and ask me what to do. The guide databricks-serving://guides/canary lists the calls.`,
  },
  {
    name: 'diagnose_endpoint',
    title: 'Find out why an endpoint is unhealthy',
    description: 'Check state, logs and metrics, and name the most likely cause.',
    arguments: [endpoint],
    needs: ['get_endpoint', 'get_logs'],
    text: (args) => `Find out why endpoint ${args.endpoint} is unhealthy. Do not change anything.
Use get_endpoint, then get_logs for the entity that failed or serves (service, then build), then get_metrics, and list_changes for what changed before. Name the single most likely cause with the lines that show it, and the one call that would fix it.`,
  },
];

/** The text of the prompt, or the problem with its arguments. */
export function fillPrompt(prompt: Prompt, given: Record<string, string>): { text: string } | { problem: string } {
  const args = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, value.trim()]));
  for (const argument of prompt.arguments) {
    const value = args[argument.name];
    if (value === undefined || value === '') {
      if (argument.required) return { problem: `${prompt.name} needs ${argument.name}: ${argument.description}` };
    } else if (NO_NAME.test(value) || !argument.accepts.test(value))
      return { problem: `${argument.name} is not valid: ${argument.description}` };
  }
  return { text: prompt.text(args) };
}

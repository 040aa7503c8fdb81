/** Ready-made requests for the jobs that people start most. Pure. */
import { ENDPOINT_NAME, MODEL_NAME } from '../rest/names.ts';

export interface PromptArgument {
  name: string;
  description: string;
  required: boolean;
  /** What completions offer for it. */
  completes?: 'endpoint';
  /** Arguments become part of a text that a model follows, so only names get in. */
  accepts: RegExp;
}

export interface Prompt {
  name: string;
  title: string;
  description: string;
  arguments: readonly PromptArgument[];
  text(args: Record<string, string>): string;
}

const endpoint: PromptArgument = {
  name: 'endpoint',
  description: 'Endpoint name.',
  required: true,
  completes: 'endpoint',
  accepts: ENDPOINT_NAME,
};
const model: PromptArgument = {
  name: 'model',
  description: 'catalog.schema.model',
  required: true,
  accepts: MODEL_NAME,
};
const version: PromptArgument = {
  name: 'version',
  description: 'Version number or @alias.',
  required: true,
  accepts: /^(\d+|@[\w-]+)$/,
};
const alias: PromptArgument = {
  name: 'alias',
  description: 'Alias to move once the version serves.',
  required: false,
  accepts: /^[A-Za-z][\w-]*$/,
};

export const PROMPTS: readonly Prompt[] = [
  {
    name: 'deploy_model',
    title: 'Deploy a model',
    description: 'From a registered model version to an endpoint that answers.',
    arguments: [model, version, endpoint],
    text: (args) => `Deploy version ${args.version} of ${args.model} as serving endpoint ${args.endpoint}.
Show a dry run of create_endpoint first. After my yes create it, wait with wait_for_endpoint until outcome is ready, read its schema with get_schema and send one example row. If it fails, tell the cause from the log lines and what would mend it.`,
  },
  {
    name: 'swap_version',
    title: 'Swap a version',
    description: 'Another model version with no downtime, the alias last.',
    arguments: [endpoint, version, alias],
    text: (
      args,
    ) => `Swap endpoint ${args.endpoint} to version ${args.version}${args.alias ? ` and move alias ${args.alias}` : ''} with no downtime.
Show a dry run of swap_version first. After my yes run it with the fingerprint of the dry run, go on until outcome is ready or failed, and tell what serves now, where the alias stands and which call undoes it.`,
  },
  {
    name: 'run_canary',
    title: 'Run a canary',
    description: 'A new version step by step, judged by its metrics.',
    arguments: [endpoint, version, alias],
    text: (args) => `Run a canary of version ${args.version} on endpoint ${args.endpoint}: 10 %, 50 %, 100 %.
Before each step compare the entities with get_metrics and tell me requests, error shares and p95 of both; ask me before you go on, and go back at once if the new version is clearly worse. At the end remove the old entity${args.alias ? ` and move alias ${args.alias}` : ''}. The guide databricks-serving://guides/canary has the calls.`,
  },
  {
    name: 'diagnose_endpoint',
    title: 'Find out why an endpoint is unhealthy',
    description: 'State, logs and metrics of an endpoint, one most likely cause.',
    arguments: [endpoint],
    text: (args) => `Find out why endpoint ${args.endpoint} is unhealthy. Change nothing.
Look with get_endpoint, then get_logs of the entity that failed or serves (service, then build), then get_metrics. Name one most likely cause with the lines that show it, and the one call that would mend it.`,
  },
];

/** The prompt's text, or the problem with its arguments. */
export function fillPrompt(prompt: Prompt, args: Record<string, string>): { text: string } | { problem: string } {
  for (const argument of prompt.arguments) {
    const value = args[argument.name];
    if (value === undefined || value === '') {
      if (argument.required) return { problem: `${prompt.name} needs ${argument.name}: ${argument.description}` };
    } else if (!argument.accepts.test(value))
      return { problem: `${argument.name} is not a valid value: ${argument.description}` };
  }
  return { text: prompt.text(args) };
}

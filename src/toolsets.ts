/** Named groups of tools, for people with many servers in one client. The field `toolsets` of a tool says to which groups it belongs. */

export const TOOLSETS = {
  endpoints: 'Create, change, start and delete endpoints.',
  rollout: 'Serve new versions, split traffic, compare versions and move aliases.',
  query: 'See what an endpoint takes, and query it.',
  observe: 'Read logs, metrics, usage, costs and the recorded changes.',
  models: 'Find models, their versions and foundation models, and move aliases.',
  gateway: 'Set rate limits, guardrails, usage tracking and fallback.',
  access: 'See and change who may use an endpoint.',
  apps: 'Get code that calls an endpoint, and attach it to a Databricks App.',
  changes: 'List the changes made here, and undo them.',
} as const;

export type Toolset = keyof typeof TOOLSETS;

/** In the order of the documents. */
export const TOOLSET_NAMES = Object.keys(TOOLSETS) as [Toolset, ...Toolset[]]; // the keys of a record are its names

/** Those with a tool that writes. Each of them also has the record of changes and the undo. */
export const WITH_WRITES = [
  'changes',
  'endpoints',
  'rollout',
  'models',
  'gateway',
  'access',
  'apps',
] as const satisfies readonly Toolset[];

/** The word for all of them, which is the default. */
export const ALL = 'all';

/** The toolsets that a person chose, and where they did: an option or a variable. */
export interface ChosenToolsets {
  names: readonly Toolset[];
  from: string;
}

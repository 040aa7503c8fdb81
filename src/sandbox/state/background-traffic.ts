import type { BackgroundTraffic, Workspace } from './state.ts';
import type { TrafficInput } from './traffic-input.ts';

export type { TrafficInput } from './traffic-input.ts';

/** Tokens of one request to a language model, unless the input says more. */
const USUAL_TOKENS = { input: 200, output: 100 };

/** The traffic of an input, from `since` on. A caller may be given by its display name. */
export function backgroundTraffic(workspace: Workspace, input: TrafficInput, since: number): BackgroundTraffic {
  const nameOf = (wanted: string): string =>
    workspace.principals.has(wanted)
      ? wanted
      : ([...workspace.principals.values()].find(({ display_name }) => display_name === wanted)?.name ?? wanted);
  return {
    requests_per_minute: input.requests_per_minute,
    error_rate: input.error_rate ?? 0,
    since,
    callers: (input.callers ?? []).map(({ principal, ...rest }) => ({ principal: nameOf(principal), ...rest })),
    input_tokens: input.input_tokens ?? USUAL_TOKENS.input,
    output_tokens: input.output_tokens ?? USUAL_TOKENS.output,
  };
}

/** The first caller that the workspace does not have, or undefined. */
export function unknownCaller(workspace: Workspace, { callers }: BackgroundTraffic): string | undefined {
  return callers.find(({ principal }) => !workspace.principals.has(principal))?.principal;
}

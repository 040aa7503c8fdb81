/** An alias of a model: where it points, and the step that moves it. */
import type { FieldDiff } from '../../src/plan/diff.ts';
import { Refusal, type ToolCall, type ToolResult } from '../../src/refusal.ts';
import { UnreachedError } from '../../src/rest/errors.ts';
import type { Http } from '../../src/rest/http.ts';
import { type Endpoint, endpoints, models } from '../../src/rest/index.ts';
import { defined } from '../../src/rest/json.ts';
import type { ToolContext } from '../../src/tool.ts';
import type { Step } from '../../src/write/planned-write.ts';

export interface AliasState {
  name: string;
  /** The version it points to. Undefined when the model has no such alias. */
  version: number | undefined;
}

/** The current state of an alias. */
export async function aliasNow(http: Http, model: string, name: string): Promise<AliasState> {
  return aliasIn(await aliasesNow(http, model), name);
}

/** Ends a call whose argument names an alias that this server does not reach. */
export function refuseAlias(error: unknown): never {
  if (!(error instanceof UnreachedError)) throw error;
  throw new Refusal('not_reached', `alias: ${error.detail}`, `Repeat the call without alias. ${error.next}`);
}

/** All aliases of a model. */
export async function aliasesNow(http: Http, model: string): Promise<AliasState[]> {
  const { aliases = [] } = await models.get(http, model);
  return aliases.map(({ alias_name, version_num }) => ({ name: alias_name, version: version_num }));
}

/** One alias in the list of a model. */
export function aliasIn(aliases: readonly AliasState[], name: string): AliasState {
  return aliases.find((alias) => alias.name === name) ?? { name, version: undefined };
}

/** The change that points an alias at a version or removes it. Empty when nothing changes. */
export function aliasChange(alias: AliasState | undefined, to: number | undefined): FieldDiff[] {
  if (!alias || alias.version === to) return [];
  return [defined({ field: `alias ${alias.name}`, from: alias.version, to })];
}

/** The call that restores the current state of the alias. */
export function restoreAlias(model: string, { name, version }: AliasState): ToolCall {
  const to = version === undefined ? { remove: true } : { version: String(version) };
  return { tool: 'set_alias', args: { model, alias: name, ...to } };
}

/** The alias in a result. A null version means that it does not exist. */
export function aliasView(alias: AliasState | undefined, at: number | undefined): ToolResult | undefined {
  return alias && { name: alias.name, version: at ?? null };
}

/** The step that points an alias at a version, or removes it. When the answer is lost or empty, reading the alias resolves it. */
export function aliasStep(
  model: string,
  alias: AliasState,
  to: number | undefined,
  { http }: ToolContext,
  more: Pick<Step, 'check' | 'explain' | 'reach'> = {},
): Step {
  const { name } = alias;
  return {
    what: 'alias',
    label: `alias ${name}`,
    target: model,
    alias: { name, version: to },
    request: to === undefined ? models.deleteAlias(model, name) : models.setAlias(model, name, to),
    lost: async () => ((await aliasNow(http, model, name)).version === to ? { answer: {}, ours: false } : undefined),
    async check() {
      const now = await aliasNow(http, model, name);
      if (now.version === to) return {};
      if (now.version === alias.version) return undefined;
      throw new Refusal(
        'alias_changed',
        `alias ${name} was not moved: someone else moved it in the meantime`,
        'Ask the user whether it should still move. set_alias moves it.',
        { alias: aliasView(now, now.version) },
      );
    },
    ...more,
  };
}

/** Whether another version of the model has more traffic. An alias would then point to a version that most requests do not reach. */
export function outweighed(seen: Endpoint | undefined, model: string, number: string): boolean {
  const traffic = endpoints.trafficOf(seen?.config);
  const shares = endpoints.entitiesOf(seen?.config).filter((each) => each.entity_name === model);
  const most = (own: boolean) =>
    Math.max(
      0,
      ...shares.filter((each) => (each.entity_version === number) === own).map((each) => traffic.get(each.name) ?? 0),
    );
  return most(false) > most(true);
}

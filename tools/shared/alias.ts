/** An alias of a model as a swap sees it: where it points, and moving it so that its place is known afterwards. */
import type { FieldDiff } from '../../src/plan/diff.ts';
import { Refusal, type ToolCall, type ToolResult } from '../../src/refusal.ts';
import type { Http } from '../../src/rest/http.ts';
import { type Endpoint, endpoints, models } from '../../src/rest/index.ts';
import type { ToolContext } from '../../src/tool.ts';
import type { Step } from '../../src/write/planned-write.ts';

export interface AliasState {
  name: string;
  /** Where it points now; undefined when the model has no such alias yet. */
  version: number | undefined;
}

/** Where an alias points now. */
export async function aliasNow(http: Http, model: string, name: string): Promise<AliasState> {
  const { aliases } = await models.get(http, model);
  return { name, version: aliases?.find((alias) => alias.alias_name === name)?.version_num };
}

/** The change that points it at a version, or takes it away; none when it is so already. */
export function aliasChange(alias: AliasState | undefined, to: number | undefined): FieldDiff[] {
  if (!alias || alias.version === to) return [];
  const from = alias.version === undefined ? {} : { from: alias.version };
  return [{ field: `alias ${alias.name}`, ...from, ...(to === undefined ? {} : { to }) }];
}

/** The call that restores the alias to where it points now. */
export function restoreAlias(model: string, { name, version }: AliasState): ToolCall {
  return { tool: 'set_alias', args: { model, alias: name, version: version === undefined ? null : String(version) } };
}

/** For results: null stands for no alias. */
export function aliasView(alias: AliasState | undefined, at: number | undefined): ToolResult | undefined {
  return alias && { name: alias.name, version: at ?? null };
}

/** The step that points an alias at a version, or removes it. When the answer is lost, the alias itself shows where it points. */
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
    lost: async () => ((await aliasNow(http, model, name)).version === to ? {} : undefined),
    async check() {
      const now = await aliasNow(http, model, name);
      if (now.version === to) return {};
      if (now.version === alias.version) return undefined;
      throw new Refusal(
        'alias_changed',
        `alias ${name} was not moved: someone else moved it in the meantime`,
        'Ask whether it should still move; set_alias moves it.',
        { alias: aliasView(now, now.version) },
      );
    },
    ...more,
  };
}

/** Whether another version of the model has more of the traffic: then an alias to this one would name what most requests do not reach. */
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

/** An alias of a model as a swap sees it: where it points, and moving it so that its place is known afterwards. */
import type { FieldDiff } from '../../src/plan/diff.ts';
import { call, type ToolResult } from '../../src/refusal.ts';
import { effectUnknown } from '../../src/rest/effect.ts';
import type { Http } from '../../src/rest/http.ts';
import { type Endpoint, endpoints, models } from '../../src/rest/index.ts';

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

/** The call that points it where it points now. */
export function setAliasCall(model: string, { name, version }: AliasState): string {
  return call('set_alias', { model, alias: name, version: version === undefined ? null : String(version) });
}

/** For results: null stands for no alias. */
export function aliasView(alias: AliasState | undefined, at: number | undefined): ToolResult | undefined {
  return alias && { name: alias.name, version: at ?? null };
}

/**
 * Points an alias at a version. When the answer is lost it looks.
 * @returns undefined when it points there; otherwise why not, and whether it is known that it stayed where it was.
 */
export async function moveAlias(
  http: Http,
  model: string,
  alias: AliasState,
  number: string,
): Promise<{ cause: string; known: boolean } | undefined> {
  try {
    await models.setAlias(http, model, alias.name, Number(number));
    return undefined;
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    if (!effectUnknown(error)) return { cause, known: true };
    const seen = await aliasNow(http, model, alias.name).catch(() => undefined);
    if (seen?.version === Number(number)) return undefined;
    return { cause, known: false };
  }
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

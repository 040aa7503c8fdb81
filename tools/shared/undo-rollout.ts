/** The undo of a rollout: one update takes the config back to what served before, and then the aliases follow. */
import type { JournalEntry } from '../../src/journal/entry.ts';
import { configInput, routes } from '../../src/plan/config-input.ts';
import { configView, differences, type FieldDiff } from '../../src/plan/diff.ts';
import { aliasNameOf, type Foreign, isAlias, isConfig, isRewound, rewind } from '../../src/plan/rewind.ts';
import { call, Refusal } from '../../src/refusal.ts';
import type { ConfigInput } from '../../src/rest/endpoints.ts';
import { type Endpoint, endpoints } from '../../src/rest/index.ts';
import { isObject } from '../../src/rest/json.ts';
import type { ToolContext } from '../../src/tool.ts';
import { endpointSubject, type PlannedWrite } from '../../src/write/planned-write.ts';
import { type AliasState, aliasChange, aliasesNow, aliasIn, aliasStep } from './alias.ts';
import { markPart } from './guarded-mark.ts';
import { preflight, refuseProblems } from './preflight.ts';
import { refusalWhileUpdating, sameUpdate, updateSteps } from './put-config.ts';
import type { Rollout } from './rollout.ts';
import { rolloutWarning } from './running-rollout.ts';
import { brief } from './view.ts';

/** @throws Refusal when someone else changed the same settings, or when an earlier version can no longer be served. */
export async function planUndoRollout(
  { chain, blocked }: Rollout,
  seconds: number,
  context: ToolContext,
): Promise<PlannedWrite> {
  const [first] = chain;
  if (blocked) throw blockedRefusal(first, blocked);
  const { name } = first.subject;
  const current = await endpoints.get(context.http, name);
  const config = configBefore(
    first,
    chain.flatMap((entry) => entry.changes.filter(isConfig)),
    current,
  );
  const changes = differences(configView(configInput(current.config)), configView(config));
  refuseProblems(await preflight(context.http, newIn(config, current)));
  const update = updateSteps({ endpoint: name, current, config, changes }, seconds, context);
  const aliases = await aliasesBefore(
    chain,
    [...endpoints.entitiesOf(current.config), ...config.served_entities],
    context,
  );
  const moved = aliases.filter(({ change }) => change.length > 0);
  const mark = first.rollout ? markPart(current, undefined, context) : undefined;
  const refusal = sameUpdate(current, config) ? undefined : refusalWhileUpdating(current);
  const noticed = update.changes.length > 0;
  return {
    subject: endpointSubject(name),
    before: current,
    warning: noticed ? await rolloutWarning(current, context, { own: first.rollout?.id }) : undefined,
    changes: [...update.changes, ...moved.flatMap(({ change }) => change), ...(mark?.changes ?? [])],
    steps: [
      ...update.steps,
      ...moved.map(({ model, now, to }) => aliasStep(model, now, to, context)),
      ...(mark?.steps ?? []),
    ],
    answer: brief(current),
    about: { ...update.about, ...(chain.length > 1 ? { undoes: chain.map(inShort) } : {}) },
    refusal,
    undo: [],
    undoOmits: update.omits,
    ...(aliases.length > 0 ? { alsoRead: aliases.map(({ now }) => now) } : {}),
  };
}

/** One of the changes that the undo takes back. */
function inShort({ id, at, tool, changes }: JournalEntry) {
  return { id, at, tool, fields: changes.map(({ field }) => field).slice(0, 8) };
}

/** The config before the changes. The current one, when they are taken back already. */
function configBefore(first: JournalEntry, changes: readonly FieldDiff[], current: Endpoint): ConfigInput {
  const view = configView(configInput(current.config));
  const back = rewind(view, changes);
  if ('view' in back) return configOf(back.view, current);
  if (isRewound(view, changes)) return configInput(current.config);
  throw changedSince(first, back.foreign);
}

/** A config from its view. Entities and routes keep their order. */
function configOf({ served_entities, traffic }: Record<string, unknown>, { config }: Endpoint): ConfigInput {
  const entities = isObject(served_entities) ? served_entities : {};
  const shares = isObject(traffic) ? traffic : {};
  const order = endpoints.entitiesOf(config).map(({ name }) => name);
  const byOrder = (a: string, b: string) => rank(order, a) - rank(order, b);
  return {
    served_entities: Object.keys(entities)
      .sort(byOrder)
      .map((name) => ({ name, ...(entities[name] as Record<string, unknown>) })), // entities are objects
    traffic_config: { routes: routes(new Map(Object.entries(shares).map(([name, share]) => [name, Number(share)]))) },
  };
}

function rank(order: readonly string[], name: string): number {
  const at = order.indexOf(name);
  return at < 0 ? order.length : at;
}

/** The entities that the undo deploys again. */
function newIn({ served_entities }: ConfigInput, { config }: Endpoint): Record<string, unknown>[] {
  const there = endpoints.entitiesOf(config);
  return served_entities.filter(
    ({ name, entity_version }) => !there.some((each) => each.name === name && each.entity_version === entity_version),
  );
}

interface AliasBack {
  model: string;
  now: AliasState;
  /** The version before the rollout. Undefined when the alias did not exist. */
  to: number | undefined;
  change: FieldDiff[];
}

/** The aliases that the rollout moved. */
async function aliasesBefore(
  chain: Rollout['chain'],
  entities: readonly Record<string, unknown>[],
  { http }: ToolContext,
): Promise<AliasBack[]> {
  const moves = new Map<string, { model: string; name: string; from: unknown; to: unknown }>();
  for (const entry of chain) {
    for (const change of entry.changes.filter(isAlias)) {
      const begun = entry.rollout ? chain[0] : entry;
      const model = entry.subject.kind === 'model' ? entry.subject.name : modelOf(begun, entities);
      const name = aliasNameOf(change);
      const earlier = moves.get(`${model} ${name}`);
      moves.set(`${model} ${name}`, { model, name, from: earlier ? earlier.from : change.from, to: change.to });
    }
  }
  return Promise.all(
    [...moves.values()].map(async ({ model, name, from, to }) => {
      const now = aliasIn(await aliasesNow(http, model), name);
      const before = from === undefined ? undefined : Number(from);
      if (now.version !== before && now.version !== to)
        throw changedSince(chain[0], [{ field: `alias ${name}`, was_set_to: to, now: now.version }]);
      return { model, now, to: before, change: aliasChange(now, before) };
    }),
  );
}

/** The model of a swap, by the entities that it changed. A swap changes one model only. */
function modelOf({ id, changes }: JournalEntry, entities: readonly Record<string, unknown>[]): string {
  const named = changes.flatMap(({ field, from, to }) => {
    const name = field.split('.')[1];
    const recorded = [from, to].flatMap((value) => (isObject(value) ? [value.entity_name] : []));
    return [...recorded, ...entities.filter((each) => each.name === name).map((each) => each.entity_name)];
  });
  const [model, ...others] = new Set(named.filter((each) => typeof each === 'string'));
  if (model !== undefined && others.length === 0) return model;
  throw new Refusal(
    'not_undoable',
    `the record of change ${id} does not say which model its alias belongs to`,
    'Set the split with set_traffic and the alias with set_alias.',
  );
}

/** Undoing the later change first could restore a state that was left for a reason. A person decides. */
function blockedRefusal({ id, subject }: JournalEntry, blocked: JournalEntry): Refusal {
  return new Refusal(
    'changed_since',
    `change ${blocked.id} (${blocked.tool}) came after change ${id}, and changed the same settings of ${subject.name}`,
    `${call('list_changes', { id: blocked.id })} shows it. Ask the user what should serve, then set that with swap_version or update_endpoint.`,
    { changed_since: blocked.changes.slice(0, 20) },
  );
}

function changedSince({ id, subject }: JournalEntry, foreign: readonly Foreign[]): Refusal {
  const { name } = subject;
  return new Refusal(
    'changed_since',
    `${name} was changed elsewhere after change ${id}, and undoing it would overwrite that`,
    `${call('get_endpoint', { endpoint: name })} shows the current state. Ask the user what should serve, then set that with swap_version or set_traffic.`,
    { changed_since: foreign.slice(0, 20) },
  );
}

/** The calls that undo a swap. */
import type { SwapPlan } from '../../src/plan/swap.ts';
import type { VariableChanges } from '../../src/plan/variables.ts';
import type { ToolCall } from '../../src/refusal.ts';
import { type Endpoint, endpoints, type ServedEntity } from '../../src/rest/index.ts';
import { restoreAlias } from './alias.ts';
import type { Swap } from './finish-swap.ts';
import { undoUpdate, undoVariables } from './undo-update.ts';

/** The calls that restore the replaced version, its variables and the alias. `omits` lists what they cannot restore. */
export function undoSwap(
  { endpoint, model, entity, alias }: Swap,
  start: SwapPlan | undefined,
  variables: VariableChanges | undefined,
  current: Endpoint,
): { undo: ToolCall[]; omits: string[] } {
  const aliasBack = alias ? [restoreAlias(model, alias)] : [];
  if (!start) return { undo: aliasBack, omits: [] };
  if (start.existing) {
    // A swap back would turn the remaining entity into the removed one. Restore both instead.
    const gone = !start.config.served_entities.some(({ name }) => name === start.replaced.name);
    const named = {
      ...(gone ? { remove_entities: [start.replaced.name] } : {}),
      ...(variables ? { entity: start.entity, environment_vars: variables } : {}),
    };
    const { back, omits } = undoUpdate({ endpoint, traffic: {}, ...named }, current);
    const undo =
      Object.keys(named).length > 0
        ? { tool: 'update_endpoint', args: back }
        : { tool: 'set_traffic', args: { endpoint, traffic: back.traffic } };
    return { undo: [undo, ...aliasBack], omits };
  }
  const together = alias !== undefined && String(alias.version) === start.replaced.version;
  // In a canary the replaced entity stays, with its own variables.
  const changed = start.shared ? [] : Object.keys(variables ?? {});
  const { back, omits } = undoVariables(changed, replacedIn(current, start));
  const moved = together ? { alias: alias.name } : {};
  const args = { endpoint, version: start.replaced.version, entity, ...back, ...moved };
  return { undo: [{ tool: 'swap_version', args }, ...(together ? [] : aliasBack)], omits };
}

function replacedIn({ config, pending_config }: Endpoint, { replaced }: SwapPlan): ServedEntity | undefined {
  return endpoints.entitiesOf(config ?? pending_config).find(({ name }) => name === replaced.name);
}

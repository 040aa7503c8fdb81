/** Undo calls that version 0.1.0 recorded, in the words of today: there, null removed a setting. Today `remove` names it. Pure. */
import { splitRemovals } from '../../src/plan/removals.ts';
import type { ToolCall } from '../../src/refusal.ts';
import { isObject } from '../../src/rest/json.ts';

/** The same call without nulls. A call of today stays as it is. */
export function inTodaysWords({ tool, args }: ToolCall): ToolCall {
  switch (tool) {
    case 'set_alias': {
      const { version, ...rest } = args;
      return { tool, args: version === null ? { ...rest, remove: true } : args };
    }
    case 'update_ai_gateway': {
      const { set, remove } = splitRemovals(args);
      return { tool, args: { ...set, ...(remove.length > 0 ? { remove } : {}) } };
    }
    case 'update_endpoint': {
      const { environment_vars, tags, ...rest } = args;
      const named = [...separated('environment_vars', environment_vars), ...separated('tags', tags)];
      return { tool, args: { ...rest, ...Object.fromEntries(named) } };
    }
    default:
      return { tool, args };
  }
}

/** The values to set, and the names to remove in an argument of their own. */
function separated(field: string, value: unknown): [string, unknown][] {
  if (!isObject(value)) return [];
  const { set, remove } = splitRemovals(value);
  const kept: [string, unknown][] = remove.length === 0 || Object.keys(set).length > 0 ? [[field, set]] : [];
  return remove.length === 0 ? kept : [...kept, [`remove_${field}`, remove]];
}

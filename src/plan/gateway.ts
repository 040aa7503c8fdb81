/** Changes single parts of the AI Gateway block and keeps all others, because a PUT replaces the whole block (fact G1). Pure. */

import type { AiGateway } from '../rest/endpoints.ts';
import { isObject } from '../rest/json.ts';
import { differences, type FieldDiff } from './diff.ts';

/** The changes. null removes a part or a field. Objects are merged field by field. */
export type GatewayWish = Record<string, unknown>;

export interface GatewayPlan {
  /** Blocks to send in order. One, or two when the inference table moves. */
  steps: AiGateway[];
  changes: FieldDiff[];
  /** The earlier inference table as a whole, when it moves. A move that stops half-way leaves it off. */
  movedTable: Record<string, unknown> | undefined;
  /** Protection and records that the change takes away, as parts of a sentence. Empty when there are none. */
  losses: string[];
}

/** Plans a change of fallback, guardrails, inference table or usage tracking. */
export function planGateway(current: AiGateway | undefined, wish: GatewayWish): GatewayPlan {
  const before = current ?? {};
  const after = merge(before, wish) as AiGateway; // merged objects are an object
  const changes = differences(before, after);
  const moves = movesTable(before, after);
  const steps =
    changes.length === 0 ? [] : moves ? [withTable(after, { ...tableOf(before), enabled: false }), after] : [after];
  return { steps, changes, movedTable: moves ? tableOf(before) : undefined, losses: lossesOf(before, after, changes) };
}

function lossesOf(before: AiGateway, after: AiGateway, changes: readonly FieldDiff[]): string[] {
  const weakens = changes.some((change) => change.field.startsWith('guardrails') && weaker(change));
  const stops = (part: string) => isOn(before[part]) && !isOn(after[part]);
  return [
    ...(weakens ? ['weakens or removes guardrails'] : []),
    ...(stops('usage_tracking_config') ? ['stops usage tracking'] : []),
    ...(stops('inference_table_config') ? ['stops logging to the inference table'] : []),
  ];
}

function isOn(part: unknown): boolean {
  return isObject(part) && part.enabled === true;
}

/**
 * The wish that takes `after` back to `before`: fields that came are null, fields that went or changed have their old value. Objects only
 * one of the two has are named as a whole. Undefined when nothing differs.
 */
export function inverse(before: unknown, after: unknown): unknown {
  if (!isObject(before) || !isObject(after)) {
    return JSON.stringify(before) === JSON.stringify(after) ? undefined : (before ?? null);
  }
  const fields = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const back = fields.flatMap((field) => {
    const value = inverse(before[field], after[field]);
    return value === undefined ? [] : [[field, value] as const];
  });
  return back.length === 0 ? undefined : Object.fromEntries(back);
}

function merge(before: unknown, wish: unknown): unknown {
  if (!isObject(wish)) return wish;
  const result: Record<string, unknown> = isObject(before) ? { ...before } : {};
  for (const [key, value] of Object.entries(wish)) {
    if (value === undefined) continue;
    if (value === null) delete result[key];
    else result[key] = merge(result[key], value);
  }
  return result;
}

/** The names of an inference table can change only after the table is switched off (fact G3). */
function movesTable(before: AiGateway, after: AiGateway): boolean {
  const [old, next] = [tableOf(before), tableOf(after)];
  if (old.enabled !== true || next.enabled === false || Object.keys(next).length === 0) return false;
  return ['catalog_name', 'schema_name', 'table_name_prefix'].some((field) => old[field] !== next[field]);
}

function tableOf(gateway: AiGateway): Record<string, unknown> {
  return isObject(gateway.inference_table_config) ? gateway.inference_table_config : {};
}

function withTable(gateway: AiGateway, table: Record<string, unknown>): AiGateway {
  return { ...gateway, inference_table_config: table };
}

const STRICTNESS = ['NONE', 'MASK', 'BLOCK'];

function weaker({ field, from, to }: FieldDiff): boolean {
  if (from === undefined || from === false || from === 'NONE') return false;
  if (to === undefined || to === false) return true;
  if (typeof from === 'string' && typeof to === 'string') return STRICTNESS.indexOf(to) < STRICTNESS.indexOf(from);
  if (!Array.isArray(from) || !Array.isArray(to)) return false;
  // Valid topics are an allow list. A new topic allows more, and an empty list allows all.
  if (field.endsWith('valid_topics'))
    return from.length > 0 && (to.length === 0 || to.some((topic) => !from.includes(topic)));
  return from.some((word) => !to.includes(word));
}

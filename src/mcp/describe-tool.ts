/** A tool as `tools/list` publishes it, kept small because every byte costs tokens in each session. The build does this work beforehand. */
import * as z from 'zod';
import type { Known } from '../calls/publication.ts';
import { isObject } from '../rest/json.ts';
import { hints, type Tool } from '../tool.ts';
import { type ToolMeta, toolMeta } from './views.ts';

export type PublishedTool = ReturnType<typeof published>;

/** A tool in the list, with what decides whether this server publishes it. */
export interface ListedTool extends Known {
  published: PublishedTool;
}

/** Definitions never change, and clients ask again with each connection. */
const known = new WeakMap<Tool, PublishedTool>();

/** Name, title, description, schemas, hints and view of a tool. */
export function describe(tool: Tool): PublishedTool {
  const found = known.get(tool) ?? published(tool);
  known.set(tool, found);
  return found;
}

export function listed(tool: Tool): ListedTool {
  const { name, effect, toolsets, needs } = tool;
  return { name, effect, toolsets, ...(needs && { needs }), published: describe(tool) };
}

function published(tool: Tool) {
  const meta: { _meta?: ToolMeta } = tool.view ? { _meta: toolMeta(tool.view) } : {};
  return {
    name: tool.name,
    title: tool.title,
    description: tool.description,
    inputSchema: jsonSchema(tool.input, 'input'),
    outputSchema: jsonSchema(tool.output, 'output'),
    annotations: hints(tool.effect),
    ...meta,
  };
}

function jsonSchema(schema: z.ZodObject, io: 'input' | 'output'): { type: 'object'; [key: string]: unknown } {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return { ...(slim(rest) as Record<string, unknown>), type: 'object' }; // slim keeps an object an object
}

/** Drops parts of the schema that carry no information. */
function slim(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(slim);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(
        ([key, inner]) =>
          !(UNPUBLISHED.has(key) || (key === 'additionalProperties' && isEmpty(inner)) || isSafeIntegerBound(inner)),
      )
      .map(([key, inner]) => [key, slim(inner)]),
  );
}

/**
 * Lengths that no honest call reaches. The server checks them all the same, and its refusal names the length, so they are not worth a caller's tokens in
 * each session.
 */
const UNPUBLISHED: ReadonlySet<string> = new Set(['propertyNames', 'maxItems', 'maxLength']);

/** zod bounds every integer by the range of exact doubles. A caller gains nothing from it. */
function isSafeIntegerBound(value: unknown): boolean {
  return value === Number.MAX_SAFE_INTEGER || value === Number.MIN_SAFE_INTEGER;
}

function isEmpty(value: unknown): boolean {
  return isObject(value) && Object.keys(value).length === 0;
}

/** What a tool is, and what it gets to work with. */
import type { z } from 'zod';
import type { Clock } from './clock.ts';
import type { Journal } from './journal/journal.ts';
import type { ToolCall, ToolResult } from './refusal.ts';
import type { Http } from './rest/http.ts';
import type { PlannedWrite, WriteArgs } from './write/planned-write.ts';

/**
 * What a call does to the world, at worst: `read` looks. `query` runs a model, which costs money and leaves a line in usage tables. `write`
 * changes something in a way that can be undone. `destroy` ends something that no other call restores.
 */
export type Effect = 'read' | 'query' | 'write' | 'destroy';

export interface ToolContext {
  /** Name of the tool that runs. */
  tool: string;
  /** The workspace, bound to this call's cancellation. It reads, and for `query` tools it sends inferences. It never writes. */
  http: Http;
  /** The same connection for inferences of tools that are no queries; undefined when this server sends none. */
  inference: Http | undefined;
  clock: Clock;
  signal: AbortSignal;
  /** Reports progress to the client, if the client asked for it. */
  progress(message: string, share?: number): void;
  /** This call's lock on the endpoint, app or model that it writes. A wait releases it. */
  lock: { release(): void };
  /** The record of changes made through this server and others on this machine; undefined when no journal is kept. */
  journal: Journal | undefined;
  /** The write that another tool plans for a call, as if the client had made it. Throws what that tool throws. */
  plan(call: ToolCall): Promise<PlannedWrite>;
}

interface ToolBase {
  name: string;
  title: string;
  effect: Effect;
  description: string;
  input: z.ZodObject;
  /** Other names that callers give an argument, each with the arguments that it may mean. */
  synonyms?: ReadonlyMap<string, readonly string[]>;
  /** Shallow and loose: it documents the fields that matter, and an error object fits it too. */
  output: z.ZodObject;
}

/** A tool that reads or queries. */
export interface ReadingTool extends ToolBase {
  run(args: unknown, context: ToolContext): Promise<ToolResult>;
}

/** A tool that changes something: it returns its write as a list of steps, and `commit` makes them. */
export interface WritingTool extends ToolBase {
  plan(args: unknown, context: ToolContext): Promise<PlannedWrite>;
}

export type Tool = ReadingTool | WritingTool;

type Definition<Input extends z.ZodObject> = Omit<ToolBase, 'input'> & { input: Input };

/** Defines a tool that reads or queries. `run` gets the arguments as the input schema parsed them. */
export function defineTool<Input extends z.ZodObject>(
  definition: Definition<Input> & { run(args: z.output<Input>, context: ToolContext): Promise<ToolResult> },
): ReadingTool {
  // The server has parsed the arguments with `input` before it calls.
  return { ...definition, run: (args, context) => definition.run(args as z.output<Input>, context) };
}

/** Defines a tool that changes something. Its input has `dry_run`, which `commit` reads. */
export function defineWrite<Input extends z.ZodObject>(
  definition: Definition<Input> & {
    plan(args: z.output<Input>, context: ToolContext): Promise<PlannedWrite>;
  } & (z.output<Input> extends WriteArgs ? unknown : { input: 'the input lacks dry_run' }),
): WritingTool {
  // As above.
  return { ...definition, plan: (args, context) => definition.plan(args as z.output<Input>, context) };
}

/** MCP annotation hints, all four always explicit: a client takes a missing one for destructive and open-world. */
export function hints(effect: Effect): {
  readOnlyHint: boolean;
  destructiveHint: boolean;
  idempotentHint: boolean;
  openWorldHint: boolean;
} {
  return {
    readOnlyHint: effect === 'read',
    destructiveHint: effect === 'destroy',
    idempotentHint: effect !== 'query',
    openWorldHint: true,
  };
}

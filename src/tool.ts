/** What a tool is, and what it gets to work with. */
import type { z } from 'zod';
import type { Clock } from './clock.ts';
import type { Journal } from './journal/journal.ts';
import type { ToolResult } from './refusal.ts';
import type { Endpoint } from './rest/endpoints.ts';
import type { Http } from './rest/http.ts';
import type { Guard } from './write/planned-write.ts';

/**
 * What a call does to the world, worst case:
 * `read` looks; `query` runs a model, which costs money and leaves a line in usage tables; `write` changes things in a way that can be undone;
 * `destroy` ends something that another call cannot bring back.
 */
export type Effect = 'read' | 'query' | 'write' | 'destroy';

export interface ToolContext {
  /** Name of the tool that runs. */
  tool: string;
  /** The workspace, bound to this call's cancellation. It reads, and for `query` tools it asks; writes go through `commit`. */
  http: Http;
  /** The same connection for inferences of tools that are no queries; undefined when this server sends none. */
  inference: Http | undefined;
  clock: Clock;
  signal: AbortSignal;
  /** Tells the client how far the call is; nothing happens when the client did not ask for it. */
  progress(message: string, share?: number): void;
  /** Asks the person at the client; undefined when the client has no way to ask. Answers undefined when nobody answered. */
  ask: ((question: string) => Promise<boolean | undefined>) | undefined;
  /** This call's turn to write its endpoint, app or model. It has it from the start; who waits or asks gives it away. */
  turn: { take(): Promise<void>; give(): void };
  /** What stands around writes; used by `commit` of `src/write/commit.ts` and by nothing else. */
  guard: Guard;
  /** The endpoint as it is now; undefined when it is gone. */
  reread(endpoint: string): Promise<Endpoint | undefined>;
  /** What was changed through this server and its like on this machine; undefined when no journal is kept. */
  journal: Journal | undefined;
  /** Runs another tool as if the client had called it, guards and all. Throws what that tool throws. */
  run(tool: string, args: Record<string, unknown>): Promise<ToolResult>;
}

export interface Tool {
  name: string;
  title: string;
  effect: Effect;
  description: string;
  input: z.ZodObject;
  /** What callers call an argument otherwise, and the arguments that it may mean. */
  synonyms?: ReadonlyMap<string, readonly string[]>;
  /** Shallow and loose: it documents the fields that matter, and an error object passes it too. */
  output: z.ZodObject;
  run(args: unknown, context: ToolContext): Promise<ToolResult>;
}

/** Defines one tool; `run` gets the arguments as the input schema parsed them. */
export function defineTool<Input extends z.ZodObject>(definition: {
  name: string;
  title: string;
  effect: Effect;
  description: string;
  input: Input;
  synonyms?: ReadonlyMap<string, readonly string[]>;
  output: z.ZodObject;
  run(args: z.output<Input>, context: ToolContext): Promise<ToolResult>;
}): Tool {
  return {
    ...definition,
    // The server has parsed the arguments with `input` before it calls.
    run: (args, context) => definition.run(args as z.output<Input>, context),
  };
}

/** MCP annotation hints, all four always explicit: what is left out counts as destructive and open-world. */
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

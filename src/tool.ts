/** The contract of a tool, and the context that it runs in. */
import * as z from 'zod';
import type { Clock } from './clock.ts';
import type { HistoryPlace } from './history/place.ts';
import type { JournalEntry } from './journal/entry.ts';
import type { Journal } from './journal/journal.ts';
import type { ToolCall, ToolResult } from './refusal.ts';
import type { Http } from './rest/http.ts';
import type { Family } from './rights/reach.ts';
import type { Toolset } from './toolsets.ts';
import type { ViewName } from './views/host/host.ts';
import type { PlannedWrite, WriteArgs } from './write/planned-write.ts';

/**
 * The worst effect of a call. `read` only reads. `query` runs a model, which costs money and appears in usage tables. `write` makes a change that
 * can be undone. `destroy` deletes something that no other call restores.
 */
export type Effect = 'read' | 'query' | 'write' | 'destroy';

export interface ToolContext {
  /** Name of the running tool. */
  tool: string;
  /** The connection to the workspace, bound to this call's cancellation. It reads, and for `query` tools it sends inferences. It never writes. */
  http: Http;
  /** The server was started to change nothing. */
  readOnly: boolean;
  /** The SQL warehouse that a person named at the start, by id or name. */
  warehouse: string | undefined;
  /** A person allowed at the start that bodies of requests and answers are shown from inference tables. */
  payloads: boolean;
  /** A connection that sends inferences, for tools that write. Undefined when this server sends none, or may not write. */
  inference: Http | undefined;
  clock: Clock;
  signal: AbortSignal;
  /** Reports progress to the client, if the client asked for it. */
  progress(message: string, share?: number): void;
  /** This call's lock on the endpoint, app or model that it writes. A wait releases it. A plan that waits acquires it again before it continues. */
  lock: { acquire(): Promise<void>; release(): void };
  /** The server makes this call by itself, between two calls of its client. */
  unattended: boolean;
  /**
   * Makes a call later, unattended, while this process runs. A later request with the same key replaces it. Undefined where nothing may run between
   * calls. @param ms the pause, in milliseconds.
   */
  later: ((key: string, call: ToolCall, ms: number) => void) | undefined;
  /** Whether this server makes a call with this key later. */
  isDue(key: string): boolean;
  /** The record of changes made through servers on this machine. Undefined when no journal is kept. */
  journal: Journal | undefined;
  /** Where this server keeps the readings of metrics. Use it through `src/history/history.ts`. */
  history: HistoryPlace;
  /** The write that another tool plans for a call, as if the client had made that call. Throws what that tool throws. */
  plan(call: ToolCall): Promise<PlannedWrite>;
  /**
   * Whether this call repeats one that was interrupted: the journal has an open entry of it. Parts of it may be done already. Ask only where
   * the answer matters, because it reads the journal. @param args the arguments that repeat the call, where the given ones may change their meaning.
   * @param made asks something of the recorded changes. An undo has none, so the answer is then false.
   */
  isRepeat(args?: Record<string, unknown>, made?: (changes: JournalEntry['changes']) => boolean): Promise<boolean>;
}

/** By a schema: the form of its values. The types of a registry do not fit a schema as a member. */
const forms = z.registry<{ form: object }>();

/**
 * An object that is published as a plain one, because the full schema would cost too many tokens. The form says which of its fields are
 * optional and which type they have, so that arguments can be read by it. It checks nothing.
 */
export function readBy<Schema extends z.ZodType>(form: z.ZodType, schema: Schema): Schema {
  forms.add(schema, { form });
  return schema;
}

/** The form that {@link readBy} gave to a schema. */
export function formOf(schema: z.core.$ZodType): z.core.$ZodType | undefined {
  return forms.get(schema)?.form as z.core.$ZodType | undefined; // `readBy` adds schemas only
}

interface ToolBase {
  name: string;
  title: string;
  effect: Effect;
  /** The toolsets that contain it, its home first. */
  toolsets: readonly [Toolset, ...Toolset[]];
  description: string;
  /** The routes without which no call of it can succeed, by their families. */
  needs?: readonly Family[] | undefined;
  input: z.ZodObject;
  /** The endpoint of a call does not exist yet, so only a name or a URL can mean it, and no model. */
  creates?: true;
  /** Its `endpoint` may also be a model service, by its three-part name. In all other tools, such a name is a registered model. */
  services?: true;
  /** Groups of optional arguments. A call needs one of each group, and an example of a call has the first. */
  asks?: readonly (readonly [string, ...string[]])[];
  /** Wrong argument names that callers often use, each with the arguments that it may mean. */
  synonyms?: ReadonlyMap<string, readonly string[]>;
  /** Shallow and loose. It documents the fields that matter, and an error object fits it too. */
  output: z.ZodObject;
  /** What draws its answers, in clients that show pictures. The answers are complete without it. */
  view?: ViewName;
}

/** A tool that reads or queries. */
export interface ReadingTool extends ToolBase {
  run(args: unknown, context: ToolContext): Promise<ToolResult>;
}

/** A tool that changes something. It returns the write as a list of steps, and `commit` runs them. */
export interface WritingTool extends ToolBase {
  plan(args: unknown, context: ToolContext): Promise<PlannedWrite>;
}

export type Tool = ReadingTool | WritingTool;

type Definition<Input extends z.ZodObject> = Omit<ToolBase, 'input'> & { input: Input };

/** Defines a tool that reads or queries. `run` receives the arguments as the input schema parsed them. */
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

/** MCP annotation hints. All four are always explicit, because a client reads a missing one as destructive and open-world. */
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

/** The refusal of a call, and tool calls as text for next steps. */

/** A result as the caller gets it: one small object. Hints for the next step are fields of it. */
export type ToolResult = Record<string, unknown>;

/** A tool refuses a call and says what to do instead. `message` and `next` hold only trusted words. Text from others goes into `data`. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: string;
  readonly next: string;
  readonly data: ToolResult;
  /** Whether the same call may succeed later without any change by the caller. */
  readonly retryable: boolean;

  constructor(
    code: string,
    message: string,
    next: string,
    data: ToolResult = {},
    { retryable = false, cause }: { retryable?: boolean; cause?: unknown } = {},
  ) {
    super(message, { cause });
    this.code = code;
    this.next = next;
    this.data = data;
    this.retryable = retryable;
  }

  /** The same refusal with more data. Its own fields win. */
  with(data: ToolResult, message: string = this.message): Refusal {
    const { code, next, retryable, cause } = this;
    return new Refusal(code, message, next, { ...data, ...this.data }, { retryable, cause });
  }
}

/** The refusal of a server that changes nothing. @param so the consequence: `so it changes nothing`. @param instead other advice, which comes first. */
export function readOnlyRefusal(so: string, instead: string, data: ToolResult = {}): Refusal {
  const next = `${instead} ${howToAllow('writing', '--read-only')}`;
  return new Refusal('read_only', `this server was started read-only, ${so}`, next, data);
}

/** How a person lifts a limit that they set at the start, as an argument, a variable or a setting of the client. An agent cannot. */
export function howToAllow(what: string, option: string): string {
  return howToEnable(what, [`switch ${option} off`]);
}

/** @param steps what to do in the configuration. */
export function howToEnable(what: string, steps: readonly string[]): string {
  return `A person can enable ${what}: ${enumeration(steps)} in the configuration of the MCP client, then restart the server.`;
}

/** `a, b and c`. */
export function enumeration(words: readonly string[]): string {
  const last = words.at(-1) ?? '';
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} and ${last}`;
}

/** Runs the part of a write before its first request. A refusal from this part says that nothing was sent. */
export async function beforeSending<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Refusal) || error.message.includes('nothing was sent')) throw error;
    throw error.with({}, `${error.message}; nothing was sent`);
  }
}

/** A call to a tool, as data until it becomes text. */
export interface ToolCall {
  tool: string;
  args: Record<string, unknown>;
}

/** A call to a tool as text for `next`: `wait_for_endpoint {"endpoint":"churn"}`. */
export function call(tool: string, args: Record<string, unknown> = {}): string {
  return Object.keys(args).length === 0 ? tool : `${tool} ${JSON.stringify(args)}`;
}

/** Characters of a call that repeats long arguments. */
const MAX_CALL = 600;

/** A call as text. Of a long one, only the named arguments: `query_endpoint {"endpoint":"chat"} with the other arguments`. */
export function shortCall(tool: string, args: Record<string, unknown>, named: readonly string[]): string {
  const text = call(tool, args);
  if (text.length <= MAX_CALL) return text;
  const kept = Object.entries(args).filter(([name, value]) => named.includes(name) && value !== undefined);
  return `${call(tool, Object.fromEntries(kept))} with the other arguments`;
}

/** A call as text. */
export function callText({ tool, args }: ToolCall): string {
  return call(tool, args);
}

/** Calls to make one after the other, as text. */
export function callsText(calls: readonly ToolCall[]): string {
  return calls.map(callText).join(' then ');
}

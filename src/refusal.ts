/** What a call answers when it is refused, and calls as text for next steps. */

/** A result as it leaves: one small object. Hints for the next step are fields of it. */
export type ToolResult = Record<string, unknown>;

/** A tool's own "no", with what to do instead. Only trusted words belong in `message` and `next`; what others wrote goes into `data`. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: string;
  readonly next: string;
  readonly data: ToolResult;
  /** Whether the same call may work later, without anybody changing anything. */
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
}

/** A call to another tool as text for `next`: `wait_for_endpoint {"endpoint":"churn"}`. */
export function call(tool: string, args: Record<string, unknown> = {}): string {
  return Object.keys(args).length === 0 ? tool : `${tool} ${JSON.stringify(args)}`;
}

/** The calls that a text of {@link call}s joined by ` then ` holds; undefined when it is no such text. */
export function parseCalls(text: string): { tool: string; args: Record<string, unknown> }[] | undefined {
  const calls = text.split(/ then (?=[a-z_]+(?: \{|$))/).map((each) => {
    const match = /^([a-z_]+)(?: (\{[\s\S]*\}))?$/.exec(each);
    try {
      return match?.[1] ? { tool: match[1], args: JSON.parse(match[2] ?? '{}') as Record<string, unknown> } : undefined; // a JSON text in braces is an object
    } catch {
      return undefined;
    }
  });
  return calls.every((each) => each !== undefined) ? calls : undefined;
}

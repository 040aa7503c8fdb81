/** What the host page and the test say to each other. */
import type {
  McpUiHostCapabilities,
  McpUiHostContext,
  McpUiHostContextChangedNotification,
  McpUiToolResultNotification,
} from '@modelcontextprotocol/ext-apps/app-bridge';

export type ToolResult = McpUiToolResultNotification['params'];

/** How a view begins in the host. */
export interface Opening {
  html: string;
  capabilities: McpUiHostCapabilities;
  context: McpUiHostContext;
  /** The arguments of the call that the view belongs to. */
  input?: Record<string, unknown>;
  /** Its answer. Without it, the call is still running. */
  result?: ToolResult;
}

/** What the view told the host, in order. */
export type HostEvent =
  | { kind: 'initialized' }
  | { kind: 'size'; height: number | undefined }
  | { kind: 'link'; url: string }
  | { kind: 'message'; message: unknown }
  | { kind: 'log'; message: unknown };

/** The host page, as `globalThis.host`. */
export interface HostPage {
  events: HostEvent[];
  open(opening: Opening): Promise<void>;
  context(change: McpUiHostContextChangedNotification['params']): Promise<void>;
  input(args: Record<string, unknown>): Promise<void>;
  result(result: ToolResult): Promise<void>;
  cancelled(reason: string): Promise<void>;
  teardown(): Promise<void>;
}

/** Asks the test for what the view wants of the server. Both sides are JSON: the parameters, and `{value}` or `{error}`. */
export type Relay = (kind: 'call' | 'read', params: string) => Promise<string>;

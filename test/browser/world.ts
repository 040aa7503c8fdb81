/** A workspace with a server and the official client, and its answers in the view that the tool names. */
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { type CallToolResult, ElicitRequestSchema, type Tool } from '@modelcontextprotocol/sdk/types.js';
import { onTestFinished } from 'vitest';
import { type Harness, type HarnessOptions, start } from '../support/harness.ts';
import type { DialogAnswer } from '../support/meeting.ts';
import { type Opened, type OpenOptions, openView, type Server } from './view.ts';

/** The built program. */
export const SERVER = join(import.meta.dirname, '..', '..', 'dist', 'server.mjs');
/** When the workspaces of the tests begin. Their traffic is then the same in each run. */
export const BEGIN = Date.UTC(2026, 0, 5, 9);

type Args = Record<string, unknown>;

/** A server in this process on a sandbox whose clock the test moves. Closed with the test. */
export async function world(options: HarnessOptions = {}): Promise<Harness> {
  const harness = await start({ at: BEGIN, ...options });
  onTestFinished(() => harness.close());
  return harness;
}

/** The built server over stdio, as a desktop client starts it. Closed with the test. @param onAsk answers the dialogs of the client. */
export async function built(args: string[], onAsk?: (question: string) => DialogAnswer): Promise<Client> {
  const client = new Client(
    { name: 'test host', version: '1.0.0' },
    { capabilities: onAsk ? { elicitation: { form: {} } } : {} },
  );
  if (onAsk) client.setRequestHandler(ElicitRequestSchema, ({ params }) => onAsk(params.message));
  const env = { PATH: process.env.PATH ?? '', HOME: '/nonexistent' };
  await client.connect(
    new StdioClientTransport({ command: process.execPath, args: [SERVER, ...args], env, stderr: 'ignore' }),
  );
  onTestFinished(() => client.close());
  return client;
}

/** What hosts know of a tool before they show its view. */
export interface Named {
  tool: Tool;
  html: string;
}

const pages = new Map<string, string>();

/** The tool, and the page that it names. @throws Error when it names none. */
export async function pageOf(client: Client, name: string): Promise<Named> {
  const tool = (await client.listTools()).tools.find((each) => each.name === name);
  const uri = (tool?._meta?.ui as { resourceUri?: string } | undefined)?.resourceUri; // checked below
  if (!tool || !uri) throw new Error(`${name} names no view`);
  let html = pages.get(uri);
  if (html === undefined) {
    const [content] = (await client.readResource({ uri })).contents;
    if (!content || !('text' in content)) throw new Error(`${uri} has no text`);
    if (content.mimeType !== 'text/html;profile=mcp-app') throw new Error(`${uri} is ${content.mimeType}`);
    html = content.text;
    pages.set(uri, html);
  }
  return { tool, html };
}

export interface Drawn extends Opened {
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers field by field, and a wrong guess fails them
  data: any;
}

/** Calls a tool as the model does, and opens its view with the answer. The view's own calls go to the same server. */
export async function draw(
  client: Client,
  name: string,
  args: Args = {},
  options: Partial<OpenOptions> = {},
): Promise<Drawn> {
  const { tool, html } = await pageOf(client, name);
  const result = (await client.callTool({ name, arguments: args })) as CallToolResult; // no task was asked for
  const view = await openView({
    html,
    server: client as Server,
    input: args,
    result: result as NonNullable<OpenOptions['result']>, // both SDKs describe the same answer
    now: BEGIN,
    ...options,
    context: {
      theme: 'light',
      displayMode: 'inline',
      locale: 'en-US',
      timeZone: 'UTC',
      toolInfo: { tool } as never,
      ...options.context,
    },
  });
  return Object.assign(view, { data: result.structuredContent });
}

/** A server of given answers, for what no workspace would ever say. A call without an answer here never ends. */
export function scripted(answers: Record<string, Answering>): Server & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    async callTool({ name, arguments: args = {} }) {
      asked.push(name);
      const answering = answers[name];
      if (answering === undefined) return new Promise(() => {});
      return answer(typeof answering === 'function' ? await answering(args) : answering);
    },
    readResource: async () => ({ contents: [] }),
  };
}
type Answering = unknown | ((args: Args) => unknown);

/** An answer of a tool, in both of its forms. */
export function answer(data: unknown, isError = false): NonNullable<OpenOptions['result']> {
  const failed = isError || (typeof data === 'object' && data !== null && 'error' in data);
  return {
    content: [{ type: 'text', text: JSON.stringify(data) }],
    structuredContent: data as Args,
    ...(failed ? { isError: true } : {}),
  };
}

/** The MCP client of the demo: starts the built server as a child process, calls its tools and shows what comes back. */
import { deepEqual } from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import type { Printer } from './print.ts';

const SERVER = fileURLToPath(new URL('../../dist/server.mjs', import.meta.url));

export interface Answer {
  isError: boolean;
  // biome-ignore lint/suspicious/noExplicitAny: the demo looks into results field by field, and a wrong guess stops it
  data: any;
}

export interface Agent {
  /** Names that `tools/list` gave. */
  tools: string[];
  pid: number;
  /** Calls a tool and shows the call, its progress and its result. */
  call(name: string, args?: Record<string, unknown>): Promise<Answer>;
  /** The same without a word on the screen. */
  ask(name: string, args: Record<string, unknown>): Promise<Answer>;
  /** Calls made so far. */
  calls(): number;
  /** What the server wrote to stderr; a healthy one is silent. */
  stderr(): string;
  close(): Promise<void>;
}

export async function startAgent(args: string[], print: Printer): Promise<Agent> {
  const transport = new StdioClientTransport({ command: process.execPath, args: [SERVER, ...args], stderr: 'pipe' });
  let stderr = '';
  transport.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const client = new Client({ name: 'demo', version: '1.0.0' });
  await client.connect(transport);
  const { tools } = await client.listTools();
  let calls = 0;

  async function ask(name: string, given: Record<string, unknown>, onprogress?: (seen: Progress) => void) {
    calls++;
    const options = onprogress ? { onprogress, resetTimeoutOnProgress: true } : {};
    const result = await client.callTool({ name, arguments: given }, undefined, options);
    const content = Array.isArray(result.content) ? result.content : [];
    deepEqual(JSON.parse(String(content[0]?.text)), result.structuredContent, 'the two forms of a result are the same');
    return { isError: result.isError === true, data: result.structuredContent };
  }

  return {
    tools: tools.map((tool) => tool.name),
    pid: transport.pid ?? 0,
    ask: (name, given) => ask(name, given),
    async call(name, given = {}) {
      print.call(name, given);
      const answer = await ask(name, given, ({ message, progress, total }) =>
        print.progress(message ?? '', total ? progress / total : undefined),
      );
      print.result(Object(answer.data));
      return answer;
    },
    calls: () => calls,
    stderr: () => stderr,
    close: () => client.close(),
  };
}

interface Progress {
  progress: number;
  total?: number | undefined;
  message?: string | undefined;
}

/** Sends one query after the other until it is stopped, and counts. */
export interface Prober {
  /** Waits until this entity has served a query, or one has failed. */
  served(entity: string): Promise<void>;
  stop(): Promise<{ sent: number; failed: number; firstFailure: string | undefined; servedBy: Map<string, number> }>;
}

/** @param everyMs pause between two queries, milliseconds. */
export function startProber(agent: Agent, query: Record<string, unknown>, everyMs: number): Prober {
  const servedBy = new Map<string, number>();
  let sent = 0;
  let failed = 0;
  let firstFailure: string | undefined;
  let going = true;

  async function probe(): Promise<void> {
    sent++;
    try {
      const { isError, data } = await agent.ask('query_endpoint', query);
      if (isError) throw new Error(data.error.message);
      servedBy.set(data.served_by, (servedBy.get(data.served_by) ?? 0) + 1);
    } catch (error) {
      failed++;
      firstFailure ??= error instanceof Error ? error.message : String(error);
    }
  }

  const pause = () => new Promise((resolve) => setTimeout(resolve, everyMs));

  async function loop(): Promise<void> {
    while (going) {
      await probe();
      await pause();
    }
  }
  const running = loop();

  return {
    async served(entity) {
      while (!servedBy.has(entity) && failed === 0) await pause();
    },
    async stop() {
      going = false;
      await running;
      return { sent, failed, firstFailure, servedBy };
    },
  };
}

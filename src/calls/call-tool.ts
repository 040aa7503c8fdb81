/** One wrapper around every tool call: arguments, reach, guards, errors. Knows no protocol; `src/mcp/server.ts` brings the client. */

import { Refusal, type ToolResult } from '../refusal.ts';
import type { Exchange, Http, Reach } from '../rest/http.ts';
import { endpoints } from '../rest/index.ts';
import { nearest } from '../text/did-you-mean.ts';
import { MASK } from '../text/redact.ts';
import type { Tool, ToolContext } from '../tool.ts';
import { closeOpen, createGuard, type GuardSettings } from '../write/guard.ts';
import { argumentReport, report } from './error-report.ts';
import type { createTurns } from './keyed-lock.ts';
import { nearEndpoint, saysMissing } from './near-endpoint.ts';

export interface CallEnvironment extends GuardSettings {
  tools: readonly Tool[];
  /** Turns of the writes of this server. */
  turns: ReturnType<typeof createTurns>;
  /** Without query tools: they cost money. */
  noQuery: boolean;
  http: Http;
  now: () => number;
  random: () => number;
  sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  log: (line: string) => void;
}

/** What the client of one call offers. */
export interface ClientSide {
  signal: AbortSignal;
  progress: ToolContext['progress'];
  ask: ToolContext['ask'];
}

/** Tools that are published. A write that read-only mode hides is refused by its guard when it is called all the same. */
export function publishedTools({ tools, noQuery, readOnly }: CallEnvironment): Tool[] {
  return tools.filter(({ effect }) => (effect === 'query' ? !noQuery : effect === 'read' || !readOnly));
}

/** Calls a tool by name with arguments as they came; whatever happens is a result, errors have the member `error`. */
export async function callTool(
  environment: CallEnvironment,
  name: string,
  given: unknown,
  client: ClientSide,
): Promise<ToolResult> {
  const tool = environment.tools.find((each) => each.name === name);
  if (!tool) {
    const names = publishedTools(environment).map((each) => each.name);
    const hint = nearest(name, names);
    const next = `Call tools/list${hint ? `, or ${hint}` : ''}.`;
    return { error: { code: 'unknown_tool', message: `there is no tool "${name}"`, next, retryable: false } };
  }
  if (tool.effect === 'query' && environment.noQuery) {
    const next = 'Somebody who may query can do it, or start the server without --no-query.';
    return { error: { code: 'no_query', message: 'this server sends no inferences', next, retryable: false } };
  }
  const parsed = tool.input.safeParse(given ?? {});
  if (!parsed.success) return argumentReport(name, parsed.error, Object.keys(tool.input.shape), tool.synonyms);
  try {
    return await run(environment, tool, parsed.data, client);
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'Refusal')
      environment.log(`${name}: ${(error instanceof Error && error.stack) || String(error)}`);
    const { endpoint, model } = parsed.data;
    return report(error, {
      tool: name,
      effect: tool.effect,
      ...(typeof endpoint === 'string' ? { endpoint, near: await nearTo(environment, error, endpoint, client) } : {}),
      ...(typeof model === 'string' ? { model } : {}),
    });
  }
}

/** Runs a tool with parsed arguments and its guards. Throws what the tool throws. */
async function run(
  environment: CallEnvironment,
  tool: Tool,
  args: Record<string, unknown>,
  client: ClientSide,
): Promise<ToolResult> {
  const { signal } = client;
  const exchanges: Exchange[] = [];
  const bind = (reach: Reach) => environment.http.bind({ signal, reach, onExchange: (each) => exchanges.push(each) });
  const http = bind(tool.effect === 'query' ? 'query' : 'read');
  let accepted = false;
  const writing = environment.http.bind({
    signal,
    reach: environment.readOnly ? 'read' : 'write',
    onExchange: (each) => exchanges.push(each),
    onAccepted: () => {
      accepted = true;
    },
  });
  const guarded = {
    tool: tool.name,
    args,
    http: writing,
    exchanges,
    accepted: () => accepted,
    who: () => whoAmI(http),
  };
  const turn = environment.turns(isWrite(tool) ? written(args) : undefined);
  const take = () => turn.take(signal);
  const context: ToolContext = {
    ...client,
    turn: { take, give: turn.give },
    tool: tool.name,
    http,
    inference: environment.noQuery ? undefined : bind('query'),
    clock: {
      now: environment.now,
      random: environment.random,
      sleep: (ms) => environment.sleep(ms, signal),
    },
    guard: createGuard(environment, guarded),
    reread: (name) => endpoints.find(http, name),
    journal: environment.journal,
    async run(name, inner) {
      const other = environment.tools.find((each) => each.name === name);
      if (!other) throw new Error(`there is no tool ${name}`);
      return run(environment, other, other.input.parse(inner), client);
    },
  };
  try {
    if (isWrite(tool)) refuseMask(args);
    await take();
    const result = await tool.run(args, context);
    if (!foundDone(tool, args, result)) return result;
    const closed = await closeOpen(environment, guarded, { outcome: 'done' });
    // What an earlier call of it changed is taken back by the way that one noted.
    return closed?.undo === undefined ? result : { ...result, undo: closed.undo };
  } catch (error) {
    const failed = error instanceof Refusal && error.data.outcome === 'failed' && error.data.changed === false;
    if (failed && isWrite(tool)) await closeOpen(environment, guarded, { outcome: 'failed', code: error.code });
    throw error;
  } finally {
    turn.give();
  }
}

/** What a write changes, by its arguments: two that change the same must not plan on the same reading. */
function written({ app, endpoint, model }: Record<string, unknown>): string | undefined {
  const [kind, name] = Object.entries({ app, endpoint, model }).find(([, value]) => typeof value === 'string') ?? [];
  return kind && `${kind} ${name}`;
}

/** What results show in place of a secret is no value: writing it would overwrite the secret. */
function refuseMask(value: unknown): void {
  if (typeof value === 'object' && value !== null) Object.values(value).forEach(refuseMask);
  if (value !== MASK) return;
  const message = `a value is ${MASK}, which stands for one that is hidden; nothing was sent`;
  throw new Refusal('masked_value', message, 'Leave that field out to keep its value, or give the real one.');
}

/** The name that was meant, when there is no endpoint of the one that was given. */
async function nearTo({ http }: CallEnvironment, error: unknown, name: string, { signal }: ClientSide) {
  return saysMissing(error, name) ? nearEndpoint(http.bind({ signal, reach: 'read' }), name) : undefined;
}

const isWrite = ({ effect }: Tool) => effect === 'write' || effect === 'destroy';

/** Whether a write found that all it was asked for is there: not a preview, not a question, not something to wait for. */
function foundDone(
  tool: Tool,
  { dry_run = false }: Record<string, unknown>,
  { changed, needs_consent, outcome }: ToolResult,
): boolean {
  return (
    isWrite(tool) && dry_run === false && changed === false && needs_consent === undefined && outcome !== 'waiting'
  );
}

async function whoAmI(http: Http): Promise<{ host: string; who: string }> {
  const { host, authType, profile } = await http.signer();
  return { host, who: profile === undefined ? authType : `${authType}, profile ${profile}` };
}

/** The wrapper around every tool call: arguments, access, lock, context, errors. It knows no protocol. `src/mcp/handlers.ts` connects the client. */
import { type HistoryPlace, historyPlace } from '../history/place.ts';
import { isOpen, type JournalEntry } from '../journal/entry.ts';
import type { Journal } from '../journal/journal.ts';
import { beforeSending, Refusal, type ToolCall, type ToolResult } from '../refusal.ts';
import { withPlainNumbers } from '../rest/exact-json.ts';
import { type Access, type Detour, detourOf, type Http, type SentRequest } from '../rest/http.ts';
import { isObject } from '../rest/json.ts';
import { closest } from '../text/did-you-mean.ts';
import { isMasked, REDACTED } from '../text/redact.ts';
import type { Tool, ToolContext, WritingTool } from '../tool.ts';
import { commit } from '../write/commit.ts';
import type { WriteArgs } from '../write/planned-write.ts';
import type { Policy } from '../write/policy.ts';
import { repeatCall } from '../write/record.ts';
import { createShownChanges, type ShownChanges } from '../write/shown-changes.ts';
import type { WriteContext } from '../write/write-context.ts';
import { argumentReport } from './argument-report.ts';
import { report } from './error-report.ts';
import { createLocks, type Lock } from './keyed-lock.ts';
import { laterCalls, type Timer } from './later.ts';
import { refuseRoundedNumbers } from './lost-digits.ts';
import { withPlainNames } from './named-target.ts';
import { nearEndpoint, saysMissing } from './near-endpoint.ts';
import { isPublished, type Limits, refusalOfHidden, withoutUnpublished } from './publication.ts';
import { readArguments } from './read-arguments.ts';

export interface CallEnvironment extends Limits {
  tools: readonly Tool[];
  /** Locks on the targets of writes. */
  locks: ReturnType<typeof createLocks>;
  policy: Policy;
  warehouse?: string | undefined;
  /** Default: false. */
  payloads?: boolean;
  /** Undefined when the user switched the journal off. */
  journal: Journal | undefined;
  history: HistoryPlace;
  shown: ShownChanges;
  http: Http;
  now: () => number;
  random: () => number;
  sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  log: (line: string) => void;
  /** Undefined where nothing may run between calls. */
  later?: ToolContext['later'];
  isDue?: ToolContext['isDue'];
}

/** What the client offers to one call. */
export interface ClientSide {
  signal: AbortSignal;
  progress: ToolContext['progress'];
  ask: WriteContext['ask'];
  /** The server makes this call by itself. Default: false. */
  unattended?: boolean;
}

/** What calls share that belong together: a server has one of each, and a server of many users has them for each user, except the locks. */
export type SharedState = Pick<CallEnvironment, 'locks' | 'history' | 'shown'>;

/** The calls of one server. */
export interface Calls {
  call(name: string, given: unknown, client: ClientSide): Promise<ToolResult>;
  /** Ends the calls that the server makes by itself. */
  stop(): void;
  /** Resolves when the server makes no call by itself. */
  settled(): Promise<void>;
}

/**
 * The calls of one server. They share its locks, its readings of metrics, and the changes that it has shown.
 * @param environment `state` is what they share. Default: new.
 * @param timer for calls that the server makes by itself. Without it, it makes none.
 */
export function callsOf(
  environment: Omit<CallEnvironment, keyof SharedState | 'later' | 'isDue'> & { state?: SharedState | undefined },
  timer?: Timer,
): Calls {
  const { state = newState(environment.journal), ...rest } = environment;
  const shared: CallEnvironment = { ...rest, ...state };
  const own =
    timer && laterCalls(timer, ({ tool, args }, signal) => callTool(shared, tool, args, { ...NO_CLIENT, signal }));
  shared.later = own?.later;
  shared.isDue = own?.has ?? (() => false);
  return {
    call: (name, given, client) => callTool(shared, name, given, client),
    stop: () => own?.stop(),
    settled: async () => own?.settled(),
  };
}

function newState(journal: Journal | undefined): SharedState {
  return { locks: createLocks(), history: historyPlace(journal?.path), shown: createShownChanges() };
}

/** A call without a client has no one to ask or to inform. */
const NO_CLIENT = { progress: () => {}, ask: undefined, unattended: true };

/** Calls a tool by name with unchecked arguments. It always returns a result, which offers published tools alone. A failed call has the member `error`. */
export async function callTool(
  environment: CallEnvironment,
  name: string,
  given: unknown,
  client: ClientSide,
): Promise<ToolResult> {
  const { reach } = environment;
  const detours: Detour[] = [];
  const noted = reach ? { ...environment, http: noting(environment.http, detours) } : environment;
  const answer = await answerOf(noted, name, given, client, detours);
  const about = detours.length === 0 ? {} : reach?.fields(detours, 'error' in answer);
  return withoutUnpublished({ ...answer, ...about }, environment.tools, environment);
}

/** The same connection, which notes the detours of its requests. */
function noting(http: Http, detours: Detour[]): Http {
  const onDetour = (detour: Detour) => void detours.push(detour);
  return { ...http, bind: (binding) => http.bind({ ...binding, onDetour }) };
}

async function answerOf(
  environment: CallEnvironment,
  name: string,
  given: unknown,
  client: ClientSide,
  detours: readonly Detour[],
): Promise<ToolResult> {
  const tool = environment.tools.find((each) => each.name === name);
  if (!tool) {
    const published = environment.tools.filter((each) => isPublished(each, environment));
    const names = published.map((each) => each.name);
    const hint = closest(name, names);
    const next = `Call tools/list${hint ? `, or ${hint}` : ''}.`;
    return { error: { code: 'unknown_tool', message: `there is no tool "${name}"`, next, retryable: false } };
  }
  const hidden = refusalOfHidden(tool, environment);
  if (hidden) return hidden;
  const http = environment.http.bind({ signal: client.signal, access: 'read' });
  const parsed = await parseArguments(tool, given, http);
  if ('error' in parsed) return parsed;
  try {
    return { ...(await run(environment, tool, parsed.data, client, detours)), ...parsed.fields };
  } catch (error) {
    if (!(error instanceof Refusal))
      environment.log(`${name}: ${(error instanceof Error && error.stack) || String(error)}`);
    const { model_service, endpoint = model_service, model } = parsed.data;
    return report(error, {
      tool: name,
      effect: tool.effect,
      ...(typeof endpoint === 'string' ? { endpoint, near: await nearTo(environment, error, endpoint, client) } : {}),
      ...(typeof model === 'string' ? { model } : {}),
      ...(environment.reach ? { forwarded: true } : {}),
    });
  }
}

/** The arguments as the input schema parsed them with fields for the answer, or the answer that refuses them. */
async function parseArguments(
  tool: Tool,
  given: unknown,
  http: Http,
): Promise<{ data: Record<string, unknown>; fields: ToolResult } | ReturnType<typeof report>> {
  try {
    // A query sends rows, whose ids may have more digits than a plain number keeps. It checks them itself, with the schema of the model.
    const keepsDigits = tool.effect === 'query';
    const read = readArguments(given, tool.input, keepsDigits);
    const { args, fields } = isObject(read) ? await withPlainNames(tool, read, http) : { args: read, fields: {} };
    const { data, error } = tool.input.safeParse(args);
    if (!data) return argumentReport(tool, withPlainNumbers(args), error);
    if (!keepsDigits) refuseRoundedNumbers(data);
    return { data, fields };
  } catch (error) {
    return report(error, { tool: tool.name, effect: tool.effect });
  }
}

/** Runs a tool with parsed arguments. Throws what the tool throws. */
async function run(
  environment: CallEnvironment,
  tool: Tool,
  args: Record<string, unknown>,
  client: ClientSide,
  detours: readonly Detour[],
): Promise<ToolResult> {
  const call = new Call(environment, tool, client, detours);
  if ('run' in tool) return tool.run(args, call.context);
  try {
    return await call.write(tool, args);
  } finally {
    call.lock?.release();
  }
}

/** One call: its connections, its lock, and the requests that it has sent. */
class Call {
  readonly context: ToolContext;
  /** Held from the first plan on. A wait or a question releases it. */
  lock: Lock | undefined;
  readonly #environment: CallEnvironment;
  readonly #client: ClientSide;
  readonly #sent: SentRequest[] = [];
  readonly #detours: readonly Detour[];

  constructor(environment: CallEnvironment, tool: Tool, client: ClientSide, detours: readonly Detour[]) {
    this.#environment = environment;
    this.#detours = detours;
    this.#client = client;
    const { signal, progress } = client;
    this.context = {
      tool: tool.name,
      http: this.#connection(tool.effect === 'query' ? 'query' : 'read'),
      readOnly: environment.readOnly,
      warehouse: environment.warehouse,
      payloads: environment.payloads ?? false,
      inference: environment.noQuery || environment.readOnly ? undefined : this.#connection('query'),
      clock: {
        now: environment.now,
        random: environment.random,
        sleep: (ms) => environment.sleep(ms, signal),
      },
      signal,
      progress,
      lock: { acquire: async () => this.lock?.acquire(signal), release: () => this.lock?.release() },
      unattended: client.unattended ?? false,
      later: environment.later,
      isDue: environment.isDue ?? (() => false),
      journal: environment.journal,
      history: environment.history,
      plan: (call) => this.#plan(call),
      isRepeat: async () => false,
    };
  }

  async write(tool: WritingTool, args: Record<string, unknown>): Promise<ToolResult> {
    const write = await beforeSending(() => this.#planLocked(tool, args));
    const { readOnly, policy, journal, shown, reach } = this.#environment;
    const http = this.#connection(readOnly ? 'read' : 'write');
    return commit(write, {
      tool: tool.name,
      args: args as WriteArgs & Record<string, unknown>, // `defineWrite` requires dry_run
      signal: this.#client.signal,
      ask: this.#client.ask,
      http,
      sent: this.#sent,
      who: () => whoAmI(this.context.http),
      appIdentity: ({ steps }) =>
        this.#detours.includes('app') || steps.some(({ request }) => request && detourOf(request, http) === 'app')
          ? reach?.appIdentity
          : undefined,
      lock: this.context.lock,
      now: this.#environment.now,
      replan: () => this.#planLocked(tool, args),
      readOnly,
      policy,
      journal,
      shown,
    });
  }

  /** Plans the write of another tool within this call. */
  #plan({ tool: name, args }: ToolCall): ReturnType<WritingTool['plan']> {
    const tool = this.#environment.tools.find((each) => each.name === name);
    if (!tool || !('plan' in tool)) throw new Error(`no writing tool is called ${name}`);
    // An undo may find parts of itself done, as after a write that was made in part.
    return this.#planLocked(tool, tool.input.parse(args), async (_args, made) => made === undefined);
  }

  async #planLocked(
    tool: WritingTool,
    args: Record<string, unknown>,
    isRepeat: ToolContext['isRepeat'] = (repeated = args, made) => this.#isRepeat(tool.name, repeated, made),
  ): ReturnType<WritingTool['plan']> {
    refuseRedacted(args);
    const subject = subjectOf(args);
    if (subject !== undefined && !this.lock) {
      this.lock = this.#environment.locks(subject);
      await this.lock.acquire(this.#client.signal);
    }
    return tool.plan(args, { ...this.context, tool: tool.name, isRepeat });
  }

  async #isRepeat(
    tool: string,
    args: Record<string, unknown>,
    made: (changes: JournalEntry['changes']) => boolean = () => true,
  ): Promise<boolean> {
    const { journal } = this.#environment;
    if (!journal) return false;
    const { host } = await whoAmI(this.context.http);
    const call = repeatCall({}, { tool, args });
    const { entries } = await journal.read({ where: (each) => each.host === host && each.call === call, newest: 1 });
    return entries.some((entry) => isOpen(entry) && made(entry.changes));
  }

  #connection(access: Access): Http {
    const { signal } = this.#client;
    return this.#environment.http.bind({ signal, access, onSent: (request) => this.#sent.push(request) });
  }
}

/** The target of a write, from its arguments. Two writes to one target must not plan on the same state. */
function subjectOf({ app, endpoint, model_service, model }: Record<string, unknown>): string | undefined {
  const target = endpoint ?? model_service;
  const [kind, name] =
    Object.entries({ app, endpoint: target, model }).find(([, value]) => typeof value === 'string') ?? [];
  return kind && `${kind} ${name}`;
}

/** Answers show the mark in place of a secret. Writing the mark would overwrite the secret. A variable may be a secret in any form. */
function refuseRedacted(value: unknown, isVariable = false): void {
  if (isObject(value))
    for (const [name, each] of Object.entries(value)) refuseRedacted(each, isVariable || name === 'environment_vars');
  if (Array.isArray(value)) for (const each of value) refuseRedacted(each, isVariable);
  if (typeof value !== 'string' || !(isMasked(value) || (isVariable && value.includes(REDACTED)))) return;
  throw new Refusal(
    'masked_value',
    `a value has ${REDACTED}, which replaces a redacted value in answers`,
    'Omit that field to keep its value, or give the real value.',
  );
}

/** The closest name, when no endpoint has the given one. */
async function nearTo({ http }: CallEnvironment, error: unknown, name: string, { signal }: ClientSide) {
  return saysMissing(error, name) ? nearEndpoint(http.bind({ signal, access: 'read' }), name) : undefined;
}

async function whoAmI(http: Http): Promise<{ host: string; who: string }> {
  const { host, authType, profile, user } = await http.signer();
  const as = user === undefined ? profile && `profile ${profile}` : `user ${user}`;
  return { host, who: as === undefined ? authType : `${authType}, ${as}` };
}

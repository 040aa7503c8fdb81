/** The MCP server on stdin and stdout, until its input ends or a signal comes. */
import { setTimeout as delay } from 'node:timers/promises';
import metadata from '../../package.json' with { type: 'json' };
import type { Config } from '../config.ts';
import { instructions } from '../mcp/instructions.ts';
import { preparedList } from '../mcp/prepared-list.ts';
import { createServer, parseMessage } from '../mcp/sdk-v1.ts';
import { stdioTransport } from '../mcp/stdio.ts';
import { errorMessage } from '../text/error-message.ts';
import type { Policy } from '../write/policy.ts';
import { checkJournal, openJournal } from './own-journal.ts';
import { type OwnSandbox, ownSandbox } from './own-sandbox.ts';
import { fail, log, sleep } from './this-process.ts';
import { connection, openSandbox, readPolicy, workspaceOf } from './workspace.ts';

/** Time for running calls to finish after the input ends, in milliseconds. */
const GRACE = 300;
/** The process ends within a second of its client, in milliseconds. */
const LIMIT = 900;
/** The same at the end of the input while a call waits for the sandbox, which a busy machine loads for seconds. */
const LOADING_LIMIT = 30_000;
/** Clients ask for the tools, resources and prompts within a few milliseconds of each answer. A model takes seconds to its first call. */
const QUIET = 100;

/** Serves one client. */
export async function serve(config: Config): Promise<void> {
  const asked = config.sandbox;
  const sandbox = asked && ownSandbox(() => openSandbox(asked));

  let policy: Policy;
  try {
    policy = await readPolicy(config);
  } catch (error) {
    return fail(errorMessage(error), 2);
  }
  try {
    await checkJournal(config);
  } catch (error) {
    return fail(errorMessage(error), 2);
  }
  try {
    // An invalid seed file ends the start. Without one, the sandbox loads after the first answers.
    if (asked?.seedFile !== undefined) await sandbox?.open();
  } catch (error) {
    return fail(errorMessage(error), 2);
  }
  const http = connection(config, sandbox, policy);
  const { readOnly, noQuery, toolsets } = config;
  const limits = { readOnly, noQuery, toolsets };
  const loadTools = async () => (await import('../../tools/index.ts')).tools;
  const server = createServer({
    ...limits,
    name: metadata.name,
    version: metadata.version,
    instructions: instructions({
      sandboxMinutes: config.sandbox?.minutesPerSecond,
      workspace: config.sandbox ? undefined : workspaceOf(config),
      ...limits,
      tools: preparedList ?? (await loadTools()),
      dialogs: config.consent === 'dialog',
      policy,
    }),
    loadTools,
    preparedList,
    http,
    dialogs: config.consent === 'dialog',
    policy,
    warehouse: config.warehouse,
    payloads: config.payloads,
    journal: config.noJournal ? undefined : openJournal(config, http.time),
    now: Date.now,
    random: Math.random,
    sleep,
    timer(work, ms) {
      const timer = setTimeout(work, ms).unref();
      return () => clearTimeout(timer);
    },
    log,
  });

  const background = sandbox && openWhenQuiet(sandbox);
  let stopping = false;
  /**
   * @param limit even if something hangs, the process ends after this time, in milliseconds. A signal after the end of the input shortens it.
   * @param calls finish before the connection closes.
   */
  async function stop(limit: number, calls: () => Promise<void> = async () => {}): Promise<void> {
    setTimeout(() => process.exit(0), limit).unref();
    if (stopping) return;
    stopping = true;
    background?.cancel();
    await calls();
    await delay(GRACE);
    await server.stop();
    // A cancelled call may still have a statement to cancel.
    await Promise.race([server.settled(), delay(GRACE)]);
    await Promise.allSettled([http.close(), sandbox?.close()]);
    process.exit(0);
  }
  async function endOfInput(): Promise<void> {
    if (sandbox?.isOpen() !== false) return stop(LIMIT);
    await stop(LOADING_LIMIT, async () => {
      await delay(0); // the last message becomes a call
      await server.settled();
    });
  }
  process.once('SIGINT', () => void stop(LIMIT));
  process.once('SIGTERM', () => void stop(LIMIT));
  process.stdout.on('error', () => void stop(LIMIT)); // the client closed its end

  if (process.stdin.isTTY) process.stderr.write(ON_A_TERMINAL);
  await server.connect(
    stdioTransport({
      input: process.stdin,
      output: process.stdout,
      parse: parseMessage,
      onWritten: () => background?.restart(),
      onEnd: () => void endOfInput(),
    }),
  );
}

/**
 * Opens the sandbox when the server has written nothing for a while, so that loading it delays no answer to the first questions of a client, and
 * the first call seldom waits for it.
 */
function openWhenQuiet(sandbox: OwnSandbox): { restart(): void; cancel(): void } {
  let timer: NodeJS.Timeout | undefined;
  let cancelled = false;
  const open = () => {
    sandbox.open().then(
      ({ host }) => log(`sandbox: open at ${host}`),
      (error: unknown) => log(errorMessage(error)), // the first call tries again and reports it
    );
  };
  return {
    cancel() {
      cancelled = true; // an answer may still follow
      clearTimeout(timer);
    },
    restart() {
      clearTimeout(timer);
      if (!cancelled && !sandbox.isOpen()) timer = setTimeout(open, QUIET).unref();
    },
  };
}

/** Clients never see this text, because they start the server with a pipe. */
const ON_A_TERMINAL =
  'databricks-serving-mcp is an MCP server and waits for a client on stdin. MCP clients start it themselves. --help lists the options; press Ctrl-C to stop.\n';

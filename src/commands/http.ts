/** The MCP server over HTTP, until a signal comes. */
import { randomBytes } from 'node:crypto';
import metadata from '../../package.json' with { type: 'json' };
import type { CallLimit } from '../calls/in-time.ts';
import type { HttpConfig } from '../command-options.ts';
import type { Config } from '../config.ts';
import { createHostedServer, type HostLimits } from '../hosting/server.ts';
import { instructions } from '../mcp/instructions.ts';
import { preparedList } from '../mcp/prepared-list.ts';
import { createAnswerer } from '../mcp/sdk-v2.ts';
import { errorMessage } from '../text/error-message.ts';
import { redact } from '../text/redact.ts';
import { stripControls } from '../text/sanitize.ts';
import { ownNames } from '../web/head.ts';
import { audienceOf } from './http-users.ts';
import { checkJournal } from './own-journal.ts';
import { ownSandbox } from './own-sandbox.ts';
import { fail, log, portProblem, sleep } from './this-process.ts';
import { openSandbox, readPolicy } from './workspace.ts';

/** The platform ends a call that was silent for two minutes, and some clients one of a minute. Seconds and milliseconds. */
const LIMIT: Omit<CallLimit, 'stop' | 'timer'> = { waitSeconds: 40, callMs: 46_000, answerMs: 49_000 };
/** Time for running calls after a signal, in milliseconds. The platform ends the process after 15 seconds. */
const DEADLINE = 10_000;

/** A payload of 16 MB (fact Q10) whose every character is escaped. */
const MAX_BODY = 34 * 1024 * 1024;

/** All but the numbers of calls. Times are in milliseconds. */
const LIMITS: Omit<HostLimits, 'total' | 'perUser'> = {
  maxBody: MAX_BODY,
  bytes: 4 * MAX_BODY,
  connections: 4_000,
  headMs: 10_000,
  bodyMs: 30_000,
  sendMs: 30_000,
  idleMs: 65_000,
  lingerMs: 2_000,
  answerMs: 55_000,
};

/** Serves until SIGINT or SIGTERM. A second signal ends the process at once. */
export async function runHttp(config: Config, http: HttpConfig): Promise<void> {
  const asked = config.sandbox;
  const sandbox = asked && ownSandbox(() => openSandbox(asked));
  const say = (line: string) => process.stderr.write(`databricks-serving-mcp: ${redact(stripControls(line))}\n`);
  const read = async () => {
    const policy = await readPolicy(config);
    if ((process.env.DATABRICKS_APP_NAME ?? '') === '') await checkJournal(config);
    await sandbox?.open();
    return policy;
  };
  const policy = await read().catch((error: unknown) => fail(errorMessage(error), 2));
  const audience = await audienceOf({ config, http, sandbox, policy, env: process.env }).catch((error: unknown) =>
    fail(errorMessage(error), 2),
  );

  const { readOnly, noQuery, toolsets, warehouse, payloads } = config;
  const limits = { readOnly, noQuery, toolsets, reach: audience.reach };
  const loadTools = async () => (await import('../../tools/index.ts')).tools;
  const dialogs = config.consent === 'dialog';
  const calls = new AbortController();
  const environment = {
    ...limits,
    name: metadata.name,
    version: metadata.version,
    instructions: instructions({
      sandboxMinutes: asked?.minutesPerSecond,
      workspace: audience.workspace,
      ...limits,
      tools: preparedList ?? (await loadTools()),
      dialogs,
      policy,
      journal: audience.journal,
    }),
    loadTools,
    preparedList,
    dialogs,
    policy,
    warehouse,
    payloads,
    now: Date.now,
    random: Math.random,
    sleep,
    log,
    limit: {
      ...LIMIT,
      stop: calls.signal,
      timer(work: () => void, ms: number) {
        const timer = setTimeout(work, ms);
        return () => clearTimeout(timer);
      },
    },
  };
  const server = createHostedServer({
    rules: (port) => ({
      hosts: audience.behindLogin ? undefined : [...ownNames(port), ...http.hosts],
      origins: audience.behindLogin
        ? [...(audience.workspace === undefined ? [] : [audience.workspace]), ...http.origins]
        : [...ownNames(port).map((name) => `http://${name}`), ...http.origins],
    }),
    limits: { ...LIMITS, total: http.maxCalls, perUser: http.maxCallsPerUser },
    identify: audience.identify,
    open(caller) {
      const { environment: own, done } = audience.users.open(caller);
      return { environment: { ...environment, ...own }, done };
    },
    answerer: createAnswerer(randomBytes(32), log),
    calls,
    log,
  });
  const [port, address] = addressOf(http, process.env);
  const own = await server.listen(port, address).catch((error: unknown) => fail(portProblem(error, port), 2));

  let stopping = false;
  const stop = async (signal: string) => {
    if (stopping) process.exit(1);
    stopping = true;
    say(`${signal}: no new call begins, and running ones have ${DEADLINE / 1000} seconds`);
    const open = await server.stop(DEADLINE);
    if (open.length > 0)
      say(
        `stopped during changes that have not ended: ${open.join(', ')}${audience.recorded ? '. list_changes shows them' : ''}`,
      );
    await Promise.allSettled([audience.close(), sandbox?.close()]);
    process.exit(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => void stop(signal));
  say(`serves MCP at http://${address}:${own}/mcp`);
}

/** Only the platform, which has a login in front, makes the server listen to more than this machine. */
function addressOf(
  { port }: HttpConfig,
  { DATABRICKS_APP_PORT: given }: NodeJS.ProcessEnv,
): [port: number, address: string] {
  if (given === undefined || given.trim() === '') return [port, '127.0.0.1'];
  if (!/^\d{1,5}$/.test(given.trim()) || Number(given) > 65_535) fail('DATABRICKS_APP_PORT is not a port', 2);
  return [Number(given), '0.0.0.0'];
}

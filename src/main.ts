/** The process: options, sandbox, stdio, end of input and signals. The only file that reads the process. */
import './jitless.ts';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { debuglog } from 'node:util';
import metadata from '../package.json' with { type: 'json' };
import { readVariable } from './auth/attributes.ts';
import { AuthError } from './auth/errors.ts';
import { parseHost } from './auth/host.ts';
import { type Config, type DoctorConfig, readConfig, type SandboxConfig, UsageError } from './config.ts';
import { proxyFor } from './connection/proxy.ts';
import { fileJournal, type Journal, journalPath, memoryJournal } from './journal/journal.ts';
import { checkRegular } from './journal/regular-file.ts';
import { instructions } from './mcp/instructions.ts';
import { preparedList } from './mcp/prepared-list.ts';
import { createServer, parseMessage } from './mcp/server.ts';
import { stdioTransport } from './mcp/stdio.ts';
import { help } from './options.ts';
import { type OwnSandbox, ownSandbox, startedText } from './own-sandbox.ts';
import { createHttp, type Http, type Signer } from './rest/http.ts';
import type { Sandbox } from './sandbox/index.ts';
import { errorMessage } from './text/error-message.ts';
import { redact } from './text/redact.ts';
import { sanitize, stripControls } from './text/sanitize.ts';
import type { Policy } from './write/policy.ts';

/** Time for running calls to finish after the input ends, in milliseconds. */
const GRACE = 300;
/** The process ends within a second of its client, in milliseconds. */
const LIMIT = 900;
/** The same at the end of the input while a call waits for the sandbox, which a busy machine loads for seconds. */
const LOADING_LIMIT = 30_000;
/** Clients ask for the tools, resources and prompts within a few milliseconds of each answer. A model takes seconds to its first call. */
const QUIET = 100;

const USER_AGENT = `${metadata.name}/${metadata.version} nodejs/${process.versions.node} os/${process.platform}`;

const debug = debuglog('databricks-serving-mcp');
/** NODE_DEBUG=databricks-serving-mcp shows these lines. All of them are redacted. */
const log = (line: string) => debug('%s', redact(stripControls(line)));

async function main(): Promise<void> {
  let config: Config;
  try {
    config = readConfig(process.argv.slice(2), process.env);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return fail(error.message, 2);
  }
  try {
    // install and the doctor look for the nearest right one.
    if (config.host !== undefined && !config.install && !config.doctor) parseHost(config.host);
  } catch (error) {
    const advice = error instanceof AuthError ? `. ${error.next}` : '';
    return fail(`--host: ${errorMessage(error)}${advice}`, 2);
  }
  if (config.command === 'help') process.stdout.write(help());
  else if (config.command === 'version') process.stdout.write(`${metadata.version}\n`);
  else if (config.command === 'sandbox')
    await runSandbox(config.sandbox ?? { seedFile: undefined, minutesPerSecond: 1, port: 0 });
  else if (config.command === 'serve') await serve(config);
  else if (config.doctor) await examine(config, config.doctor);
  else if (config.install) process.exitCode = await runInstall(config);
  else fail(`the ${config.command} command is not part of this version`, 2);
}

async function serve(config: Config): Promise<void> {
  const asked = config.sandbox;
  const sandbox = asked && ownSandbox(() => openSandbox(asked));

  let policy: Policy;
  try {
    policy = await readPolicy(config);
  } catch (error) {
    return fail(errorMessage(error), 2);
  }
  try {
    if (config.journalFile !== undefined) await checkRegular(config.journalFile);
  } catch (error) {
    const advice = 'Name a regular file, or use --no-journal to record nothing.';
    return fail(`--journal: cannot record changes in ${config.journalFile}: ${errorMessage(error)}. ${advice}`, 2);
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
  const loadTools = async () => (await import('../tools/index.ts')).tools;
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
    journal: openJournal(config, http.time),
    now: Date.now,
    random: Math.random,
    sleep,
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

/** The workspace as known without reading a file or sending a request. Variables take precedence over the profile. */
function workspaceOf(config: Config): string | undefined {
  const host = config.host ?? readVariable(process.env, 'DATABRICKS_HOST');
  const profile = config.profile ?? readVariable(process.env, 'DATABRICKS_CONFIG_PROFILE');
  try {
    if (host !== undefined) return parseHost(host).origin;
  } catch {
    return undefined; // the first call reports the problem
  }
  return profile === undefined ? undefined : `profile ${profile}`;
}

/** The way to the workspace. */
function connection(config: Config, sandbox: OwnSandbox | undefined, policy: Policy): Http {
  return createHttp({
    credentials: credentials(config, sandbox, policy),
    now: Date.now,
    random: Math.random,
    sleep,
    proxy: (origin) => proxyFor(origin, process.env),
    userAgent: USER_AGENT,
    log,
  });
}

/** The host and signer of requests. Nothing is read or sent before the first request. */
function credentials(
  config: Config,
  sandbox: OwnSandbox | undefined,
  policy: Policy,
): (signal?: AbortSignal) => Promise<Signer> {
  const auth = async () => {
    const [{ createAuth }, { checkHost }] = await Promise.all([import('./auth/index.ts'), import('./write/policy.ts')]);
    const environment = {
      env: process.env,
      homeDir: home(),
      now: Date.now,
      checkHost: (host: string) => checkHost(policy, host),
    };
    if (sandbox) {
      const { host, token } = await sandbox.open();
      return createAuth({ host, token, authType: 'pat' }, { ...environment, env: {} });
    }
    const { profile, host, authType, configFile } = config;
    return createAuth({ profile, host, authType, configFile }, environment);
  };
  let created: ReturnType<typeof auth> | undefined;
  return async (signal) => {
    await sandbox?.open();
    created ??= auth();
    return (await created).resolve(signal).catch((error: unknown) => {
      if (error instanceof AuthError)
        for (const { method, missing } of error.tried) log(`auth: ${method} lacks ${missing}`);
      throw error;
    });
  };
}

/** In the sandbox the journal stays in memory, unless a file is named. */
function openJournal(config: Config, serviceTime: () => number): Journal | undefined {
  if (config.noJournal) return undefined;
  const environment = { now: Date.now, serviceTime, random: Math.random, sanitize };
  if (config.sandbox && config.journalFile === undefined) return memoryJournal(environment);
  return fileJournal(config.journalFile ?? journalPath(process.platform, process.env, home()), environment);
}

async function openSandbox(config: SandboxConfig): Promise<Sandbox> {
  const { startSandbox } = await import('./sandbox/index.ts');
  const { seedFile, minutesPerSecond, port } = config;
  let seed: unknown;
  if (seedFile !== undefined) {
    const text = await readOption('sandbox-seed', seedFile);
    try {
      seed = JSON.parse(text.replace(/^\uFEFF/, ''));
    } catch (error) {
      throw new Error(`${seedFile} is not JSON: ${errorMessage(error)}`);
    }
  }
  return startSandbox({ port, clock: { kind: 'scaled', minutesPerSecond }, ...(seed === undefined ? {} : { seed }) });
}

async function thisMachine() {
  const { machine } = await import('./install/machine.ts');
  return machine({ platform: process.platform, env: process.env, home: home(), cwd: folderOf(process.cwd) });
}

async function runInstall(config: Config): Promise<number> {
  const { install } = await import('./install/index.ts');
  const here = await thisMachine();
  return install(config, {
    ...here,
    node: process.execPath,
    script: here.real(process.argv[1] ?? '') ?? '',
    command: metadata.name,
    version: metadata.version,
    now: Date.now,
    random: Math.random,
    input: process.stdin,
    output: process.stdout,
    errors: process.stderr,
  });
}

async function runSandbox(config: SandboxConfig): Promise<void> {
  const sandbox = await openSandbox(config).catch((error: unknown) => fail(errorMessage(error), 2));
  process.stdout.write(startedText(sandbox, config.minutesPerSecond));
  const stop = () => void sandbox.close().finally(() => process.exit(0));
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}

const home = () => folderOf(homedir);

/** A user may have no home, and the folder of a terminal may be gone. Then the root stands in, where no file is found. */
function folderOf(ask: () => string): string {
  try {
    return ask();
  } catch {
    return '/';
  }
}

/** The doctor: a report on stdout, and 1 as exit code if a check failed. */
async function examine(config: Config, doctorConfig: DoctorConfig): Promise<void> {
  if (doctorConfig.contract) return compareContract(config, doctorConfig);
  const asked = config.sandbox;
  const sandbox = asked && (await openSandbox(asked).catch((error: unknown) => fail(errorMessage(error), 2)));
  process.stdout.on('error', () => process.exit(1)); // no reader, or a full disk
  const { doctor } = await import('./doctor/index.ts');
  const { name, version, engines } = metadata;
  const { platform, env, home: homeDir, cwd, real } = await thisMachine();
  const started = process.argv[1] ?? '';
  const environment = {
    program: { name, version, engines: engines.node, started, file: real(started) ?? started },
    node: process.versions.node,
    platform,
    env,
    homeDir,
    cwd,
    now: Date.now,
    random: Math.random,
    userAgent: USER_AGENT,
    sandbox,
  };
  process.exit(await doctor({ ...config, json: doctorConfig.json }, { ...environment, print: printed }));
}

/** The comparison with the sandbox: its report on stdout or in a file, its progress on stderr. */
async function compareContract(config: Config, { json, reportFile }: DoctorConfig): Promise<void> {
  const asked = config.sandbox;
  const sandbox = asked && ownSandbox(() => openSandbox(asked));
  let http: Http;
  try {
    http = connection(config, sandbox, await readPolicy(config));
    await sandbox?.open();
  } catch (error) {
    return fail(errorMessage(error), 2);
  }
  const stopped = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stopped.abort());
  const { contract } = await import('./doctor/contract.ts');
  const environment = {
    http,
    signal: stopped.signal,
    version: metadata.version,
    now: Date.now,
    random: Math.random,
    sleep,
  };
  const say = (line: string) => process.stderr.write(`${redact(stripControls(line))}\n`);
  process.exit(await contract({ ...environment, json, reportFile, print: printed, say, log }));
}

/** Ends when the text has left the process. */
function printed(text: string): Promise<void> {
  return new Promise((resolve) => process.stdout.write(text, () => resolve()));
}

function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return delay(ms, undefined, signal ? { signal } : {});
}

/** A start without a policy does not load what reads it. */
async function readPolicy({ policyFile: file }: Config): Promise<Policy> {
  if (file === undefined) return {};
  const { parsePolicy } = await import('./write/policy.ts');
  return parsePolicy(await readOption('policy', file), file);
}

/** Reads the file that an option names. */
async function readOption(option: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new Error(
      `--${option}: cannot read ${path} (${(error as NodeJS.ErrnoException).code ?? errorMessage(error)})`,
    );
  }
}

function fail(message: string, code: number): never {
  process.stderr.write(`databricks-serving-mcp: ${redact(stripControls(message))}\n`);
  process.exit(code);
}

await main();

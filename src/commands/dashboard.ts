/** The dashboard: a page of this machine with the views of a workspace or of a saved report, until a signal comes. */
import { randomBytes } from 'node:crypto';
import { callsOf } from '../calls/call-tool.ts';
import { type CallLimit, callsInTime } from '../calls/in-time.ts';
import type { DashboardConfig } from '../command-options.ts';
import type { Config } from '../config.ts';
import { allowedTools } from '../dashboard/allowed-tools.ts';
import { createDashboard, type DashboardLimits, type Live } from '../dashboard/server.ts';
import { viewPage } from '../mcp/view-page.ts';
import { errorMessage } from '../text/error-message.ts';
import { redact } from '../text/redact.ts';
import { stripControls } from '../text/sanitize.ts';
import type { ViewName } from '../views/host/host.ts';
import { checkJournal, openJournal } from './own-journal.ts';
import { ownSandbox } from './own-sandbox.ts';
import { readReport, writePage } from './saved-files.ts';
import { fail, log, portProblem, printed, sleep } from './this-process.ts';
import { connection, openSandbox, readPolicy, workspaceOf } from './workspace.ts';

/** A cold SQL warehouse takes a minute. Seconds and milliseconds. */
const LIMIT: Omit<CallLimit, 'stop' | 'timer'> = { waitSeconds: 60, callMs: 120_000, answerMs: 122_000 };

/** A browser opens six connections to a server, and each page has as many calls. Times are in milliseconds. */
const LIMITS: DashboardLimits = {
  total: 24,
  perUser: 6,
  bytes: 4 * 1024 * 1024,
  maxBody: 256 * 1024,
  connections: 64,
  headMs: 10_000,
  bodyMs: 10_000,
  sendMs: 30_000,
  idleMs: 65_000,
  lingerMs: 2_000,
  answerMs: 125_000,
  lastMs: 10_000,
  partMs: 1_000,
};

const say = (line: string) => process.stderr.write(`databricks-serving-mcp: ${redact(stripControls(line))}\n`);

/** Serves until SIGINT or SIGTERM, or writes a page and ends. A second signal ends the process at once. */
export async function runDashboard(config: Config, dashboard: DashboardConfig): Promise<void> {
  const { file, output, port } = dashboard;
  if (file === undefined) return showWorkspace(config, dashboard);
  const { view, ...given } = await readReport(file).catch((error: unknown) => fail(errorMessage(error), 2));
  if (output === undefined)
    return serve({ port, view, about: { changes: false, given }, live: undefined, close: async () => {} });
  const page = await viewPage({ view, given });
  await writePage(output, page).catch((error: unknown) => fail(errorMessage(error), 2));
  await printed(`Wrote ${output}. It opens in any browser, and needs neither a server nor a network.\n`);
}

async function showWorkspace(config: Config, { port, allowChanges }: DashboardConfig): Promise<void> {
  const asked = config.sandbox;
  const sandbox = asked && ownSandbox(() => openSandbox(asked));
  const read = async () => {
    const policy = await readPolicy(config);
    await checkJournal(config);
    await sandbox?.open();
    return policy;
  };
  const policy = await read().catch((error: unknown) => fail(errorMessage(error), 2));
  const http = connection(config, sandbox, policy);
  const end = new AbortController();
  const { tools } = await import('../../tools/index.ts');
  const calls = callsOf(
    {
      tools,
      readOnly: !allowChanges,
      toWrite: allowChanges ? undefined : TO_WRITE,
      noQuery: config.noQuery,
      toolsets: undefined,
      policy,
      warehouse: config.warehouse,
      journal: config.noJournal ? undefined : openJournal(config, http.time),
      http,
      now: Date.now,
      random: Math.random,
      sleep,
      log,
    },
    timer,
  );
  const live = {
    tools: allowedTools(allowChanges),
    calls: callsInTime(calls, tools, { ...LIMIT, stop: end.signal, timer }),
    end,
  };
  const workspace = sandbox ? 'sandbox' : workspaceOf(config);
  const about = { changes: allowChanges, ...(workspace === undefined ? {} : { workspace }) };
  const close = async () => void (await Promise.allSettled([http.close(), sandbox?.close()]));
  await serve({ port, view: 'workspace', about, live, close });
}

const TO_WRITE =
  'A person can start the dashboard with --allow-changes, for rollouts. Other changes need an MCP client.';

function timer(work: () => void, ms: number): () => void {
  const running = setTimeout(work, ms).unref();
  return () => clearTimeout(running);
}

interface Served {
  port: number;
  /** The view that the page begins with. */
  view: ViewName;
  /** What a page hears at its start. */
  about: { changes: boolean; workspace?: string; given?: object };
  live: Live | undefined;
  close(): Promise<void>;
}

async function serve({ port, view, about, live, close }: Served): Promise<void> {
  const server = createDashboard({
    page: await viewPage({ view, connect: true }),
    about,
    live,
    limits: LIMITS,
    now: Date.now,
    random: () => randomBytes(32).toString('base64url'),
    onBegun: () => say('a browser has used the address. Enter prints another one'),
    log,
  });
  await server.listen(port).catch((error: unknown) => fail(portProblem(error, port), 2));

  let stopping = false;
  const stop = async (signal: string) => {
    if (stopping) process.exit(1);
    stopping = true;
    if (live?.calls.openChanges().length)
      say(`${signal}: a change that is under way has ${LIMITS.lastMs / 1000} seconds`);
    const open = await server.stop();
    if (open.length > 0) say(`stopped during changes that have not ended: ${open.join(', ')}. list_changes shows them`);
    await close();
    process.exit(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => void stop(signal));

  // The secret is printed as it is: it is for the person at this terminal.
  const print = () => printed(`${server.address()}\n`);
  await printed(`${introduction(about)}\n`);
  await print();
  process.stdin.on('error', () => {}); // a terminal that has gone
  process.stdin.on('data', (chunk: Buffer) => {
    if (chunk.includes(10) && !stopping) void print();
  });
}

function introduction({ changes, given }: Served['about']): string {
  const rights = given
    ? 'It shows the saved report.'
    : changes
      ? 'The page can hold, resume, promote and abort rollouts.'
      : 'The page only reads.';
  return `Open this address in a browser on this machine. It works once. ${rights}\nEnter prints a new address, and Ctrl-C stops the dashboard.`;
}

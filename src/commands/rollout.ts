/** The rollout command: the tool roll_out without a client, for a shell, CI or a job. */
import { callsOf } from '../calls/call-tool.ts';
import type { RolloutConfig } from '../command-options.ts';
import type { Config } from '../config.ts';
import { errorMessage } from '../text/error-message.ts';
import { redact } from '../text/redact.ts';
import { sanitize, stripControls } from '../text/sanitize.ts';
import { checkJournal, openJournal } from './own-journal.ts';
import { ownSandbox } from './own-sandbox.ts';
import { EXIT, playRollout } from './rollout-run.ts';
import { fail, log, printed, readOption, sleep } from './this-process.ts';
import { connection, openSandbox, readPolicy } from './workspace.ts';
import { watchWrites } from './written.ts';

/** Time for the step under way after a signal, in milliseconds. GitHub Actions sends its second signal after 7.5 seconds. */
const STEP_MS = 5_000;

/** Plays the rollout and ends the process: progress on stderr, the report on stdout. */
export async function runRollout(config: Config, rollout: RolloutConfig): Promise<void> {
  const asked = config.sandbox;
  const sandbox = asked && ownSandbox(() => openSandbox(asked));
  const say = (line: string) => process.stderr.write(`${redact(stripControls(line.replaceAll('\n', '; ')))}\n`);
  const read = async () => {
    const policy = await readPolicy(config);
    await checkJournal(config);
    const [plan, probes] = [await planOf(rollout.plan), await probesOf(rollout.probesFile)];
    await sandbox?.open();
    return { policy, plan, probes };
  };
  const { policy, plan, probes } = await read().catch((error: unknown) => fail(errorMessage(error), EXIT.invalid));

  const http = connection(config, sandbox, policy);
  const written = watchWrites(http);
  const stop = new AbortController();
  const interrupt = new AbortController();
  const stopped = (name: string) => {
    if (stop.signal.aborted) process.exit(EXIT.failed);
    say(`${name}: no new step begins, and the rollout is held. A second signal ends the process at once.`);
    stop.abort();
    // A step under way may finish.
    const end = () => interrupt.abort();
    if (written.inThisCall()) setTimeout(end, STEP_MS);
    else end();
  };
  for (const name of ['SIGINT', 'SIGTERM']) process.on(name, () => stopped(name));

  const { tools } = await import('../../tools/index.ts');
  const { readOnly, noQuery } = config;
  const calls = callsOf({
    tools,
    readOnly,
    noQuery,
    toolsets: undefined,
    policy,
    warehouse: config.warehouse,
    journal: openJournal(config, http.time),
    http: written.http,
    now: Date.now,
    random: Math.random,
    sleep,
    log,
  });
  const { report, code } = await playRollout(rollout, {
    call(name, given, client) {
      written.newCall();
      return calls.call(name, given, client);
    },
    clock: { now: Date.now, random: Math.random, sleep: (ms) => sleep(ms, stop.signal) },
    plan,
    probes,
    say,
    stop: stop.signal,
    interrupt: interrupt.signal,
    hasWritten: written.ever,
  });
  await printed(`${JSON.stringify(sanitize(report), undefined, 2)}\n`);
  await Promise.allSettled([http.close(), sandbox?.close()]);
  process.exit(code);
}

/** JSON on the command line begins with a brace. Anything else is a file. */
async function planOf(given: string | undefined): Promise<unknown> {
  if (given === undefined) return undefined;
  const isText = given.trimStart().startsWith('{');
  return parsed('plan', isText ? given : await readOption('plan', given));
}

async function probesOf(file: string | undefined): Promise<unknown> {
  return file === undefined ? undefined : parsed('probes', await readOption('probes', file));
}

function parsed(option: string, text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new Error(`--${option} is not JSON: ${errorMessage(error)}`);
  }
}

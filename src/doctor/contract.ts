/**
 * `doctor --contract`: asks a workspace what the read tools ask, and compares its answers with those of the built-in sandbox. It only reads. Its
 * report can be sent on.
 */
import { AuthError } from '../auth/errors.ts';
import { ProxyError } from '../connection/errors.ts';
import type { Http } from '../rest/http.ts';
import { isObject } from '../rest/json.ts';
import { createAnonymiser } from './contract-anonymiser.ts';
import { DISK, type NewFiles } from './contract-file.ts';
import type { Seen } from './contract-kinds.ts';
import { askAll, CouldNotRun } from './contract-plan.ts';
import { createReader, MAX_REQUESTS, PATIENCE } from './contract-reader.ts';
import { asJson, asMarkdown, type Run } from './contract-report.ts';
import { resultsOf } from './contract-results.ts';

/** Everything from outside. `main.ts` passes the real things. */
export interface ContractEnvironment {
  http: Http;
  signal: AbortSignal;
  version: string;
  json: boolean;
  /** Longest silence in one answer, in milliseconds. Default 20 s. */
  patience?: number;
  /** Where the report goes. Undefined: to `print`. */
  reportFile: string | undefined;
  /** Default: the file system. */
  files?: NewFiles;
  /** To stdout. */
  print: (text: string) => Promise<void>;
  /** To stderr. */
  say: (line: string) => void;
  /** For developers: what may quote a host or a name. */
  log: (line: string) => void;
  now: () => number;
  random: () => number;
  sleep: (ms: number) => Promise<void>;
}

/** The exit codes. They are those of the doctor, and one more. */
export const EXIT = {
  same: 0,
  different: 1,
  /** A wrong command line, or a report file that cannot be written. */
  usage: 2,
  /** The workspace could not be asked: no login, no connection. */
  notRun: 3,
} as const;

/** Asks, compares and reports. @returns the exit code. */
export async function contract(environment: ContractEnvironment): Promise<number> {
  const { http, signal, now, sleep, say, reportFile, files = DISK } = environment;
  const refusal = reportFile === undefined ? undefined : await files.refusal(reportFile);
  if (refusal !== undefined) {
    say(`--report: ${refusal} Nothing was asked.`);
    return EXIT.usage;
  }
  say('Comparing this workspace with the built-in sandbox. Only GET requests are sent, and nothing is changed.');
  const onRequest = (count: number) => {
    if (count % 10 === 0) say(`${count} of at most ${MAX_REQUESTS} requests`);
  };
  const reader = createReader({ http, now, sleep, signal, patience: environment.patience ?? PATIENCE, onRequest });
  let seen: Seen;
  try {
    seen = await askAll(reader, absentName(environment.random));
  } catch (error) {
    return notRun(error, environment);
  }
  const anonymiser = createAnonymiser();
  const results = resultsOf(seen, anonymiser);
  const run: Run = {
    version: environment.version,
    date: new Date(now()).toISOString().slice(0, 10),
    cloud: await cloudOf(http, seen),
    requests: reader.sent,
    endpoints: seen.read.map(({ name, kind }) => ({ name: anonymiser.standIn('endpoint', name), kind })),
  };
  const report = environment.json ? asJson(results, run) : asMarkdown(results, run);
  const code = results.differences.length === 0 ? EXIT.same : EXIT.different;
  if (reportFile === undefined) {
    await environment.print(report);
    return code;
  }
  try {
    await files.create(reportFile, report);
  } catch {
    say('--report: the file could not be written after all, so the report is printed.');
    await environment.print(report);
    return EXIT.usage;
  }
  say('The report is written. Read it, then send it on.');
  return code;
}

/** The words are those of this file: an error can quote a host or a name. */
async function notRun(error: unknown, { json, print, say, log, signal }: ContractEnvironment): Promise<number> {
  log(String(error));
  const says =
    error instanceof CouldNotRun
      ? error.message
      : error instanceof AuthError
        ? 'this machine has no working login for a workspace'
        : error instanceof ProxyError
          ? 'the proxy does not let the requests through'
          : signal.aborted
            ? 'it was stopped'
            : 'it failed in an unknown way';
  const line = `The comparison could not run: ${says}. Nothing was changed. \`doctor\` without --contract says what to do.`;
  say(line);
  if (json) await print(`${JSON.stringify({ product: 'databricks-serving-mcp', could_not_run: says }, null, 2)}\n`);
  return EXIT.notRun;
}

/** Names that no workspace has. */
function absentName(random: () => number): (digits: number) => string {
  return (digits) => Array.from({ length: digits }, () => Math.floor(random() * 16).toString(16)).join('');
}

const CLOUDS = ['aws', 'azure', 'gcp'];

async function cloudOf(http: Http, { asked }: Seen): Promise<string | undefined> {
  const known = (await http.signer()).cloud;
  if (known !== undefined) return known;
  const said = asked.flatMap(({ question, reply }) =>
    (question.id === 'metastore' || question.id === 'host') && isObject(reply?.body)
      ? String(reply.body.cloud).toLowerCase()
      : [],
  );
  return said.find((each) => CLOUDS.includes(each));
}

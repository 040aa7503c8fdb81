/** What the server would say of the command line of an entry at its start. Nothing is started. */
import { isAbsolute } from 'node:path';
import { METHODS } from '../auth/chain.ts';
import { AuthError } from '../auth/errors.ts';
import { parseHost } from '../auth/host.ts';
import { type Config, readConfig, UsageError } from '../config.ts';
import { checkRegular } from '../journal/regular-file.ts';
import { errorMessage } from '../text/error-message.ts';
import { parsePolicy } from '../write/policy.ts';
import { codeOf } from './explain.ts';

export interface StartEnvironment {
  /** A regular file as text. */
  readFile(path: string): Promise<string>;
  /** Loads a sandbox from a seed file as the server does. Rejects with what the server says. */
  trySeed(path: string): Promise<void>;
}

/**
 * Reads the words as the server does, with the variables of the entry.
 * @returns what is wrong, and the configuration as far as it can be read. Both are absent when the client fills in what decides.
 */
export async function readStart(
  options: readonly string[],
  env: Record<string, string | undefined>,
  environment: StartEnvironment,
): Promise<{ problem?: string; config?: Config }> {
  let config: Config;
  try {
    config = readConfig(options, env);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return isFilledIn(error.message) ? {} : { problem: error.message };
  }
  const problem = problemOf(config) ?? (await problemOfFiles(config, environment));
  return problem === undefined ? { config } : { problem, config };
}

/** The client fills in a part of it. */
const isFilledIn = (text: string) => text.includes('${');

function problemOf({ command, host, authType }: Config): string | undefined {
  if (command === 'help' || command === 'version') return `its arguments only print the ${command} of the program`;
  if (command !== 'serve') return `its arguments start the ${command} command, and a client needs the server`;
  if (host !== undefined && !isFilledIn(host)) {
    try {
      parseHost(host);
    } catch (error) {
      return `--host: ${errorMessage(error)}${error instanceof AuthError ? `. ${error.next}` : ''}`;
    }
  }
  const methods = METHODS.map(({ name }) => name);
  if (authType !== undefined && !isFilledIn(authType) && !methods.includes(authType))
    return `--auth-type: there is no method "${authType}"`;
  return undefined;
}

async function problemOfFiles(config: Config, environment: StartEnvironment): Promise<string | undefined> {
  const { policyFile, configFile, journalFile, sandbox } = config;
  const checks: [option: string, path: string | undefined, check: (path: string) => Promise<unknown>][] = [
    ['policy', policyFile, async (path) => parsePolicy(await read('policy', path, environment), path)],
    ['config-file', configFile, (path) => read('config-file', path, environment)],
    ['journal', journalFile, checkRegular],
    [
      'sandbox-seed',
      sandbox?.seedFile,
      async (path) => {
        await read('sandbox-seed', path, environment);
        await environment.trySeed(path);
      },
    ],
  ];
  for (const [option, path, check] of checks) {
    // A client may start the server in another folder, so only an absolute path means the same here.
    if (path === undefined || isFilledIn(path) || !isAbsolute(path)) continue;
    try {
      await check(path);
    } catch (error) {
      const message = errorMessage(error);
      return message.includes(path) ? message : `--${option}: ${path}: ${message}`;
    }
  }
  return undefined;
}

async function read(option: string, path: string, { readFile }: StartEnvironment): Promise<string> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new Error(`--${option}: cannot read ${path} (${codeOf(error)})`);
  }
}

/** The doctor, and its comparison of a workspace with the sandbox. */
import metadata from '../../package.json' with { type: 'json' };
import type { Config, DoctorConfig } from '../config.ts';
import type { Http } from '../rest/http.ts';
import { errorMessage } from '../text/error-message.ts';
import { redact } from '../text/redact.ts';
import { stripControls } from '../text/sanitize.ts';
import { ownSandbox } from './own-sandbox.ts';
import { fail, log, printed, sleep, thisMachine, USER_AGENT } from './this-process.ts';
import { connection, openSandbox, readPolicy } from './workspace.ts';

/** The doctor: a report on stdout, and 1 as exit code if a check failed. */
export async function examine(config: Config, doctorConfig: DoctorConfig): Promise<void> {
  if (doctorConfig.contract) return compareContract(config, doctorConfig);
  const asked = config.sandbox;
  const sandbox = asked && (await openSandbox(asked).catch((error: unknown) => fail(errorMessage(error), 2)));
  const { doctor } = await import('../doctor/index.ts');
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
    trySeed: async (seedFile: string) =>
      (await openSandbox({ seedFile, incident: undefined, minutesPerSecond: 1, port: 0 })).close(),
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
  const { contract } = await import('../doctor/contract.ts');
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

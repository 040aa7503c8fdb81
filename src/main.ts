/** The command line of the process, and the command that it names. */
import './jitless.ts';
import metadata from '../package.json' with { type: 'json' };
import { AuthError } from './auth/errors.ts';
import { parseHost } from './auth/host.ts';
import { examine } from './commands/doctor.ts';
import { runInstall } from './commands/install.ts';
import { runSandbox } from './commands/sandbox.ts';
import { serve } from './commands/serve.ts';
import { endWithReader, fail } from './commands/this-process.ts';
import { asksRollout, type Config, readConfig, UsageError } from './config.ts';
import { help } from './options.ts';
import { errorMessage } from './text/error-message.ts';

async function main(): Promise<void> {
  // A held rollout ends with 2, so a wrong command line of that command ends with 1.
  const wrong = asksRollout(process.argv.slice(2)) ? 1 : 2;
  let config: Config;
  try {
    config = readConfig(process.argv.slice(2), process.env);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return fail(error.message, wrong);
  }
  endWithReader(config.command !== 'serve');
  try {
    // install and the doctor look for the nearest right one.
    if (config.host !== undefined && !config.install && !config.doctor) parseHost(config.host);
  } catch (error) {
    const advice = error instanceof AuthError ? `. ${error.next}` : '';
    return fail(`--host: ${errorMessage(error)}${advice}`, wrong);
  }
  if (config.command === 'help') process.stdout.write(help());
  else if (config.command === 'version') process.stdout.write(`${metadata.version}\n`);
  else if (config.command === 'sandbox')
    await runSandbox(config.sandbox ?? { seedFile: undefined, incident: undefined, minutesPerSecond: 1, port: 0 });
  else if (config.command === 'serve') await serve(config);
  else if (config.http) await (await packaged('http', import('./commands/http.ts'))).runHttp(config, config.http);
  else if (config.dashboard)
    await (await packaged('dashboard', import('./commands/dashboard.ts'))).runDashboard(config, config.dashboard);
  else if (config.rollout) await (await import('./commands/rollout.ts')).runRollout(config, config.rollout);
  else if (config.doctor) await examine(config, config.doctor);
  else process.exitCode = await runInstall(config);
}

/** The bundle for one person's client has to be small, and comes without some commands. */
async function packaged<Module>(command: string, loading: Promise<Module>): Promise<Module> {
  try {
    return await loading;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    return fail(`this package serves one client on stdin and stdout; the npm package has the ${command} command`, 2);
  }
}

await main();

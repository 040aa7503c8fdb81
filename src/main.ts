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
import { type Config, readConfig, UsageError } from './config.ts';
import { help } from './options.ts';
import { errorMessage } from './text/error-message.ts';

async function main(): Promise<void> {
  let config: Config;
  try {
    config = readConfig(process.argv.slice(2), process.env);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return fail(error.message, 2);
  }
  endWithReader(config.command !== 'serve');
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
    await runSandbox(config.sandbox ?? { seedFile: undefined, incident: undefined, minutesPerSecond: 1, port: 0 });
  else if (config.command === 'serve') await serve(config);
  else if (config.doctor) await examine(config, config.doctor);
  else process.exitCode = await runInstall(config);
}

await main();

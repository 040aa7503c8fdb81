/** Writes the entry of this server into the configuration of a client, or takes it out. */
import metadata from '../../package.json' with { type: 'json' };
import type { Config } from '../config.ts';
import { thisMachine } from './this-process.ts';

/** Returns the exit code. */
export async function runInstall(config: Config): Promise<number> {
  const { install } = await import('../install/index.ts');
  const here = await thisMachine();
  const stopped = new AbortController();
  process.once('SIGINT', () => stopped.abort()); // the second one ends the process at once
  return install(config, {
    ...here,
    interrupted: stopped.signal,
    node: process.execPath,
    started: process.argv[1] ?? '',
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

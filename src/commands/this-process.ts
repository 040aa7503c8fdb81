/** The process as the commands need it: its home and machine, its log, its output and its end. */
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { debuglog } from 'node:util';
import metadata from '../../package.json' with { type: 'json' };
import { errorMessage } from '../text/error-message.ts';
import { redact } from '../text/redact.ts';
import { stripControls } from '../text/sanitize.ts';

export const USER_AGENT = `${metadata.name}/${metadata.version} nodejs/${process.versions.node} os/${process.platform}`;

const debug = debuglog('databricks-serving-mcp');
/** NODE_DEBUG=databricks-serving-mcp shows these lines. All of them are redacted. */
export const log = (line: string) => debug('%s', redact(stripControls(line)));

export const home = () => folderOf(homedir);

/** A user may have no home, and the folder of a terminal may be gone. Then the root stands in, where no file is found. */
function folderOf(ask: () => string): string {
  try {
    return ask();
  } catch {
    return '/';
  }
}

/** The machine as `install` and the doctor see it. */
export async function thisMachine() {
  const { machine } = await import('../install/machine.ts');
  return machine({ platform: process.platform, env: process.env, home: home(), cwd: folderOf(process.cwd) });
}

/**
 * Ends the process quietly when the reader of its output is gone, as in `--help | head -1`. A closed stderr ends nothing: it never
 * has the result. Without this, Node would end with a stack.
 * @param ends false for the server, which finishes its calls first.
 */
export function endWithReader(ends: boolean): void {
  process.stderr.on('error', () => {});
  if (!ends) return;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') process.stderr.write(`${metadata.name}: cannot write the output (${error.code})\n`);
    process.exit(1);
  });
}

/** Ends when the text has left the process. */
export function printed(text: string): Promise<void> {
  return new Promise((resolve) => process.stdout.write(text, () => resolve()));
}

export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return delay(ms, undefined, signal ? { signal } : {});
}

/** Reads the file that an option names. */
export async function readOption(option: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new Error(
      `--${option}: cannot read ${path} (${(error as NodeJS.ErrnoException).code ?? errorMessage(error)})`,
    );
  }
}

/** Why no port could be opened, in words. */
export function portProblem(error: unknown, port: number): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') return `port ${port} is in use. Choose another one with --port, or omit --port`;
  if (code === 'EACCES')
    return `this user may not open port ${port}. Choose one above 1023 with --port, or omit --port`;
  return errorMessage(error);
}

/** Ends the process with a message. */
export function fail(message: string, code: number): never {
  process.stderr.write(`databricks-serving-mcp: ${redact(stripControls(message))}\n`);
  process.exit(code);
}

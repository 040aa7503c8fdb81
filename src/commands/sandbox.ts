/** The sandbox alone, for other programs, until a signal comes. */
import type { SandboxConfig } from '../config.ts';
import { startedText } from './own-sandbox.ts';
import { fail, portProblem } from './this-process.ts';
import { openSandbox } from './workspace.ts';

/** Runs the sandbox until SIGINT or SIGTERM. If it cannot start, the process ends with exit code 2. */
export async function runSandbox(config: SandboxConfig): Promise<void> {
  const sandbox = await openSandbox(config).catch((error: unknown) => fail(portProblem(error, config.port), 2));
  process.stdout.write(startedText(sandbox, config));
  const stop = () => void sandbox.close().finally(() => process.exit(0));
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}

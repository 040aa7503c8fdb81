/** The sandbox inside the server's process, for `--sandbox`. It opens at its first use and not at the start. */
import { Refusal } from '../refusal.ts';
import type { Sandbox } from '../sandbox/index.ts';
import { errorMessage } from '../text/error-message.ts';

export interface OwnSandbox {
  /** The open sandbox. All callers share one, and after a failure the next call tries again. @throws Refusal */
  open(): Promise<Sandbox>;
  isOpen(): boolean;
  /** Closes it if it is open. */
  close(): Promise<void>;
}

/** @param start loads the sandbox and starts it. It rejects when the seed is wrong, no port is free or a file of the program is missing. */
export function ownSandbox(start: () => Promise<Sandbox>): OwnSandbox {
  let opening: Promise<Sandbox> | undefined;
  let running: Sandbox | undefined;

  async function open(): Promise<Sandbox> {
    try {
      running = await start();
      return running;
    } catch (error) {
      opening = undefined;
      throw failed(error);
    }
  }

  return {
    open() {
      opening ??= open();
      return opening;
    },
    isOpen: () => running !== undefined,
    close: async () => running?.close(),
  };
}

/** What a person needs to use a sandbox from another program. */
export function startedText({ host, token }: Sandbox, minutesPerSecond: number): string {
  const pace = minutesPerSecond === 1 ? 'one sandbox minute' : `${minutesPerSecond} sandbox minutes`;
  return [
    `Sandbox workspace: ${host} (this machine only; one second is ${pace})`,
    '',
    `export DATABRICKS_HOST=${host}`,
    `export DATABRICKS_TOKEN=${token}`,
    '',
    'Press Ctrl-C to stop. Nothing is saved.',
    '',
  ].join('\n');
}

function failed(error: unknown): Refusal {
  return new Refusal(
    'sandbox_failed',
    `the sandbox could not start: ${errorMessage(error)}`,
    'Repeat the call. If it fails again, restart this server. If a file is missing, install the server again.',
    {},
    { retryable: true },
  );
}

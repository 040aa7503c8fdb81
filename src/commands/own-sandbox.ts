/** The sandbox inside the server's process, for `--sandbox`. It opens at its first use and not at the start. */
import type { SandboxConfig } from '../config.ts';
import { INCIDENTS } from '../incidents.ts';
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
export function startedText({ host, token }: Sandbox, { minutesPerSecond, incident }: SandboxConfig): string {
  const pace = minutesPerSecond === 1 ? 'one sandbox minute' : `${minutesPerSecond} sandbox minutes`;
  return [
    `Sandbox workspace: ${host} (this machine only; one second is ${pace})`,
    '',
    `export DATABRICKS_HOST=${host}`,
    `export DATABRICKS_TOKEN=${token}`,
    '',
    ...rehearsal(incident?.name),
    'Press Ctrl-C to stop. Nothing is saved.',
    '',
  ].join('\n');
}

/** What a person who rehearses must know: the symptom, and how to act as someone outside the API. */
function rehearsal(name: string | undefined): string[] {
  const found = INCIDENTS.find((each) => each.name === name);
  if (found === undefined) return [];
  return [
    `Incident: ${found.symptom}`,
    'Some remedies need a person outside the API. These list what persons can do, and do it:',
    'curl -H "Authorization: Bearer $DATABRICKS_TOKEN" $DATABRICKS_HOST/sandbox/steps',
    'curl -X POST -H "Authorization: Bearer $DATABRICKS_TOKEN" $DATABRICKS_HOST/sandbox/steps/NAME',
    '',
  ];
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

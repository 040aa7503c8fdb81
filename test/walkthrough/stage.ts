/** The built-in workspace as a stage for the walk-throughs, and the script that records what happens there. */
import { equal } from 'node:assert/strict';
import { manualClock } from '../../src/sandbox/clock.ts';
import { incidentSeed } from '../../src/sandbox/incidents/index.ts';
import { startSandbox } from '../../src/sandbox/index.ts';
import { type Printer, printer } from '../demo/print.ts';
import { start } from '../support/harness.ts';
import { ask } from '../support/tool-test.ts';

// biome-ignore lint/suspicious/noExplicitAny: the walk-throughs look into results field by field, and a wrong guess stops them
export type Result = any;

export interface Scene {
  print: Printer;
  /** Makes a call that must succeed, without recording it. */
  ask(tool: string, args: Record<string, unknown>): Promise<Result>;
  /** Makes a call and records it with the named fields of its result. @param fails whether it must fail; default: it must not. */
  show(tool: string, args: Record<string, unknown>, fields: string[], fails?: boolean): Promise<Result>;
  /** Some minutes later, lets every request to a destination of a model service fail with a 5xx. */
  outage(service: string, destination: string): Promise<void>;
}

/** Background traffic depends on the minute of the day, so every performance begins in this one. */
const CURTAIN = Date.UTC(2100, 0, 1, 9);
/** The pace of `--sandbox`: one second is one minute. */
const PACE = 60;
/** An agent takes about five seconds from one call to the next, which are five minutes of the workspace. */
const THINKING = 5 * 60_000;
/** Columns of the recorded text. */
const WIDTH = 112;

/** @param incident the one of `--sandbox-incident` that happens there. Default: none. */
export async function stage(incident?: string): Promise<{ scene: Scene; taken(): string; close(): Promise<void> }> {
  const seed = incident === undefined ? {} : { seed: incidentSeed(incident, 1) };
  // An incident is minutes old, so its workspace begins at the curtain. The others are older than that.
  const clock = incident === undefined ? { kind: 'manual' as const } : manualClock(CURTAIN);
  const sandbox = await startSandbox({ clock, ...seed });
  const harness = await start({ pace: PACE, sandbox });
  sandbox.clock.advance(CURTAIN - sandbox.clock.now());
  let written = '';
  const screen = {
    columns: WIDTH,
    write(text: string) {
      written += text;
    },
  };
  const print = printer(screen, {});

  const scene: Scene = {
    print,
    async ask(tool, args) {
      const { isError, data } = await harness.call(tool, args);
      equal(isError, false, `${tool} failed: ${JSON.stringify(data)}`);
      return data;
    },
    async show(tool, args, fields, fails = false) {
      harness.sandbox.clock.advance(THINKING);
      print.wholeCall(tool, args);
      const { isError, data } = await harness.call(tool, args);
      equal(isError, fails, `${tool} was expected to ${fails ? 'fail' : 'succeed'}: ${JSON.stringify(data)}`);
      const shown = Object.entries(data).filter(([key]) => fields.includes(key));
      equal(shown.length, fields.length, `the result lacks one of ${fields.join(', ')}: ${JSON.stringify(data)}`);
      // The members of an only finding have lines of their own.
      const opened = shown.map(([key, value]) => [key, key === 'findings' && Array.isArray(value) ? value[0] : value]);
      print.result(Object.fromEntries(opened));
      const left = Object.keys(data).length - shown.length;
      if (left > 0) print.note(`… ${left} more field${left > 1 ? 's' : ''}`);
      return data;
    },
    async outage(service, destination) {
      harness.sandbox.clock.advance(THINKING);
      const body = JSON.stringify({ match: { endpoint: service, entity: destination }, set: { error_5xx_rate: 1 } });
      await ask(harness, '/sandbox/behaviours', { method: 'POST', body });
    },
  };

  return {
    scene,
    taken: () => normalised(written.trim()),
    async close() {
      await harness.close();
      await sandbox.close();
    },
  };
}

/** Names of replicas and ids of requests differ from run to run. */
function normalised(text: string): string {
  return text.replace(/\[[a-z0-9]{5}\] ?/g, '').replace(/^ +request_id: [0-9a-f-]{36}\n/gm, '');
}

/** The workspace of the walk-throughs, and the notebook into which what happens is written. */
import { equal, ok } from 'node:assert/strict';
import { type Printer, printer } from '../demo/print.ts';
import { start } from '../support/harness.ts';
import workspace from './workspace.json' with { type: 'json' };

// biome-ignore lint/suspicious/noExplicitAny: the walk-throughs look into results field by field, and a wrong guess stops them
export type Result = any;

export interface Scene {
  print: Printer;
  /** Makes a call that must succeed, without writing anything down. */
  ask(tool: string, args: Record<string, unknown>): Promise<Result>;
  /** Makes a call and writes it down with the named fields of its result. @param fails whether it must fail; default: it must not. */
  show(tool: string, args: Record<string, unknown>, fields: string[], fails?: boolean): Promise<Result>;
  /**
   * Does with a waiting answer what an agent does: the call in its `next`, until the answer is another. Writes down how often, and the
   * named fields of the last answer.
   */
  follow(waiting: Result, fields: string[]): Promise<Result>;
}

/** Background traffic is a function of the minute it falls into, so the play is given at this one whenever it is given. */
const CURTAIN = Date.UTC(2100, 0, 1, 9);
/** Columns of the written text. */
const WIDTH = 112;
/** A deployment of eight minutes in waits of forty seconds takes twelve. */
const MAX_ROUNDS = 30;

export async function stage(): Promise<{ scene: Scene; taken(): string; close(): Promise<void> }> {
  const harness = await start({ seed: workspace });
  harness.sandbox.clock.advance(CURTAIN - harness.sandbox.clock.now());
  let written = '';
  const screen = {
    columns: WIDTH,
    write(text: string) {
      written += text;
    },
  };
  const print = printer(screen, {});

  function result(value: Record<string, unknown>, fields: string[]): void {
    const shown = Object.entries(value).filter(([key]) => fields.includes(key));
    equal(shown.length, fields.length, `the result has not all of ${fields.join(', ')}: ${JSON.stringify(value)}`);
    print.result(Object.fromEntries(shown));
    const left = Object.keys(value).length - shown.length;
    if (left > 0) print.note(`… ${left} more field${left > 1 ? 's' : ''}`);
  }

  const scene: Scene = {
    print,
    async ask(tool, args) {
      const { isError, data } = await harness.call(tool, args);
      equal(isError, false, `${tool} failed: ${JSON.stringify(data)}`);
      return data;
    },
    async show(tool, args, fields, fails = false) {
      print.call(tool, args);
      const { isError, data } = await harness.call(tool, args);
      equal(isError, fails, `${tool} was expected to ${fails ? 'fail' : 'succeed'}: ${JSON.stringify(data)}`);
      result(data, fields);
      return data;
    },
    async follow(waiting, fields) {
      let answer = waiting;
      let rounds = 0;
      const before = harness.slept();
      while (answer.outcome === 'waiting' && rounds < MAX_ROUNDS) {
        const { tool, args } = callOf(String(answer.next));
        answer = (await harness.call(tool, args)).data;
        rounds++;
      }
      const minutes = Math.round((harness.slept() - before) / 60_000);
      print.note(`(the call in next, ${rounds} times; ${minutes} minutes pass in the workspace)`);
      result(answer, fields);
      return answer;
    },
  };

  return {
    scene,
    taken() {
      const text = normalised(written.trim());
      written = '';
      return text;
    },
    close: () => harness.close(),
  };
}

/** A call as `next` and `undo` write it: `set_traffic {"endpoint":"churn"}`. */
export function callOf(text: string): { tool: string; args: Record<string, unknown> } {
  const [, tool, args] = /^(\w+) (\{.*\})$/.exec(text) ?? [];
  ok(tool !== undefined && args !== undefined, `${text} is not one call`);
  return { tool, args: JSON.parse(args) };
}

/** Without what differs from run to run: names of replicas and ids. */
function normalised(text: string): string {
  return text
    .replace(/\b[0-9a-f]{32}\b/g, '0123456789abcdef0123456789abcdef')
    .replace(/\[[a-z0-9]{10}\] /g, '[replica] ');
}

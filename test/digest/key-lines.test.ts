import { describe, expect, it } from 'vitest';
import { explain } from '../../src/digest/key-lines.ts';
import { logLines } from '../../src/digest/log-lines.ts';
import { RUN_ALL } from '../support/selection.ts';
import { FAILING, HEALTHY, replica, UNPROVEN, UNSEEN } from './log-corpus.ts';

/** Lines in an answer about a failure. */
const LIMIT = 8;

function explained(text: string, log: 'build' | 'service', limit = LIMIT) {
  const lines = logLines(text);
  const { lines: chosen, cause } = explain(lines, limit, log);
  return { lines: chosen.map((at) => lines[at] ?? ''), cause: cause?.id };
}

describe('a failure shows its line and, where it is known, its cause', () => {
  it.each([...FAILING, ...UNSEEN, ...UNPROVEN].map((each) => [each.what, each] as const))(
    '%s',
    (_what, { log, text, line, cause }) => {
      const found = explained(text, log);
      expect(found.lines.join('\n')).toContain(line);
      expect(found.cause).toBe(cause);
    },
  );
});

describe('a log without a failure has no key lines', () => {
  it.each(HEALTHY.map((each) => [each.what, each] as const))('%s', (_what, { log, text }) => {
    expect(explained(text, log)).toEqual({ lines: [], cause: undefined });
  });
});

/** Every way in which the same log may arrive. */
const FORMS: [string, (text: string) => string][] = [
  ['with Windows line ends', (text) => text.replaceAll('\n', '\r\n')],
  ['without its first characters', (text) => text.slice(3)],
  ['with times', (text) => text.replace(/^(?!$)/gm, '2026-03-01T12:00:00.123456Z ')],
  ['with colours', (text) => text.replace(/^(?!$).*$/gm, '\u001b[31m$&\u001b[0m')],
  ['after a progress bar', (text) => text.replace(/^(?!$)/gm, 'get: 50%\r')],
  ['behind a spinner', (text) => text.replace(/(?<=\S)$/gm, '\r|\r/')],
];

describe('the form of a log does not matter', () => {
  it.each(RUN_ALL ? FORMS : FORMS.slice(0, 3))('%s', (_what, form) => {
    const lost = [...FAILING, ...UNSEEN].filter(({ log, text, line }) => {
      const shown = explained(form(text), log).lines.join('\n');
      return !shown.includes(line.trim().slice(3));
    });
    expect(lost.map(({ what }) => what)).toEqual([]);
    const found = HEALTHY.filter(({ log, text }) => explained(form(text), log).lines.length > 0);
    expect(found.map(({ what }) => what)).toEqual([]);
  });
});

describe('an exception', () => {
  const chain = replica(`Traceback (most recent call last):
  File "/model/code/agent.py", line 41, in connect
    client = Client(url)
  File "/opt/conda/lib/python3.11/site-packages/client/core.py", line 9, in __init__
    raise OSError(url)
OSError: no route to vector index

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/opt/conda/lib/python3.11/site-packages/mlflow/pyfunc/model.py", line 1002, in load
    python_model.load_context(context=context)
  File "/model/code/agent.py", line 52, in load_context
    self.index = connect()
  File "/opt/conda/lib/python3.11/site-packages/retry/api.py", line 33, in inner
    raise Failed() from error
retry.Failed: gave up after 3 attempts`);

  it('comes with the first one of its chain and with its last frame in code of the model', () => {
    expect(explained(chain, 'service').lines).toEqual([
      '[hc4q8] OSError: no route to vector index',
      '[hc4q8]     python_model.load_context(context=context)',
      '[hc4q8]   File "/model/code/agent.py", line 52, in load_context',
      '[hc4q8] retry.Failed: gave up after 3 attempts',
    ]);
  });

  it('of one replica is not overcome by another that serves', () => {
    const serves = replica(
      '127.0.0.1 - - [01/Mar/2026:12:02:09 +0000] "POST /invocations HTTP/1.1" 200 48 "-" "-"',
      'xk2pd',
    );
    expect(explained(`${chain}\n${serves}`, 'service').lines).toContain(
      '[hc4q8] retry.Failed: gave up after 3 attempts',
    );
    const same = serves.replace('xk2pd', 'hc4q8');
    expect(explained(`${chain}\n${same}`, 'service').lines).toEqual([]);
  });

  it('of a request that failed is shown although the server goes on', () => {
    const access = (status: number) =>
      replica(`127.0.0.1 - - [01/Mar/2026:12:02:09 +0000] "POST /invocations HTTP/1.1" ${status} 48 "-" "-"`);
    const found = explained([access(200), chain, access(500), access(200)].join('\n'), 'service');
    expect(found.lines).toContain('[hc4q8] retry.Failed: gave up after 3 attempts');
  });

  describe('of a server that goes on to answer', () => {
    const answers = Array.from(
      { length: 12 },
      (_, at) => `127.0.0.1 - - [01/Mar/2026:12:02:${10 + at} +0000] "POST /invocations HTTP/1.1" 200 48 "-" "-"`,
    ).join('\n');
    const starts = '[2026-03-01 12:00:00 +0000] [7] [INFO] Booting worker with pid: 7';
    const around = (line: string) => replica(`${starts}\n${answers}\n${line}\n${answers}`);

    it.each([
      '2026/03/01 12:03:00 ERROR mlflow.x: the lookup of user 12 failed, so a default was used',
      '2026-03-01 12:03:00,120 - agent - ERROR - tool search failed: timed out',
      '2026-03-01 12:03:00.000 | ERROR    | agent:run:12 - tool failed',
      'ERROR:root:no row for key 7',
      '{"time":"2026-03-01T12:03:00Z","level":"error","message":"token budget reached"}',
      '2026-03-01 12:03:00 [error    ] tool failed   tool=search',
    ])('is singled out when it is reported as an error: %s', (line) => {
      expect(explained(around(line), 'service').lines).toEqual([`[hc4q8] ${line}`]);
    });

    it.each([
      '2026/03/01 12:03:00 WARNING mlflow.x: the lookup failed, so a default was used',
      '2026/03/01 12:03:00 INFO agent: tool search failed',
      '2026/03/01 12:03:00 ERROR client: timed out once, retrying',
      'ERROR:root:0 errors',
    ])('is not when it is no error: %s', (line) => {
      expect(explained(around(line), 'service').lines).toEqual([]);
    });

    it('is not when it is part of a start that worked', () => {
      const failed = '2026/03/01 12:01:00 ERROR mlflow.x: the first try failed';
      const again = replica(`${starts}\n${answers}\n${starts}\n${failed}\n${answers}`);
      expect(explained(again, 'service').lines).toEqual([]);
    });
  });

  it('is shown once, however often workers repeat it', () => {
    const loop = Array.from({ length: 20 }, () => chain).join('\n');
    expect(explained(loop, 'service').lines).toHaveLength(4);
  });
});

it('a conflict is shown with the packages that cause it, and without the advice of pip', () => {
  const conflict = FAILING.find(({ what }) => what === 'pip_conflict');
  const lines = explained(conflict?.text ?? '', 'build').lines.map((line) => line.replace(/^#12 [\d.]+ /, ''));
  expect(lines.slice(1)).toEqual([
    'ERROR: Cannot install pandas==2.2.0 and numpy==1.19.0 because these package versions have conflicting dependencies.',
    'The conflict is caused by:',
    '    The user requested numpy==1.19.0',
    '    pandas 2.2.0 depends on numpy<2 and >=1.22.4',
    'ERROR: ResolutionImpossible: for help visit https://pip.pypa.io/en/latest/topics/dependency-resolution/',
  ]);
});

it('the first of many installer errors is kept, and wrappers take no room', () => {
  const errors = Array.from(
    { length: 30 },
    (_, at) => `ERROR: Failed building wheel for ${'abcdefghij'[at % 10]}${'x'.repeat(at)}`,
  );
  const text = ["error: command 'gcc' failed: No such file or directory", ...errors, 'CondaEnvException: Pip failed'];
  const { lines, cause } = explained(text.join('\n'), 'build');
  expect(lines).toHaveLength(LIMIT);
  expect(lines[0]).toBe(text[0]);
  expect(cause).toBe('compiler_missing');
});

/** Each rule fires on its evidence, in many wordings, and stays silent on a near miss. */
import { describe, expect, it } from 'vitest';
import { diagnose } from '../../src/diagnose/diagnose.ts';
import { type Case, evidenceOf } from './evidence.ts';
import { AT_START, IN_BUILD, IN_STATE, NEAR_MISSES } from './wordings.ts';

const codes = (given: Case) => diagnose(evidenceOf(given)).findings.map(({ code }) => code);

const FAILED_BUILD = 'Container creation failed. Please see build logs for more information.';
const step = (text: string) =>
  text
    .split('\n')
    .map((line, at) => `#12 ${(10 + at / 10).toFixed(3)} ${line}`)
    .join('\n');
/** A build log in which conda reports the failure of pip. */
const build = (text: string) =>
  step(
    `name: mlflow-env\nchannels:\n- conda-forge\nPip subprocess error:\n${text}\nfailed\nCondaEnvException: Pip failed`,
  );

const FAILED_LOAD = 'Model server failed to load the model. Please see service logs for more information.';
const stamp = '[2026-11-28 11:41:00 +0000]';
/** A service log in which a worker fails to boot. */
const service = (text: string) =>
  [
    `${stamp} [2] [INFO] Starting gunicorn 20.1.0`,
    `${stamp} [7] [INFO] Booting worker with pid: 7`,
    `${stamp} [7] [ERROR] Exception in worker process`,
    'Traceback (most recent call last):',
    '  File "/opt/conda/envs/mlflow-env/lib/python3.11/site-packages/gunicorn/arbiter.py", line 609, in spawn_worker',
    '    worker.init_process()',
    ...text.split('\n'),
    `${stamp} [7] [INFO] Worker exiting (pid: 7)`,
    `${stamp} [2] [ERROR] Shutting down: Master`,
    `${stamp} [2] [ERROR] Reason: Worker failed to boot.`,
  ]
    .map((line) => `[8hc4q] ${line}`)
    .join('\n');

describe('a failed build', () => {
  it.each(IN_BUILD)('%s: %s', (code, text) => {
    expect(codes({ message: FAILED_BUILD, build: build(text), service: '' })).toEqual([code]);
  });
});

it.each([
  ['ERROR: No matching distribution found for ours==1.0', 'certain'],
  ['error: externally-managed-environment', 'likely'],
])('a warning of a build is a proof only if a package was then not found: %s', (end, confidence) => {
  const text = `WARNING: 401 Error, Credentials not correct for https://ours.example.com/simple/ours/\n${end}`;
  const { findings } = diagnose(evidenceOf({ message: FAILED_BUILD, build: build(text), service: '' }));
  expect(findings.map((each) => [each.code, each.confidence])).toEqual([['index_unauthorized', confidence]]);
});

describe('a container that does not start', () => {
  it.each(AT_START)('%s: %s', (code, text) => {
    expect(
      codes({ message: FAILED_LOAD, service: service(text), build: 'Successfully installed mlflow-2.22' }),
    ).toEqual([code]);
  });
});

describe('the state of a failed deployment', () => {
  it.each(IN_STATE)('%s: %s', (code, text) => {
    expect(codes({ message: text, service: '', build: '' })).toEqual([code]);
  });

  it.each(IN_STATE)('as an event, %s: %s', (code, text) => {
    expect(
      codes({ message: 'Endpoint update failed for endpoint churn', events: [text], service: '', build: '' }),
    ).toEqual([code]);
  });
});

const UNKNOWN = /^(?:unknown_|load_exception)/;

describe('a near miss proves no cause', () => {
  it.each(NEAR_MISSES)('in the %s: %s', (where, text) => {
    const given = where === 'state' ? { message: text } : { [where]: where === 'build' ? step(text) : text };
    expect(codes({ service: '', build: '', ...given }).filter((code) => !UNKNOWN.test(code))).toEqual([]);
  });
});

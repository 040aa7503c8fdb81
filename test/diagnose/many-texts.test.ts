/** Texts of many tools: each leads to its cause and to nothing else, and words that prove nothing lead to no finding. */
import { describe, expect, it } from 'vitest';
import { diagnose } from '../../src/diagnose/diagnose.ts';
import type { Evidence } from '../../src/diagnose/evidence.ts';
import { RUN_ALL } from '../support/selection.ts';
import { type Case, evidenceOf, logOf } from './evidence.ts';
import {
  ANSWERS,
  BUILD,
  HARMLESS_BUILD,
  HARMLESS_RUN,
  HARMLESS_START,
  HARMLESS_STATE,
  LOAD,
  RAISED,
  STATE,
} from './many-texts.ts';
import * as traffic from './rules/traffic-evidence.ts';

const codesOf = (evidence: Evidence) => diagnose(evidence).findings.map(({ code }) => code);
const codes = (given: Case) => codesOf(evidenceOf(given));
/** Codes outside the expected ones, or `nothing`. */
const wrong = (expected: string, found: string[]) =>
  found.length === 0 ? ['nothing'] : found.filter((code) => !expected.split('|').includes(code));

const FAILED_BUILD = 'Container creation failed. Please see build logs for more information.';
const FAILED_LOAD = 'Model server failed to load the model. Please see service logs for more information.';
const READY = { deployment: 'DEPLOYMENT_READY', config_update: 'NOT_UPDATING' };
const UNDER_WAY = { deployment: 'DEPLOYMENT_CREATING', config_update: 'IN_PROGRESS', minutes: 5 };

const HEAD = `name: mlflow-env
channels:
- conda-forge
dependencies:
- python=3.11
- pip
Using local channel file:///package-repo/conda-channel instead of conda-forge
Pinning setuptools<82 to preserve pkg_resources`;
const build = (text: string, end: string) =>
  `${HEAD}\n${text}\n${end}`
    .split('\n')
    .map((line, at) => `#12 ${(10 + at / 10).toFixed(3)} ${line}`)
    .join('\n');
const INSTALLED = 'Conda environment created successfully on attempt 1.';

const STAMP = '[2026-11-28 11:41:00 +0000]';
const BEGIN = [`${STAMP} [2] [INFO] Starting gunicorn 20.1.0`, `${STAMP} [7] [INFO] Booting worker with pid: 7`];
const SITE = '/opt/conda/envs/mlflow-env/lib/python3.11/site-packages';
const replica = (lines: readonly string[]) => lines.map((line) => `[8hc4q] ${line}`).join('\n');
/** A service log in which a worker does not boot, or which ends with lines of gunicorn. @param before lines above the traceback. */
const start = (text: string, before: readonly string[] = []) =>
  replica(
    text.startsWith('[2026')
      ? [...BEGIN, ...text.split('\n'), `${STAMP} [2] [INFO] Booting worker with pid: 12`]
      : [
          ...BEGIN,
          ...before,
          `${STAMP} [7] [ERROR] Exception in worker process`,
          'Traceback (most recent call last):',
          `  File "${SITE}/gunicorn/arbiter.py", line 609, in spawn_worker`,
          '    worker.init_process()',
          `  File "${SITE}/mlflow/pyfunc/__init__.py", line 1190, in load_model`,
          '    model_impl = importlib.import_module(conf[MAIN])._load_pyfunc(data_path)',
          ...text.split('\n'),
          `${STAMP} [7] [INFO] Worker exiting (pid: 7)`,
          `${STAMP} [2] [ERROR] Shutting down: Master`,
          `${STAMP} [2] [ERROR] Reason: Worker failed to boot.`,
        ],
  );

/** How people and clients quote an answer. The fast set tries one of them on each text, and each of them on many texts. */
const QUOTES: readonly ((status: number, body: string) => string)[] = [
  (status, body) => `HTTP ${status} ${body}`,
  (status, body) => `${status}: ${body}`,
  (status, body) => `HTTP/1.1 ${status}\n\n${body}`,
  (status, body) => `Error code: ${status} - ${body}`,
  (status, body) => `status_code=${status}, body=${body}`,
  (status, body) => `${body} (HTTP ${status})`,
  (status, body) =>
    `requests.exceptions.HTTPError: ${status} Client Error: Bad Request for url: https://acme.cloud.databricks.com/serving-endpoints/churn/invocations. Response text: ${body}`,
];

describe('each text leads to its cause', () => {
  it.each(BUILD)('in a build, %s: %s', (expected, text) => {
    expect(wrong(expected, codes({ message: FAILED_BUILD, build: build(text, 'failed'), service: '' }))).toEqual([]);
  });

  it.each(LOAD)('at the start, %s: %s', (expected, text) => {
    const installed = build('Successfully installed mlflow-2.22', INSTALLED);
    expect(wrong(expected, codes({ message: FAILED_LOAD, service: start(text), build: installed }))).toEqual([]);
  });

  it.each(STATE)('in the state and in an event, %s: %s', (expected, text) => {
    const events = [text, 'Endpoint update failed for endpoint churn'];
    expect(wrong(expected, codes({ message: text, service: '', build: '' }))).toEqual([]);
    expect(wrong(expected, codes({ message: '', service: '', build: '', events }))).toEqual([]);
  });

  const answers = ANSWERS.map(
    (row, at) => [...row, RUN_ALL ? QUOTES : QUOTES.slice(at % QUOTES.length).slice(0, 1)] as const,
  );
  it.each(answers)('in an answer, %s: %i %s', (expected, status, answer, quotes) => {
    const [, external] = /external_model_provider\\":\\"([a-z0-9-]+)/.exec(answer) ?? [];
    const found = (scene: traffic.Scene) =>
      codesOf(traffic.evidenceOf({ ...scene, ...(external === undefined ? {} : { external }) }));
    expect(wrong(expected, found({ answer, status }))).toEqual([]);
    for (const quote of quotes) expect(wrong(expected, found({ answer: quote(status, answer) }))).toEqual([]);
  });

  it.each(RAISED)('behind failing requests, %s: %s', (expected, text) => {
    const failing = [
      '[2026-10-14 11:59:40 +0000] [115] [ERROR] Exception on /invocations [POST]',
      'Traceback (most recent call last):',
      '  File "/model/code/score.py", line 41, in predict',
      '    return self.score(rows)',
      ...text.split('\n'),
      access(400),
    ];
    const log = Array.from({ length: 3 }, () => [...failing, access(200)]).flat();
    expect(wrong(expected, running(log, { requests: 60, e4xx: 24 }))).toEqual([]);
  });
});

const access = (status: number) =>
  `127.0.0.1 - - [14/Oct/2026:11:59:40 +0000] "POST /invocations HTTP/1.1" ${status} 63 "-" "-"`;

/** The codes of an endpoint that runs and has these lines in its log. */
function running(lines: readonly string[], minute?: traffic.Minute): string[] {
  const evidence = traffic.evidenceOf(minute ? { entities: [{ name: 'churn-3', minute }] } : {});
  const log = ['[2026-10-14 11:10:00 +0000] [7] [INFO] Starting gunicorn 23.0.0', ...lines];
  const read = logOf(evidence.deployments[0], 'service', log.map((line) => `[94cbbdpbb8] ${line}`).join('\n'));
  return codesOf({ ...evidence, logs: read ? [read] : [] });
}

/** The codes for a failure whose reason is unknown. */
const UNKNOWN = /^(?:unknown_|load_exception$)/;
const known = (found: readonly string[]) => found.filter((code) => !UNKNOWN.test(code));

describe('words that prove nothing lead to no finding', () => {
  it.each(HARMLESS_BUILD)('in a build that works, runs, or fails for another reason: %s', (text) => {
    expect(codes({ ...READY, build: build(text, INSTALLED) })).toEqual([]);
    expect(codes({ ...UNDER_WAY, build: build(text, 'Downloading more') })).toEqual([]);
    expect(known(codes({ message: FAILED_BUILD, build: build(text, 'failed'), service: '' }))).toEqual([]);
  });

  it.each(HARMLESS_START)('at a start that works, or fails for another reason: %s', (text) => {
    const lines = text.split('\n');
    const up = replica([
      ...BEGIN,
      ...lines,
      `${STAMP} [7] [INFO] Model loaded`,
      '127.0.0.1 - - [28/Nov/2026:11:42:00 +0000] "GET /ping HTTP/1.1" 200 1 "-" "kube-probe/1.29"',
    ]);
    expect(codes({ ...READY, service: up })).toEqual([]);
    expect(codes({ ...UNDER_WAY, service: up })).toEqual([]);
    const other = start('ValueError: rate table has 3 columns, expected 4', lines);
    expect(known(codes({ message: FAILED_LOAD, service: other, build: '' }))).toEqual([]);
  });

  it.each(HARMLESS_RUN)('where requests end well: %s', (text) => {
    const lines = text.split('\n').map((line) => line.replace(/^(?=\[)/, '[2026-10-14 11:59:40 +0000] '));
    const log = [...lines, ...Array<string>(30).fill(access(200))];
    expect(running(log, { requests: 60 })).toEqual([]);
    expect(running(log)).toEqual([]);
  });

  it.each(HARMLESS_STATE)('in a state that may still end well: %s', (message) => {
    expect(codes({ ...UNDER_WAY, message })).toEqual([]);
  });
});

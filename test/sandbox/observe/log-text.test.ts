import { describe, expect, test } from 'vitest';
import { buildLogText } from '../../../src/sandbox/observe/build-log.ts';
import { type LogSource, serviceLogText } from '../../../src/sandbox/observe/log-text.ts';
import type { Failure, ModelVersion, RoutedRequest } from '../../../src/sandbox/state/state.ts';

const START = Date.UTC(2026, 1, 18, 12, 0, 0);
const MINUTE = 60_000;

function version(rest: Partial<ModelVersion> = {}): ModelVersion {
  return {
    ...{
      version: 3,
      id: 'v',
      status: 'READY',
      comment: '',
      build_minutes: 5,
      deploy_minutes: 8,
      failure: null,
      latency_ms: 10,
      error_rate: 0,
    },
    ...{
      changes: [],
      service_log_lines: ['Loaded churn with 12 features'],
      environment: { python: '3.11.11', packages: null, build_lines: [] },
      optimization: null,
      missing_tables: [],
      created_at: 0,
      updated_at: 0,
    },
    spec: { kind: 'linear', inputs: [{ name: 'x', type: 'double' }], intercept: 0, coefficients: {} },
    ...rest,
  };
}

/** A deployment of the source that meets a failure. */
function failing(now: number, rest: Pick<Failure, 'phase' | 'message' | 'log_lines'> & Partial<Failure>): LogSource {
  const failure: Failure = { bare: false, aborted: false, events: [], attempts: 1, until: null, ...rest };
  const { entity, ...others } = source(now);
  const built_at = START + 5 * MINUTE;
  const ends_at = failure.phase === 'build' ? built_at : START + 8 * MINUTE;
  const { phase: failed_phase, message } = failure;
  const plan = { built_at, ends_at, outcome: 'failed' as const, failed_phase, message, failure };
  return { ...others, entity: { ...entity, plan, ready_at: null }, version: version({ failure }) };
}

function source(now: number, rest: Partial<LogSource> = {}): LogSource {
  return {
    endpoint: { name: 'churn', logs: new Map() },
    entity: {
      config: { name: 'churn-3', entity_name: 'ml.prod.churn', entity_version: '3' },
      plan: {
        built_at: START + 5 * MINUTE,
        ends_at: START + 8 * MINUTE,
        outcome: 'ready',
        failed_phase: null,
        message: '',
        failure: null,
      },
      creation_timestamp: START,
      ready_at: START + 8 * MINUTE,
      replica: '94cbbdpbb8',
    },
    version: version(),
    now,
    ...rest,
  };
}

const request = (status: number): RoutedRequest => ({
  ...{
    endpoint: 'churn',
    entity: 'churn-3',
    at: START + 10 * MINUTE,
    status,
    latency_ms: 10,
    queue_ms: 1,
    principal: 'a@example.com',
  },
  ...{ tokens_in: 0, tokens_out: 0, bytes: 153, streaming: false },
});

/** The words of a build log, without BuildKit's prefix. */
const words = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/^#12 \d+\.\d{3} /, ''));

describe('the build log', () => {
  test('grows with the build, and its lines have the step and the seconds', () => {
    const early = buildLogText(source(START + MINUTE));
    const later = buildLogText(source(START + 3 * MINUTE));
    const done = buildLogText(source(START + 5 * MINUTE));
    expect(buildLogText(source(START))).toBe('');
    expect(later.startsWith(early) && done.startsWith(later)).toBe(true);
    expect(later.length).toBeGreaterThan(early.length);
    expect(
      done
        .trimEnd()
        .split('\n')
        .every((line) => /^#12 \d+\.\d{3} /.test(line)),
    ).toBe(true);
    expect(done).toContain('#12 300.000 Conda environment');
  });

  test('begins with the conda file and ends with the environment', () => {
    const lines = words(buildLogText(source(START + 5 * MINUTE)));
    expect(lines.slice(0, 3)).toEqual(['name: mlflow-env', 'channels:', '- conda-forge']);
    expect(lines).toContain('Pinning setuptools<82 to preserve pkg_resources');
    expect(lines.at(-1)).toBe('Conda environment created successfully on attempt 1.');
  });

  test('has progress bars with colours and carriage returns, as in a terminal', () => {
    const bar = buildLogText(source(START + 5 * MINUTE))
      .split('\n')
      .find((line) => line.includes('━'));
    expect(bar?.split('\r')).toHaveLength(3);
    expect(bar).toContain('\u001b[');
  });

  test('ends in the lines of a version that fails to build, which has no service log', () => {
    const broken = failing(START + 5 * MINUTE, {
      phase: 'build',
      message: 'ResolutionImpossible',
      log_lines: ['ERROR: Cannot install scikit-learn==9.9'],
    });
    expect(words(buildLogText(broken)).slice(-5)).toEqual([
      'Pip subprocess error:',
      'ERROR: Cannot install scikit-learn==9.9',
      'failed',
      '',
      'CondaEnvException: Pip failed',
    ]);
    expect(serviceLogText(broken, [], false)).toBe('');
  });

  test.each<[string, boolean]>([
    ['CPU', false],
    ['GPU_SMALL', true],
    ['MULTIGPU_MEDIUM', true],
  ])('of a %s entity has CUDA packages: %s', (workload_type, cuda) => {
    const chat = version({ spec: { kind: 'chat', model: 'm', profile: 'llama' } });
    const { entity } = source(START);
    const built = source(START + 5 * MINUTE, {
      version: chat,
      entity: { ...entity, config: { ...entity.config, workload_type } },
    });
    expect(buildLogText(built).includes('nvidia-cudnn-cu12')).toBe(cuda);
    expect(buildLogText(built).includes('+cpu')).toBe(!cuda);
  });
});

describe('the service log', () => {
  test('starts when the image is built, and each line starts with the replica', () => {
    expect(serviceLogText(source(START + 4 * MINUTE), [], false)).toBe('');
    const lines = serviceLogText(source(START + 6 * MINUTE), [], false)
      .trimEnd()
      .split('\n');
    expect(lines).toContain('[94cbbdpbb8] [2026-02-18 12:05:00 +0000] [115] [INFO] Booting worker with pid: 115');
    expect(lines.every((line) => line.startsWith('[94cbbdpbb8] '))).toBe(true);
    expect(lines.join()).not.toContain('Loaded churn');
  });

  test('then has the output of the model and one line for each request that reached it', () => {
    const text = serviceLogText(
      source(START + 11 * MINUTE),
      [request(200), request(400), { ...request(429), refused: true }],
      false,
    );
    expect(text).toContain('[94cbbdpbb8] Loaded churn with 12 features\n');
    expect(text).toContain(
      '[94cbbdpbb8] 127.0.0.1 - - [18/Feb/2026:12:10:00 +0000] "POST /invocations HTTP/1.1" 200 153 "-" "-"\n',
    );
    expect(text.match(/POST \/invocations/g)).toHaveLength(2);
  });

  test('has lines of each replica of a larger entity, and a request is on one of them', () => {
    const large = source(START + 11 * MINUTE);
    large.entity.config = { ...large.entity.config, workload_size: 'Large' };
    const many = Array.from({ length: 40 }, (_, at) => ({ ...request(200), at: START + 10 * MINUTE + at }));
    const text = serviceLogText(large, many, false);
    const served = [...text.matchAll(/^\[(\w+)\] 127/gm)].map((line) => line[1]);
    expect(served).toHaveLength(40);
    expect(new Set(served).size).toBe(4);
    expect(new Set([...text.matchAll(/^\[(\w+)\] .*Starting gunicorn/gm)].map((line) => line[1]))).toEqual(
      new Set(served),
    );
    expect(serviceLogText(large, many, false)).toBe(text);
  });

  test('has the traceback of a request that failed in the model, and the replica before each of its lines', () => {
    const failed = { ...request(500), raised: 'MemoryError: out of memory' };
    const lines = serviceLogText(source(START + 11 * MINUTE), [failed], false)
      .trimEnd()
      .split('\n');
    const at = lines.findIndex((line) => line.includes('Traceback'));
    expect(lines.slice(at).every((line) => line.startsWith('[94cbbdpbb8] '))).toBe(true);
    expect(lines.slice(-2)).toEqual([
      '[94cbbdpbb8] MemoryError: out of memory',
      expect.stringContaining('"POST /invocations HTTP/1.1" 500 153'),
    ]);
  });

  test('has the reason and the exit of the worker when a version fails to load', () => {
    const message = "No module named 'pandas.core.indexes.numeric'.";
    const log = (now: number) => serviceLogText(failing(now, { phase: 'load', message, log_lines: [] }), [], false);
    expect(log(START + 7 * MINUTE)).not.toContain('No module');
    expect(log(START + 8 * MINUTE)).toContain(
      `[94cbbdpbb8] An error occurred while loading the model. ${message}\n[94cbbdpbb8] [2026-02-18 12:08:00 +0000] [115] [INFO] Worker exiting (pid: 115)\n`,
    );
  });

  test('is empty at zero and keeps only recent lines', () => {
    const many = Array.from({ length: 1200 }, () => request(200));
    expect(serviceLogText(source(START + 11 * MINUTE), many, true)).toBe('');
    expect(
      serviceLogText(source(START + 11 * MINUTE), many, false)
        .trimEnd()
        .split('\n'),
    ).toHaveLength(1000);
  });

  test('lines from the seed replace the generated ones', () => {
    const endpoint = { name: 'churn', logs: new Map([['churn-3', { build: ['b'], service: ['s1', 's2'] }]]) };
    expect(buildLogText(source(START, { endpoint }))).toBe('b\n');
    expect(serviceLogText(source(START, { endpoint }), [], false)).toBe('s1\ns2\n');
  });
});

import { describe, expect, it } from 'vitest';
import { codes, findings, NOW } from './traffic-evidence.ts';

const time = (secondsAgo: number) =>
  `${new Date(NOW - secondsAgo * 1000).toISOString().slice(0, 19).replace('T', ' ')} +0000`;
const access = (status: number, secondsAgo = 20) =>
  `[94cbbdpbb8] 127.0.0.1 - - [14/Oct/2026:11:59:${String(60 - secondsAgo).padStart(2, '0')} +0000] "POST /invocations HTTP/1.1" ${status} 63 "-" "-"`;
const probe = '[94cbbdpbb8] 10.0.0.1 - - [14/Oct/2026:11:59:58 +0000] "GET /ping HTTP/1.1" 200 1 "-" "kube-probe/1.29"';
const start = (secondsAgo = 3_000) => `[94cbbdpbb8] [${time(secondsAgo)}] [7] [INFO] Starting gunicorn 23.0.0`;

/** A request that an exception ends, as Flask logs it. */
const raised = (exception: string, status = 400, secondsAgo = 20) => [
  `[94cbbdpbb8] [${time(secondsAgo)}] [115] [ERROR] Exception on /invocations [POST]`,
  '[94cbbdpbb8] Traceback (most recent call last):',
  '[94cbbdpbb8]   File "/model/code/score.py", line 41, in predict',
  '[94cbbdpbb8]     return self.score(rows)',
  ...exception.split('\n').map((line) => `[94cbbdpbb8] ${line}`),
  access(status, secondsAgo),
];
/** The same error, logged by the model, which then answers. */
const handled = (exception: string) => [
  `[94cbbdpbb8] [${time(20)}] [115] [ERROR] lookup failed, using the default`,
  '[94cbbdpbb8] Traceback (most recent call last):',
  '[94cbbdpbb8]   File "/model/code/score.py", line 41, in lookup',
  '[94cbbdpbb8]     return self.client.get(key)',
  `[94cbbdpbb8] ${exception}`,
  access(200),
];
const times = (count: number, lines: string[]) => Array.from({ length: count }, () => lines).flat();
const busy = { requests: 60, e4xx: 24 };
const well = { requests: 60 };
const withMinute = (minute: { requests: number; e4xx?: number; e5xx?: number }) => [{ name: 'churn-3', minute }];

describe('requests of a model fail with an exception', () => {
  it.each([
    ["KeyError: 'tenure_months'", 'model_raises'],
    ['ValueError: Input contains NaN, infinity or a value too large', 'model_raises'],
    [
      'psycopg2.OperationalError: connection to server at "db.internal" (10.1.2.3), port 5432 failed: timeout expired',
      'dependency_timeout',
    ],
    [
      "requests.exceptions.ReadTimeout: HTTPSConnectionPool(host='vs.example.com', port=443): Read timed out. (read timeout=10)",
      'dependency_timeout',
    ],
    [
      'redis.exceptions.ConnectionError: Error 111 connecting to cache:6379. Connection refused.',
      'dependency_unreachable',
    ],
    ['torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB', 'gpu_out_of_memory'],
    [
      "openai.RateLimitError: Error code: 429 - {'error_code': 'REQUEST_LIMIT_EXCEEDED', 'message': \"User defined rate limit(s) exceeded for 'llm'. Requests-per-minute (RPM) rate limit exceeded for user\"}",
      'dependency_refused',
    ],
    [
      "openai.AuthenticationError: Error code: 401 - {'error': {'message': 'Incorrect API key provided: sk-****', 'type': 'invalid_request_error', 'code': 'invalid_api_key'}}",
      'provider_key_invalid',
    ],
    [
      "openai.NotFoundError: Error code: 404 - {'error_code': 'ENDPOINT_NOT_FOUND', 'message': 'The given endpoint does not exist, please retry after checking the specified model and version deployment exists.'}",
      'dependency_refused',
    ],
  ])('%s is found as %s', (exception, code) => {
    expect(
      codes({ entities: withMinute(busy), log: [start(), ...times(6, [...raised(exception), access(200)])] }),
    ).toEqual([code]);
  });

  it.each([
    ['ValueError: X has 11 features, but RandomForestClassifier is expecting 12 features as input.', true],
    ['ValueError: The feature names should match those that were passed during fit.', true],
    ["ValueError: Found unknown categories ['ZZ'] in column 2 during transform", true],
    ["ValueError: columns are missing: {'fuel_index'}", true],
    ['KeyError: "[\'fuel_index\'] not in index"', true],
    ["KeyError: \"None of [Index(['a', 'b'], dtype='object')] are in the [columns]\"", true],
    ["ValueError: feature_names mismatch: ['a', 'b'] ['a']", true],
    [
      'lightgbm.basic.LightGBMError: The number of features in data (11) is not the same as it was in training data (12).',
      true,
    ],
    [
      'onnxruntime.capi.onnxruntime_pybind11_state.InvalidArgument: [ONNXRuntimeError] : 2 : INVALID_ARGUMENT : Got invalid dimensions for input: x for the following indices',
      true,
    ],
    [
      'ValueError: Input 0 of layer "dense" is incompatible with the layer: expected axis -1 of input shape to have value 28',
      true,
    ],
    ['RuntimeError: mat1 and mat2 shapes cannot be multiplied (1x11 and 12x64)', true],
    ['pydantic_core._pydantic_core.ValidationError: 1 validation error for ChatAgentRequest', true],
    // The code's own table, and an object of its own.
    ["KeyError: 'segment_7'", false],
    ['pydantic_core._pydantic_core.ValidationError: 1 validation error for SearchRequest', false],
    ["ValueError: 'x' is not in list", false],
  ])('%s is about the rows of the caller: %s', (exception, rows) => {
    const log = [start(), ...times(6, [...raised(exception), access(200)])];
    expect(codes({ entities: withMinute(busy), log })).toEqual([rows ? 'payload_breaks_model' : 'model_raises']);
    expect(codes({ entities: withMinute(well), log: [start(), ...times(6, handled(exception))] })).toEqual([]);
  });

  it('without metrics too, when the access log shows many', () => {
    expect(codes({ log: [start(), ...times(6, [...raised("KeyError: 'a'"), access(200)])] })).toEqual(['model_raises']);
  });

  it('two causes at once are both found', () => {
    const log = [start(), ...times(4, raised("KeyError: 'a'")), ...times(4, raised('socket.timeout: timed out'))];
    expect(codes({ entities: withMinute(busy), log }).sort()).toEqual(['dependency_timeout', 'model_raises']);
  });

  it('the exception behind a wrapper is the one that counts', () => {
    const [finding] = findings({
      entities: withMinute(busy),
      log: [
        start(),
        ...times(4, [
          `[94cbbdpbb8] [${time(30)}] [115] [ERROR] Exception on /invocations [POST]`,
          '[94cbbdpbb8] Traceback (most recent call last):',
          '[94cbbdpbb8]   File "/model/code/score.py", line 41, in predict',
          '[94cbbdpbb8]     return self.score(rows)',
          "[94cbbdpbb8] KeyError: 'region'",
          '[94cbbdpbb8] ',
          '[94cbbdpbb8] The above exception was the direct cause of the following exception:',
          '[94cbbdpbb8] ',
          '[94cbbdpbb8] Traceback (most recent call last):',
          '[94cbbdpbb8]   File "/opt/conda/lib/python3.11/site-packages/mlflow/pyfunc/scoring_server/__init__.py", line 390, in transformed_predict',
          '[94cbbdpbb8]     raise MlflowException(message)',
          '[94cbbdpbb8] mlflow.exceptions.MlflowException: Encountered an unexpected error while evaluating the model. Verify that the input is compatible.',
          access(400),
        ]),
      ],
    });
    expect(finding?.evidence[0].text).toContain("KeyError: 'region'");
  });

  it.each([
    [
      'a handled exception',
      [...times(8, handled('redis.exceptions.TimeoutError: Timeout reading from cache:6379'))],
      undefined,
    ],
    ['one failure among many answers', [...raised("KeyError: 'a'"), ...times(80, [access(200)])], undefined],
    ['failures of earlier, when requests work now', times(8, raised("KeyError: 'a'", 400, 50)), well],
    [
      'a retried call',
      times(8, [
        `[94cbbdpbb8] [${time(20)}] [115] [WARNING] Retrying (Retry(total=2)) after connection broken by 'ReadTimeoutError("HTTPSConnectionPool(host='x', port=443): Read timed out.")': /q`,
        access(200),
      ]),
      well,
    ],
    ['health probes', times(50, [probe]), well],
    [
      'words of an option',
      times(8, ['[94cbbdpbb8] [115] [INFO] connect timeout=5, read timed out after=10, errors=0', access(200)]),
      well,
    ],
    [
      'a deprecation',
      times(8, ['[94cbbdpbb8] /opt/x.py:1: DeprecationWarning: Timeout: use TimeoutError', access(200)]),
      well,
    ],
    ['"0 errors"', times(8, ['[94cbbdpbb8] [115] [ERROR] batch done: 0 errors, 0 failed', access(200)]), well],
  ])('%s is no finding', (_name, log, minute) => {
    expect(codes({ ...(minute ? { entities: withMinute(minute) } : {}), log: [start(), ...log] })).toEqual([]);
  });

  it.each([
    [{ requests: 60, e4xx: 2 }],
    [{ requests: 8, e4xx: 2 }],
    [{ requests: 24, e4xx: 5 }],
    [{ requests: 1_000, e4xx: 40 }],
    [{ requests: 400, e5xx: 4 }],
    [{ requests: 3, e5xx: 1 }],
  ])('chance and a few bad calls are no finding: %o', (minute) => {
    expect(codes({ entities: withMinute(minute) })).toEqual([]);
  });

  it.each([
    [{ requests: 60, e5xx: 30 }, ['errors_5xx']],
    [{ requests: 60, e4xx: 30 }, ['errors_4xx']],
    [{ requests: 24, e4xx: 11 }, ['errors_4xx']],
    [{ requests: 5, e5xx: 5 }, ['errors_5xx']],
  ])('a symptom without a cause says so: %o', (minute, expected) => {
    const found = findings({ entities: withMinute(minute) });
    expect(found.map(({ code }) => code)).toEqual(expected);
    expect(found[0]?.sentence).toContain('nothing that could be read says');
  });

  it('refused payloads leave answers of 4xx and no traceback', () => {
    const log = [
      start(),
      ...times(10, [
        `[94cbbdpbb8] [${time(9)}] [115] [WARNING] The request could not be evaluated; see its answer.`,
        access(400),
        access(200),
      ]),
    ];
    expect(codes({ entities: withMinute(busy), log })).toEqual(['payload_rejected']);
  });
});

describe('workers of a running server end', () => {
  const slow = `[94cbbdpbb8] [${time(60)}] [7] [CRITICAL] WORKER TIMEOUT (pid:115)`;
  const killed = `[94cbbdpbb8] [${time(59)}] [7] [ERROR] Worker (pid:115) was sent SIGKILL! Perhaps out of memory?`;
  const serving = [start(), access(200), access(200)];
  const memory = (percent: number) => [{ name: 'churn-3', minute: { requests: 60, memory: percent } }];

  it.each([
    ['one slow request', [...serving, slow, killed, access(200)], undefined, []],
    ['three slow requests', [...serving, ...times(3, [slow, killed])], undefined, ['worker_timeout']],
    [
      'one slow request next to server errors',
      [...serving, slow, killed],
      withMinute({ requests: 60, e5xx: 20 }),
      ['worker_timeout'],
    ],
    ['two kills', [...serving, killed, killed], undefined, ['worker_out_of_memory']],
    ['one kill with full memory', [...serving, killed], memory(85), ['worker_out_of_memory']],
    ['one kill alone', [...serving, killed], memory(40), []],
    ['a kill before the server served', [start(), killed, killed, killed], undefined, []],
    [
      'kills of yesterday',
      [...serving, ...times(3, [killed.replace(/2026-10-14 \d\d/, '2026-10-13 01')])],
      undefined,
      [],
    ],
    [
      'an orderly end',
      [
        ...serving,
        `[94cbbdpbb8] [${time(5)}] [7] [INFO] Handling signal: term`,
        '[94cbbdpbb8] [ERROR] Worker (pid:115) was sent SIGTERM!',
      ],
      undefined,
      [],
    ],
  ])('%s', (_name, log, entities, expected) => {
    expect(codes({ log, ...(entities ? { entities } : {}) })).toEqual(expected);
  });
});

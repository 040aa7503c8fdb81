/**
 * Healthy endpoints of every kind, whose logs are full of words that prove nothing: handled exceptions, warnings, retries, deprecations. A diagnosis must
 * find nothing wrong with any of them.
 */
import { type SeedParts, workspaceWith } from '../../src/sandbox/incidents/index.ts';
import type { SeedEndpoint, SeedFoundationModel, SeedModel, SeedVersion } from '../../src/sandbox/seed/seed.ts';

/** Words of one set of endpoints. Endpoint number n takes the entries at n, round and round. */
export interface HealthyTexts {
  /** The first part of every name. */
  prefix: string;
  /** What a model writes when it is ready. */
  service: string[][];
  /** Lines of the build log between the downloads and the installation. */
  build: string[][];
  /** What a request leaves in the log although it ends well. */
  requests: string[][];
  /** One-off mistakes of callers: the message of a 400. */
  mistakes: string[];
  packages: string[][];
  pythons: string[];
}

export interface HealthyWorkspace {
  seed: unknown;
  endpoints: string[];
}

interface Made {
  endpoint?: SeedEndpoint;
  models?: SeedModel[];
  foundation?: SeedFoundationModel;
}

type Maker = (n: number, texts: HealthyTexts) => Made;

const ENGINEER = 'ml-engineer@example.com';
const SPECS: SeedVersion['spec'][] = [
  { kind: 'linear', inputs: [{ name: 'x', type: 'double' }], intercept: 1, coefficients: { x: 2 } },
  { kind: 'logistic', inputs: [{ name: 'age', type: 'long' }], intercept: -1, coefficients: { age: 0.02 } },
  { kind: 'embedding', dimensions: 16 },
  { kind: 'agent', protocol: 'responses' },
  { kind: 'agent', protocol: 'chat' },
  { kind: 'chat', model: 'helper', profile: 'llama' },
];

function take<T>(list: readonly T[], n: number): T {
  const found = list[n % list.length];
  if (found === undefined) throw new Error('A list of texts is empty.');
  return found;
}

function versionOf(n: number, texts: HealthyTexts, number: number, spec: SeedVersion['spec']): SeedVersion {
  return {
    version: number,
    status: 'READY',
    spec,
    deploy_minutes: 7 + (n % 6),
    created_minutes_ago: 30_000 + n * 100 - number * 5_000,
    latency_ms: 12 + (n % 9) * 7,
    service_log_lines: take(texts.service, n),
    environment: {
      python: take(texts.pythons, n),
      packages: take(texts.packages, n),
      build_lines: take(texts.build, n),
    },
  };
}

/** A model with the versions 1 and 2, and an endpoint that serves the first. */
function custom(n: number, texts: HealthyTexts, more: Partial<SeedEndpoint>, spec = take(SPECS, n % 2)): Made {
  const full_name = `${texts.prefix}.prod.model_${n}`;
  return {
    models: [
      {
        full_name,
        owner: ENGINEER,
        created_minutes_ago: 50_000,
        versions: [1, 2].map((number) => versionOf(n, texts, number, spec)),
      },
    ],
    endpoint: {
      name: `${texts.prefix}-${n}`,
      creator: ENGINEER,
      created_minutes_ago: 20_000 + n * 37,
      config: { served_entities: [served(n, texts, 1)] },
      ...more,
    },
  };
}

function served(n: number, texts: HealthyTexts, version: number, more: Record<string, unknown> = {}) {
  return {
    entity_name: `${texts.prefix}.prod.model_${n}`,
    entity_version: String(version),
    workload_size: take(['Small', 'Small', 'Medium', 'Large'], n),
    scale_to_zero_enabled: n % 3 === 0,
    ...more,
  };
}

const busy: Maker = (n, texts) =>
  custom(n, texts, {
    traffic: { requests_per_minute: 4 + ((n * 17) % 90) },
    mishaps: [{ share: 0.05, log_lines: take(texts.requests, n) }],
  });

const quiet: Maker = (n, texts) =>
  custom(n, texts, {
    config: { served_entities: [served(n, texts, 1, { scale_to_zero_enabled: true, workload_size: 'Small' })] },
    idle_since_minutes_ago: 60 + n * 11,
  });

const seldom: Maker = (n, texts) =>
  custom(n, texts, {
    config: { served_entities: [served(n, texts, 1, { scale_to_zero_enabled: false })] },
    traffic: { requests_per_minute: 0.2 + (n % 4) / 10 },
  });

const updating: Maker = (n, texts) =>
  custom(n, texts, {
    traffic: { requests_per_minute: 10 },
    update_in_progress: { config: { served_entities: [served(n, texts, 2)] }, started_minutes_ago: 1 + (n % 5) },
  });

const creating: Maker = (n, texts) => {
  const made = custom(n, texts, {});
  const { config: _, ...endpoint } = made.endpoint ?? { name: '' };
  const started_minutes_ago = 1 + (n % 5);
  return {
    ...made,
    endpoint: {
      ...endpoint,
      created_minutes_ago: started_minutes_ago,
      update_in_progress: { config: { served_entities: [served(n, texts, 1)] }, started_minutes_ago },
    },
  };
};

const agent: Maker = (n, texts) =>
  custom(
    n,
    texts,
    {
      traffic: { requests_per_minute: 1 + (n % 3) },
      mishaps: [{ share: 0.2, log_lines: take(texts.requests, n + 3) }],
      ai_gateway: {
        usage_tracking_config: { enabled: true },
        rate_limits: [{ calls: 100, key: 'user', renewal_period: 'minute' }],
      },
    },
    take(SPECS.slice(3), n),
  );

const gpu: Maker = (n, texts) =>
  custom(
    n,
    texts,
    {
      config: { served_entities: [served(n, texts, 1, { workload_type: 'GPU_SMALL', scale_to_zero_enabled: false })] },
      traffic: { requests_per_minute: 12 + (n % 7) },
    },
    take(
      [SPECS[2], SPECS[5]].filter((spec) => spec !== undefined),
      n,
    ),
  );

const canary: Maker = (n, texts) =>
  custom(n, texts, {
    config: {
      served_entities: [1, 2].map((version) => served(n, texts, version, { scale_to_zero_enabled: false })),
      traffic_config: {
        routes: [1, 2].map((version) => ({
          served_entity_name: `model_${n}-${version}`,
          traffic_percentage: version === 1 ? 90 : 10,
        })),
      },
    },
    traffic: { requests_per_minute: 80 },
  });

const mistaken: Maker = (n, texts) =>
  custom(n, texts, {
    traffic: { requests_per_minute: 40 + (n % 30) },
    mishaps: [
      {
        share: 0.004,
        others: true,
        answer: { status: 400, body: { error_code: 'BAD_REQUEST', message: take(texts.mistakes, n) } },
      },
      { share: 0.03, log_lines: take(texts.requests, n + 1) },
    ],
  });

const limited: Maker = (n, texts) =>
  custom(n, texts, {
    traffic: { requests_per_minute: 30, callers: [{ principal: 'analyst@example.com', share: 0.1 }] },
    ai_gateway: {
      rate_limits: [
        { calls: 500 + n, key: 'endpoint', renewal_period: 'minute' },
        { calls: 100, key: 'user', renewal_period: 'minute' },
      ],
    },
  });

const external: Maker = (n, texts) => ({
  endpoint: {
    name: `${texts.prefix}-${n}`,
    creator: 'admin@example.com',
    created_minutes_ago: 9_000 + n,
    config: {
      served_entities: [
        {
          name: `gpt-${n}`,
          external_model: {
            provider: 'openai',
            name: take(['gpt-4o', 'gpt-4o-mini', 'gpt-4.1'], n),
            task: 'llm/v1/chat',
            openai_config: { openai_api_key: '{{secrets/llm-providers/openai_api_key}}' },
          },
        },
      ],
    },
    traffic: { requests_per_minute: 1 + (n % 12) },
    ai_gateway: {
      guardrails: { input: { pii: { behavior: 'MASK' } } },
      fallback_config: { enabled: n % 2 === 0 },
    },
  },
});

const foundation: Maker = (n, texts) => ({
  foundation: {
    name: `databricks-${texts.prefix}-${n}`,
    entity_name: `system.ai.databricks-${texts.prefix}-${n}`,
    display_name: `Helper ${n}`,
    task: 'llm/v1/chat',
    description: 'A model that is timed for error-prone prompts and never out of memory.',
    spec: { kind: 'chat', model: `helper-${n}`, profile: 'gpt-oss' },
  },
});

const tile: Maker = (n, texts) => ({
  endpoint: {
    name: `mas-${texts.prefix}-${n}-endpoint`,
    creator: ENGINEER,
    tile: { tile_id: `7c1d2f40-5b1e-4f0a-9d27-3a6a8f1e${4_000 + n}`, problem_type: 'KNOWLEDGE_ASSISTANT' },
  },
});

const optimized: Maker = (n, texts) =>
  custom(n, texts, { route_optimized: true, traffic: { requests_per_minute: 25 }, tags: [{ key: 'error_budget' }] });

/** How many endpoints of each kind. */
const KINDS: readonly (readonly [Maker, number])[] = [
  [busy, 26],
  [quiet, 10],
  [seldom, 8],
  [updating, 8],
  [creating, 6],
  [agent, 10],
  [gpu, 6],
  [canary, 4],
  [mistaken, 6],
  [limited, 4],
  [external, 6],
  [foundation, 3],
  [tile, 1],
  [optimized, 2],
];

/** A workspace with a hundred healthy endpoints, and their names. */
export function healthyWorkspace(texts: HealthyTexts): HealthyWorkspace {
  const makers = KINDS.flatMap(([maker, count]) => Array.from({ length: count }, () => maker));
  const made = makers.map((maker, n) => maker(n, texts));
  const parts: SeedParts = {
    models: made.flatMap(({ models = [] }) => models),
    endpoints: made.flatMap(({ endpoint }) => (endpoint ? [endpoint] : [])),
    foundation_models: made.flatMap((each) => (each.foundation ? [each.foundation] : [])),
  };
  const named = [...(parts.endpoints ?? []), ...(parts.foundation_models ?? [])];
  return { seed: workspaceWith(parts), endpoints: named.map(({ name }) => name) };
}

/** The texts of the first hundred. */
export const HEALTHY: HealthyTexts = {
  prefix: 'well',
  pythons: ['3.11.11', '3.10.12', '3.12.3', '3.11.9'],
  packages: [
    ['mlflow==2.22.1', 'cloudpickle==3.1.1', 'numpy==1.26.4', 'scikit-learn==1.5.2'],
    ['mlflow==3.1.4', 'numpy==2.1.3', 'xgboost==2.1.4', 'jaraco.errors==1.0.0'],
    ['mlflow==2.19.0', 'torch==2.6.0', 'transformers==4.51.3', 'timeout-decorator==0.5.0'],
    ['mlflow==2.20.2', 'pandas==2.2.3', 'failure-modes>=1.2', 'error-codes==0.3'],
    ['mlflow==3.0.1', 'databricks-agents==1.1.0', 'langgraph==0.5.3', 'tenacity==9.0.0'],
  ],
  build: [
    [
      "WARNING: Retrying (Retry(total=4, connect=None, read=None, redirect=None, status=None)) after connection broken by 'ReadTimeoutError(\"HTTPSConnectionPool(host='pypi.org', port=443): Read timed out. (read timeout=15)\")': /simple/numpy/",
    ],
    [
      'INFO: pip is looking at multiple versions of pandas to determine which version is compatible with other requirements. This could take a while.',
    ],
    ['Solving environment: ...working... failed with initial frozen solve. Retrying with flexible solve.'],
    [
      "  Building wheel for hdbscan (setup.py): finished with status 'error'",
      '  ERROR: Failed building wheel for hdbscan',
      "  Running setup.py install for hdbscan: finished with status 'done'",
    ],
    [
      'Looking in indexes: https://pypi.org/simple, https://mirror.example/simple',
      'WARNING: 401 Error, Credentials not correct for https://mirror.example/simple/cloudpickle/',
      '  Downloading cloudpickle-3.1.1-py3-none-any.whl (20 kB)',
    ],
    [
      '  Created wheel for fire: filename=fire-0.7.0-py3-none-any.whl size=114247 sha256=19950edca6f19d1a1a2a3ad2f7bd1b6de0ee1e8e2c0b0c3b1a2b3c4d5e6f7a8b',
    ],
    [
      "ERROR: pip's dependency resolver does not currently take into account all the packages that are installed. This behaviour is the source of the following dependency conflicts.",
      'google-api-core 2.20.0 requires protobuf<6, but you have protobuf 6.30.2 which is incompatible.',
    ],
    [
      '  DEPRECATION: Building retry-later using the legacy setup.py bdist_wheel mechanism, which will be removed in a future version.',
    ],
    [],
  ],
  service: [
    [],
    ['model ready'],
    [
      '/opt/conda/envs/mlflow-env/lib/python3.11/site-packages/sklearn/base.py:376: InconsistentVersionWarning: Trying to unpickle estimator LogisticRegression from version 1.5.1 when using version 1.5.2.',
    ],
    [
      '/opt/conda/envs/mlflow-env/lib/python3.11/site-packages/torch/cuda/__init__.py:129: UserWarning: CUDA initialization: Found no NVIDIA driver on your system. Please check that you have an NVIDIA GPU',
    ],
    [
      "A matching Triton is not available, some optimizations will not be enabled. Error caught was: No module named 'triton'",
    ],
    [
      '<frozen importlib._bootstrap>:241: RuntimeWarning: numpy.dtype size changed, may indicate binary incompatibility. Expected 96 from C header, got 88 from PyObject',
    ],
    [
      '{log_time} WARNING model: no cache yet, starting without',
      'Traceback (most recent call last):',
      '  File "/model/code/model.py", line 18, in load_context',
      '    self.cache = json.loads(path.read_text())',
      "FileNotFoundError: [Errno 2] No such file or directory: '/model/cache.json'",
      '{log_time} INFO model: ready with an empty cache',
    ],
    [
      "{log_time} WARNING mlflow.utils.requirements_utils: Detected one or more mismatches between the model's dependencies and the current Python environment:",
      ' - cloudpickle (current: 3.1.1, required: cloudpickle==3.1.0)',
    ],
    [
      "2026-11-20 04:12:01.113: W tensorflow/stream_executor/platform/default/dso_loader.cc:64] Could not load dynamic library 'libcudart.so.11.0'; dlerror: libcudart.so.11.0: cannot open shared object file: No such file or directory",
    ],
    ['[{time}] [7] [ERROR] Worker (pid:118) was sent SIGTERM!', '[{time}] [7] [INFO] Handling signal: ttou'],
    [
      'FutureWarning: You are using `torch.load` with `weights_only=False`',
      'PydanticDeprecatedSince20: The `dict` method is deprecated',
    ],
    [
      '{log_time} INFO mlflow.store.artifact.cloud_artifact_repo: credential expired, renewing it (401), download continues',
      'INFO:     Waiting for application startup.',
      'INFO:     Application startup complete.',
    ],
    [
      "'(ReadTimeoutError(\"HTTPSConnectionPool(host='huggingface.co', port=443): Read timed out.\"))' thrown while requesting HEAD https://huggingface.co/x/resolve/main/config.json",
      'Retrying in 1s [Retry 1/5].',
    ],
  ],
  requests: [
    ['{log_time} WARNING lookup: retry 1 of 3 after 429 from the cache, then answered'],
    [
      '{log_time} WARNING features: fell back to the default colour',
      'Traceback (most recent call last):',
      '  File "/model/code/features.py", line 9, in colour',
      '    return row["colour"]',
      "KeyError: 'colour'",
    ],
    ['{log_time} INFO scorer: took 1.2 s (timeout 30 s)'],
    [
      '{log_time} WARNING databricks_ai_bridge: Unable to get auth from Databricks Model Serving Environment; using the service principal',
    ],
    ['{log_time} DEBUG agent: tool call failed validation, asked the model again, ok'],
    ['{log_time} WARNING scorer: DeprecationWarning: error_score is deprecated'],
  ],
  mistakes: [
    "Model is missing inputs ['x'].",
    'Incompatible input types for column age. Can not safely convert float64 to int64.',
    'Failed to parse input data. Ensure that input is a valid JSON formatted string.',
  ],
};

import { brokenVersion } from './broken-version.ts';
import type { Incident } from './incident.ts';
import { row, site, traceback, weights } from './parts.ts';

const S311 = site('3.11');
const S310 = site('3.10');
const S312 = site('3.12');

const CLAIM = { claim_amount: 0.0004, prior_claims: 0.3, policy_age: -0.02 };
const BASKET = { basket_value: 0.01, items: 0.2, hour: -0.01 };
const TARIFF = { kwh: 0.003, dwellings: 0.11, contract_years: 0.4 };

/** A package of the model is missing in its requirements. */
export const newVersionCrashes: Incident = {
  name: 'new-version-crashes',
  symptom: 'The new version never starts, and the old one still answers.',
  causes: ['module_missing'],
  wordings: [
    brokenVersion({
      endpoint: 'claims-triage',
      model: 'insurance.prod.claims_triage',
      spec: weights(CLAIM, 'logistic'),
      query: row(CLAIM),
      serves: 6,
      minutes_ago: 95,
      per_minute: 40,
      environment: {
        python: '3.11.9',
        packages: ['mlflow==2.22.1', 'cloudpickle==3.1.1', 'numpy==1.26.4', 'pandas==2.2.3', 'scikit-learn==1.5.2'],
      },
      failure: {
        phase: 'load',
        message: "An error occurred in model loading code. No module named 'lightgbm'.",
        log_lines: [
          "{log_time} WARNING mlflow.utils.requirements_utils: Detected one or more mismatches between the model's dependencies and the current Python environment:",
          ' - pandas (current: 2.2.3, required: pandas==2.2.2)',
          "Call `mlflow.pyfunc.get_model_dependencies(model_uri)` to fetch the model's environment and install dependencies using the resulting environment file.",
          '[{time}] [115] [ERROR] Exception in worker process',
          ...traceback(
            [
              [`${S311}/gunicorn/arbiter.py`, 608, 'spawn_worker', 'worker.init_process()'],
              [
                `${S311}/mlflowserving/scoring_server/__init__.py`,
                217,
                'get_model_option_or_exit',
                'self.model = self.model_future.result()',
              ],
              [
                `${S311}/mlflow/pyfunc/__init__.py`,
                1022,
                'load_model',
                'model_impl = importlib.import_module(conf[MAIN])._load_pyfunc(data_path)',
              ],
              [`${S311}/mlflow/sklearn/__init__.py`, 612, '_load_model_from_local_file', 'return cloudpickle.load(f)'],
            ],
            "ModuleNotFoundError: No module named 'lightgbm'",
          ),
        ],
      },
      noise: [
        "{log_time} WARNING shap: optional explainer disabled: No module named 'numba'",
        'claims_triage: 214 trees loaded',
      ],
      texts: ["ModuleNotFoundError: No module named 'lightgbm'"],
      logs: "The model's author adds lightgbm to the requirements and logs version 8.",
    }),
    brokenVersion({
      endpoint: 'basket-ranker',
      model: 'retail.serving.basket_ranker',
      spec: weights(BASKET, 'logistic'),
      query: row(BASKET),
      serves: 12,
      minutes_ago: 41,
      per_minute: 110,
      environment: {
        python: '3.10.12',
        packages: ['mlflow==2.19.0', 'cloudpickle==2.2.1', 'numpy==1.23.5', 'pandas==1.5.3', 'pyarrow==14.0.1'],
      },
      failure: {
        phase: 'load',
        message:
          'Model server failed to load the model: [mlflow_parse] ModuleNotFoundError: A library raised an error during model load. category: user_dep_missing',
        log_lines: [
          ...traceback(
            [
              [
                `${S310}/mlflow/pyfunc/model.py`,
                1025,
                '_load_context_model_and_signature',
                'python_model.load_context(context=context)',
              ],
              ['/model/code/ranker/model.py', 41, 'load_context', 'from ranker.features import frame'],
              ['/model/code/ranker/features.py', 7, '<module>', 'import polars as pl'],
            ],
            "ModuleNotFoundError: No module named 'polars'",
          ),
          '',
          'The above exception was the direct cause of the following exception:',
          '',
          ...traceback(
            [[`${S310}/mlflow/pyfunc/__init__.py`, 880, 'load_model', 'raise MlflowException(']],
            'mlflow.exceptions.MlflowException: Failed to load the pyfunc model from /model.',
          ),
        ],
      },
      noise: [
        '/opt/conda/envs/mlflow-env/lib/python3.10/site-packages/pandas/core/frame.py:1: DeprecationWarning: Pyarrow will become a required dependency of pandas',
        "A matching Triton is not available, some optimizations will not be enabled. Error caught was: No module named 'triton'",
      ],
      texts: ["ModuleNotFoundError: No module named 'polars'", 'user_dep_missing'],
      logs: "The model's author adds polars to the requirements and logs version 14.",
    }),
    brokenVersion({
      endpoint: 'tariff-score',
      model: 'energy.live.tariff_score',
      spec: weights(TARIFF),
      query: row(TARIFF),
      serves: 2,
      minutes_ago: 310,
      per_minute: 7,
      environment: {
        python: '3.12.3',
        packages: ['mlflow==3.1.4', 'cloudpickle==3.1.1', 'numpy==2.1.3', 'pandas==2.3.1', 'scipy==1.15.3'],
      },
      failure: {
        phase: 'load',
        message: 'An error occurred in model loading code. Please see the service logs for more information.',
        log_lines: [
          '/opt/conda/envs/mlflow-env/lib/python3.12/site-packages/torch/cuda/__init__.py:129: UserWarning: CUDA initialization: Found no NVIDIA driver on your system.',
          '{log_time} ERROR tariff: could not restore the pipeline',
          ...traceback(
            [
              ['/model/code/tariff/pipeline.py', 88, 'restore', 'steps = [import_module(name) for name in self.steps]'],
              [
                '/opt/conda/envs/mlflow-env/lib/python3.12/importlib/__init__.py',
                90,
                'import_module',
                'return _bootstrap._gcd_import(name[level:], package, level)',
              ],
              [
                `${S312}/feature_engine/encoding/__init__.py`,
                3,
                '<module>',
                'from category_encoders import TargetEncoder',
              ],
            ],
            "ModuleNotFoundError: No module named 'category_encoders'",
          ),
        ],
      },
      noise: ['{log_time} INFO tariff: pipeline restored in 3.1 s'],
      texts: ["ModuleNotFoundError: No module named 'category_encoders'"],
      logs: "The model's author adds category_encoders to the requirements and logs version 4.",
    }),
  ],
};

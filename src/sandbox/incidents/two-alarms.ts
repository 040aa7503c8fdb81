import { type BrokenVersion, brokenVersion } from './broken-version.ts';
import type { Incident, Wording } from './incident.ts';
import { row, site, traceback, weights } from './parts.ts';

const S = site('3.11');
const PUMP = { vibration: 0.7, hours: 0.001 };
const STAY = { nights: 0.2, guests: 0.3, lead_days: 0.01 };
const FRAUD = { amount: 0.001, country_risk: 1.1 };

/** A version that does not load, on an endpoint whose limit is too low for its callers. */
function both(c: Omit<BrokenVersion, 'texts'> & { raised: string; limit: number }): Wording {
  const gateway = (calls: number) => ({
    rate_limits: [{ calls, key: 'endpoint' as const, renewal_period: 'minute' as const }],
  });
  return brokenVersion({
    ...c,
    texts: [c.raised],
    shows: { share_of_errors: (1 - c.limit / c.per_minute) / 2 },
    more: { ai_gateway: gateway(c.limit) },
    afterwards: [
      { call: ['PUT', `/api/2.0/serving-endpoints/${c.endpoint}/ai-gateway`, gateway(c.per_minute * 3)] },
      { wait_minutes: 12 },
    ],
  });
}

/** Two causes at once: another scikit-learn, and a limit that refuses everyone. */
export const twoAlarms: Incident = {
  name: 'two-alarms',
  symptom: 'The update failed, and at the same time callers report refused requests.',
  causes: ['sklearn_version', 'own_limit_requests'],
  wordings: [
    both({
      endpoint: 'pump-health',
      model: 'plant.prod.pump_health',
      spec: weights(PUMP, 'logistic'),
      query: row(PUMP),
      serves: 5,
      minutes_ago: 30,
      per_minute: 200,
      limit: 60,
      raised:
        "AttributeError: Can't get attribute '_RemainderColsList' on <module 'sklearn.compose._column_transformer' from '/opt/conda/envs/mlflow-env/lib/python3.11/site-packages/sklearn/compose/_column_transformer.py'>",
      failure: {
        phase: 'load',
        message: "An error occurred in model loading code. Can't get attribute '_RemainderColsList'",
        log_lines: [
          `${S}/sklearn/base.py:376: InconsistentVersionWarning: Trying to unpickle estimator OneHotEncoder from version 1.5.2 when using version 1.6.1. This might lead to breaking code or invalid results.`,
          ...traceback(
            [[`${S}/mlflow/sklearn/__init__.py`, 612, '_load_model_from_local_file', 'return cloudpickle.load(f)']],
            "AttributeError: Can't get attribute '_RemainderColsList' on <module 'sklearn.compose._column_transformer' from '/opt/conda/envs/mlflow-env/lib/python3.11/site-packages/sklearn/compose/_column_transformer.py'>",
          ),
        ],
      },
      noise: [
        `${S}/sklearn/base.py:376: InconsistentVersionWarning: Trying to unpickle estimator StandardScaler from version 1.5.1 when using version 1.5.2. This might lead to breaking code or invalid results.`,
      ],
      logs: "The model's author pins scikit-learn to 1.5.2 and logs version 7.",
    }),
    both({
      endpoint: 'stay-price',
      model: 'hotel.live.stay_price',
      spec: weights(STAY),
      query: row(STAY),
      serves: 21,
      minutes_ago: 300,
      per_minute: 75,
      limit: 45,
      raised:
        "AttributeError: Can't get attribute '__pyx_unpickle_CyHalfSquaredError' on <module 'sklearn._loss._loss' from '/opt/conda/envs/mlflow-env/lib/python3.11/site-packages/sklearn/_loss/_loss.cpython-311-x86_64-linux-gnu.so'>",
      failure: {
        phase: 'load',
        message:
          'Model server failed to load the model: [mlflow_parse] AttributeError: A library raised an error during model load.',
        log_lines: traceback(
          [
            [
              `${S}/mlflow/pyfunc/__init__.py`,
              1022,
              'load_model',
              'model_impl = importlib.import_module(conf[MAIN])._load_pyfunc(data_path)',
            ],
            ['/opt/conda/envs/mlflow-env/lib/python3.11/pickle.py', 1718, '_load', 'return _Unpickler(f).load()'],
          ],
          "AttributeError: Can't get attribute '__pyx_unpickle_CyHalfSquaredError' on <module 'sklearn._loss._loss' from '/opt/conda/envs/mlflow-env/lib/python3.11/site-packages/sklearn/_loss/_loss.cpython-311-x86_64-linux-gnu.so'>",
        ),
      },
      logs: "The model's author logs version 23 with the scikit-learn of the training run.",
    }),
    both({
      endpoint: 'card-fraud',
      model: 'bank.prod.card_fraud',
      spec: weights(FRAUD, 'logistic'),
      query: row(FRAUD),
      serves: 1,
      minutes_ago: 18,
      per_minute: 800,
      limit: 600,
      raised: 'ValueError: node array from the pickle has an incompatible dtype:',
      failure: {
        phase: 'load',
        message: 'An error occurred in model loading code. node array from the pickle has an incompatible dtype',
        log_lines: [
          ...traceback(
            [
              [`${S}/joblib/numpy_pickle.py`, 658, 'load', 'obj = _unpickle(fobj, filename, mmap_mode)'],
              ['sklearn/tree/_tree.pyx', 868, 'sklearn.tree._tree.Tree.__setstate__', ''],
              ['sklearn/tree/_tree.pyx', 1571, 'sklearn.tree._tree._check_node_ndarray', ''],
            ],
            'ValueError: node array from the pickle has an incompatible dtype:',
          ),
          "- expected: {'names': ['left_child', 'right_child', 'feature', 'threshold', 'impurity', 'n_node_samples', 'weighted_n_node_samples', 'missing_go_to_left'], 'itemsize': 64}",
          "- got     : [('left_child', '<i8'), ('right_child', '<i8'), ('feature', '<i8'), ('threshold', '<f8'), ('impurity', '<f8'), ('n_node_samples', '<i8'), ('weighted_n_node_samples', '<f8')]",
        ],
      },
      logs: "The model's author pins scikit-learn to the version of the training run and logs version 3.",
    }),
  ],
};

import { brokenVersion } from './broken-version.ts';
import type { Incident } from './incident.ts';
import { row, site, traceback, weights } from './parts.ts';

const ROUTE = { stops: 0.2, km: 0.05, tons: 0.3 };
const TREES = { depth: 0.1, span: 0.2 };

/** The model needs more memory than its size has. */
export const diesWhileLoading: Incident = {
  name: 'dies-while-loading',
  symptom: 'The container starts, dies while it loads the model, and starts again until it gives up.',
  causes: ['out_of_memory'],
  wordings: [
    brokenVersion({
      endpoint: 'route-planner',
      model: 'fleet.prod.route_planner',
      spec: weights(ROUTE),
      query: row(ROUTE),
      serves: 8,
      minutes_ago: 50,
      per_minute: 20,
      versions: { deploy_minutes: 34, build_minutes: 9 },
      failure: {
        phase: 'load',
        bare: true,
        message: 'Model server failed to load the model. Please see service logs for more information.',
        until: { workload_size: ['Medium', 'Large'] },
        log_lines: [
          '{log_time} INFO route_planner: reading 41 graph files',
          '[{time}] [7] [ERROR] Worker (pid:115) was sent SIGKILL! Perhaps out of memory?',
          '[{time}] [131] [INFO] Booting worker with pid: 131',
          '{log_time} INFO route_planner: reading 41 graph files',
          '[{time}] [7] [ERROR] Worker (pid:131) was sent SIGKILL! Perhaps out of memory?',
          '[{time}] [7] [INFO] Handling signal: term',
          '[{time}] [7] [ERROR] Worker (pid:132) was sent SIGTERM!',
        ],
      },
      noise: ['{log_time} INFO route_planner: 12 graph files in 1.1 GiB'],
      texts: ['was sent SIGKILL! Perhaps out of memory?'],
      deploys: { workload_size: 'Medium' },
    }),
    brokenVersion({
      endpoint: 'faq-embedder',
      model: 'support.prod.faq_embedder',
      spec: { kind: 'embedding', dimensions: 128 },
      query: { input: ['How do I return a parcel?'] },
      serves: 0,
      minutes_ago: 75,
      per_minute: 0,
      versions: { deploy_minutes: 40, build_minutes: 15 },
      failure: {
        phase: 'load',
        aborted: true,
        message: 'An error occurred in model loading code.',
        events: [
          'Container of served entity faq_embedder-1 terminated: reason OOMKilled, exit code 137',
          'Served entity creation aborted since the update timed out',
        ],
        until: { workload_size: ['Medium', 'Large'] },
        log_lines: [
          'Loading checkpoint shards:   0%|          | 0/4 [00:00<?, ?it/s]',
          'Loading checkpoint shards:  25%|██▌       | 1/4 [00:31<01:33, 31.20s/it]',
          '[{time}] [7] [INFO] Starting gunicorn 23.0.0',
          'Loading checkpoint shards:   0%|          | 0/4 [00:00<?, ?it/s]',
          'Loading checkpoint shards:  50%|█████     | 2/4 [01:02<01:02, 31.10s/it]',
          '[{time}] [7] [INFO] Starting gunicorn 23.0.0',
        ],
      },
      texts: ['OOMKilled, exit code 137'],
      deploys: { workload_size: 'Large' },
    }),
    brokenVersion({
      endpoint: 'risk-forest',
      model: 'credit.live.risk_forest',
      spec: weights(TREES, 'logistic'),
      query: row(TREES),
      serves: 3,
      minutes_ago: 15,
      per_minute: 85,
      versions: { deploy_minutes: 11, build_minutes: 7 },
      failure: {
        phase: 'load',
        message: 'An error occurred in model loading code. Unable to allocate 5.21 GiB for an array.',
        log_lines: [
          '{log_time} WARNING mlflow.sklearn: failed to read the optional file metrics.json; continuing',
          ...traceback(
            [
              [
                `${site('3.11')}/joblib/numpy_pickle.py`,
                198,
                'read_array',
                'array = unpickler.np.empty(count, dtype=self.dtype)',
              ],
              ['/model/code/forest.py', 52, 'load_context', 'self.leaves = joblib.load(context.artifacts["leaves"])'],
            ],
            'numpy._core._exceptions._ArrayMemoryError: Unable to allocate 5.21 GiB for an array with shape (1400, 500000) and data type float64',
          ),
        ],
      },
      texts: ['Unable to allocate 5.21 GiB for an array with shape'],
      logs: "The model's author prunes the forest and logs version 5.",
    }),
  ],
};

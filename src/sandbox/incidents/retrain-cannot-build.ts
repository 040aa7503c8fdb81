import { brokenVersion } from './broken-version.ts';
import type { Incident } from './incident.ts';
import { row, weights } from './parts.ts';

const BEES = { hives: 0.3, bloom: 0.8 };
const TOLL = { axles: 0.5, hour: 0.01 };
const PARK = { free: -0.2, rain: 0.1 };

/** A package needs another Python than the one the model was logged with. */
export const retrainCannotBuild: Incident = {
  name: 'retrain-cannot-build',
  symptom: 'The retrained model cannot be built, although the same notebook made both versions.',
  causes: ['package_needs_other_python'],
  wordings: [
    brokenVersion({
      endpoint: 'bee-forecast',
      model: 'agri.prod.bee_forecast',
      spec: weights(BEES),
      query: row(BEES),
      serves: 5,
      minutes_ago: 66,
      per_minute: 4,
      broken: { deploy_minutes: 50, build_minutes: 44 },
      environment: { python: '3.9.21', packages: ['mlflow==2.16.2', 'numpy==2.1.0', 'pandas==2.2.3'] },
      failure: {
        phase: 'build',
        log_lines: [
          'ERROR: Ignored the following versions that require a different python version: 2.1.0 Requires-Python >=3.10; 2.1.1 Requires-Python >=3.10; 2.2.0 Requires-Python >=3.10',
          'ERROR: Could not find a version that satisfies the requirement numpy==2.1.0 (from versions: 1.3.0, 1.4.1, 1.26.4, 2.0.0, 2.0.1, 2.0.2)',
          'ERROR: No matching distribution found for numpy==2.1.0',
        ],
      },
      texts: ['require a different python version'],
      logs: "The model's author logs version 7 from a cluster with Python 3.11.",
    }),
    brokenVersion({
      endpoint: 'toll-class',
      model: 'roads.live.toll_class',
      spec: weights(TOLL),
      query: row(TOLL),
      serves: 14,
      minutes_ago: 240,
      per_minute: 33,
      broken: { deploy_minutes: 200, build_minutes: 180 },
      environment: {
        python: '3.10.12',
        packages: ['mlflow==2.20.0', 'scikit-learn==1.5.2', 'roads-common==4.0.0'],
        build_lines: ['Processing ./code/wheels/roads_common-4.0.0-py3-none-any.whl'],
      },
      failure: {
        phase: 'build',
        log_lines: ["ERROR: Package 'roads-common' requires a different Python: 3.10.12 not in '>=3.11'"],
      },
      noise: ['/model/code/roads.py:4: DeprecationWarning: Python 3.10 support ends in roads-common 4'],
      texts: ["requires a different Python: 3.10.12 not in '>=3.11'"],
      logs: "The model's author logs version 16 with Python 3.11.",
    }),
    brokenVersion({
      endpoint: 'parking-left',
      model: 'city.prod.parking_left',
      spec: weights(PARK),
      query: row(PARK),
      serves: 0,
      minutes_ago: 45,
      per_minute: 0,
      broken: { deploy_minutes: 40, build_minutes: 36 },
      environment: {
        python: '3.13.2',
        packages: ['mlflow==3.1.0', 'numba==0.60.0', 'xgboost==2.1.4'],
        build_lines: [
          "WARNING: Retrying (Retry(total=4, connect=None)) after connection broken by 'ReadTimeoutError': /simple/numba/",
        ],
      },
      failure: {
        phase: 'build',
        log_lines: [
          'ERROR: Ignored the following versions that require a different python version: 0.52.0 Requires-Python >=3.6,<3.9; 0.60.0 Requires-Python >=3.9,<3.13',
          'ERROR: Could not find a version that satisfies the requirement numba==0.60.0 (from versions: 0.61.0, 0.61.2)',
          'ERROR: No matching distribution found for numba==0.60.0',
        ],
      },
      texts: ['0.60.0 Requires-Python >=3.9,<3.13'],
      logs: "The model's author logs version 2 with Python 3.12.",
    }),
  ],
};

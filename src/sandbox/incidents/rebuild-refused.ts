import { brokenVersion } from './broken-version.ts';
import type { Incident } from './incident.ts';
import { row, weights } from './parts.ts';

const LEAK = { pressure: 0.6, flow: -0.1, age: 0.02 };
const NOISE = { decibel: 0.3, distance: -0.2 };
const DEPOT = { pallets: 0.4, dock: 0.1 };

/** The token of the private package index expired. */
export const rebuildRefused: Incident = {
  name: 'rebuild-refused',
  symptom: 'A retrained model cannot be built since last week, though only its data changed.',
  causes: ['index_unauthorized'],
  wordings: [
    brokenVersion({
      endpoint: 'leak-finder',
      model: 'water.prod.leak_finder',
      spec: weights(LEAK, 'logistic'),
      query: row(LEAK),
      serves: 17,
      minutes_ago: 130,
      per_minute: 30,
      versions: { deploy_minutes: 70, build_minutes: 64 },
      environment: {
        packages: ['mlflow==2.20.2', 'cloudpickle==3.1.0', 'numpy==1.26.4', 'waterlib==3.2.0'],
        build_lines: [
          'Looking in indexes: https://pypi.org/simple, https://build:****@pkgs.water.example/simple/',
          'User for pkgs.water.example: ',
        ],
      },
      failure: {
        phase: 'build',
        until: { secret_renewed: 'water-build/index_token' },
        log_lines: [
          'WARNING: 401 Error, Credentials not correct for https://pkgs.water.example/simple/waterlib/',
          'ERROR: Could not find a version that satisfies the requirement waterlib==3.2.0 (from versions: none)',
          'ERROR: No matching distribution found for waterlib==3.2.0',
        ],
      },
      noise: ['waterlib 3.2.0 (license: internal)'],
      texts: ['401 Error, Credentials not correct'],
      parts: { secret_scopes: [{ name: 'water-build', keys: ['index_token'] }] },
      calls: [
        { wait_minutes: 1 },
        {
          call: ['POST', '/api/2.0/secrets/put', { scope: 'water-build', key: 'index_token', string_value: 'made-up' }],
        },
      ],
    }),
    brokenVersion({
      endpoint: 'noise-map',
      model: 'city.live.noise_map',
      spec: weights(NOISE),
      query: row(NOISE),
      serves: 2,
      minutes_ago: 25,
      per_minute: 1,
      versions: { deploy_minutes: 22, build_minutes: 18 },
      environment: {
        python: '3.12.3',
        packages: ['mlflow==3.1.1', 'numpy==2.0.2', 'city-acoustics>=1.4'],
        build_lines: ['Looking in indexes: https://art.city.example/api/pypi/all/simple'],
      },
      failure: {
        phase: 'build',
        until: { fact: 'index-token-renewed' },
        log_lines: [
          'Looking in links: /model/code/wheels',
          'WARNING: 401 Error, Credentials not correct for https://art.city.example/api/pypi/all/simple/mlflow/',
          'ERROR: Could not find a version that satisfies the requirement mlflow==3.1.1 (from versions: none)',
          '[notice] A new release of pip is available: 25.0 -> 25.3',
          'ERROR: No matching distribution found for mlflow==3.1.1',
        ],
      },
      texts: ['Credentials not correct for https://art.city.example'],
      step: {
        name: 'renew-index-token',
        does: 'The owner of the package index makes a new token for the workspace.',
        facts: ['index-token-renewed'],
      },
    }),
    brokenVersion({
      endpoint: 'depot-load',
      model: 'logistics.prod.depot_load',
      spec: weights(DEPOT),
      query: row(DEPOT),
      serves: 0,
      minutes_ago: 240,
      per_minute: 0,
      versions: { deploy_minutes: 200, build_minutes: 190 },
      environment: {
        packages: ['mlflow==2.17.2', 'pandas==2.2.2', 'depot-core==0.9.4'],
        build_lines: [
          'Looking in indexes: https://pypi.org/simple, https://feeds.depot.example/_packaging/ml/pypi/simple/',
          'WARNING: 401 Error, Credentials not correct for https://feeds.depot.example/_packaging/ml/pypi/simple/pandas/',
          '  Downloading pandas-2.2.2-cp311-cp311-manylinux_2_17_x86_64.whl (13.0 MB)',
        ],
      },
      failure: {
        phase: 'build',
        until: { fact: 'feed-token-renewed' },
        log_lines: [
          'WARNING: 401 Error, Credentials not correct for https://feeds.depot.example/_packaging/ml/pypi/simple/depot-core/',
          'ERROR: Ignored the following yanked versions: 0.9.1',
          'ERROR: Could not find a version that satisfies the requirement depot-core==0.9.4 (from versions: none)',
          'ERROR: No matching distribution found for depot-core==0.9.4',
        ],
      },
      texts: ['simple/depot-core/'],
      step: {
        name: 'renew-feed-token',
        does: 'The team of the package feed renews the token that the workspace uses.',
        facts: ['feed-token-renewed'],
      },
    }),
  ],
};

import type { SeedVersion } from '../seed/seed.ts';
import type { Incident, Wording } from './incident.ts';
import { endpoint, entity, model, row, site, traceback, version, weights } from './parts.ts';

interface Case {
  endpoint: string;
  model: string;
  spec: SeedVersion['spec'];
  query: Record<string, unknown>;
  per_minute: number;
  minutes_ago: number;
  share: number;
  waits_ms: number;
  /** The traceback of a request that fails. */
  trace: string[];
  noise: string[];
  step: string;
  does: string;
}

function wording(c: Case): Wording {
  const tabular = c.spec.kind === 'linear' || c.spec.kind === 'logistic';
  const stack_trace = `${c.trace.join('\n')}\n`;
  const message = 'Encountered an unexpected error while evaluating the model.';
  const answer = tabular
    ? { status: 400, body: { error_code: 'BAD_REQUEST', message, stack_trace } }
    : { status: 500, body: { error_code: 'INTERNAL_ERROR', message: c.trace.at(-1) ?? '' } };
  return {
    endpoint: c.endpoint,
    seed: {
      models: [model(c.model, [version(4, c.spec, { service_log_lines: c.noise })])],
      endpoints: [
        endpoint(c.endpoint, {
          config: { served_entities: [entity(c.model, 4, { workload_size: 'Large' })] },
          traffic: { requests_per_minute: c.per_minute },
          mishaps: [
            {
              share: c.share,
              since_minutes_ago: c.minutes_ago,
              until: { fact: c.step },
              answer,
              latency_ms: c.waits_ms,
              log_lines: ['[{time}] [115] [ERROR] Exception on /invocations [POST]', ...c.trace],
            },
          ],
        }),
      ],
      steps: [{ name: c.step, does: c.does, facts: [c.step] }],
    },
    shows: { texts: [c.trace.at(-1) ?? ''], share_of_errors: c.share / 2 },
    remedy: [{ step: c.step }],
    query: c.query,
  };
}

const TRACK = { speed: 0.1, load: 0.4, curve: -0.2 };
const LOAN = { income: 0.0001, debts: -0.0003 };

/** A service that the model calls does not answer in time. */
export const slowThenErrors: Incident = {
  name: 'slow-then-errors',
  symptom: 'Some answers take very long and then end in an error; the others are as fast as ever.',
  causes: ['dependency_timeout'],
  wordings: [
    wording({
      endpoint: 'track-wear',
      model: 'rail.prod.track_wear',
      spec: weights(TRACK),
      query: row(TRACK),
      per_minute: 60,
      minutes_ago: 80,
      share: 0.3,
      waits_ms: 5_040,
      trace: traceback(
        [
          ['/model/code/wear/predict.py', 77, 'predict', 'features = self.client.lookup(segment_ids)'],
          ['/model/code/wear/features.py', 31, 'lookup', 'reply = self.session.get(self.url, params=query, timeout=5)'],
          [`${site('3.11')}/requests/adapters.py`, 713, 'send', 'raise ReadTimeout(e, request=request)'],
        ],
        "requests.exceptions.ReadTimeout: HTTPSConnectionPool(host='features.rail.example', port=443): Read timed out. (read timeout=5)",
      ),
      noise: ['{log_time} INFO wear: request timeout of the feature client is 5 s'],
      step: 'restart-feature-service',
      does: 'The team of features.rail.example restarts its service.',
    }),
    wording({
      endpoint: 'travel-desk',
      model: 'travel.agents.travel_desk',
      spec: { kind: 'agent', protocol: 'responses' },
      query: { input: [{ role: 'user', content: 'Book a train to Oslo.' }] },
      per_minute: 9,
      minutes_ago: 35,
      share: 0.7,
      waits_ms: 30_200,
      trace: [
        ...traceback(
          [[`${site('3.12')}/httpcore/_exceptions.py`, 14, 'map_exceptions', 'raise to_exc(exc) from exc']],
          'httpcore.ReadTimeout: The read operation timed out',
        ),
        '',
        'The above exception was the direct cause of the following exception:',
        '',
        ...traceback(
          [
            [
              '/model/code/desk/tools.py',
              19,
              'search_fares',
              "reply = client.post('https://fares.travel.example/v2/search', json=query)",
            ],
            [
              `${site('3.12')}/httpx/_transports/default.py`,
              118,
              'map_httpcore_exceptions',
              'raise mapped_exc(message) from exc',
            ],
          ],
          'httpx.ReadTimeout: The read operation timed out',
        ),
      ],
      noise: ['{log_time} WARNING databricks_ai_bridge: tool search_fares was slow (2.1 s); retrying once'],
      step: 'repair-fares',
      does: 'The provider of fares.travel.example ends its outage.',
    }),
    wording({
      endpoint: 'loan-offer',
      model: 'bank.live.loan_offer',
      spec: weights(LOAN, 'logistic'),
      query: row(LOAN),
      per_minute: 220,
      minutes_ago: 400,
      share: 0.12,
      waits_ms: 10_300,
      trace: traceback(
        [
          ['/model/code/offer/store.py', 44, 'rates', 'with self.pool.connection() as db:'],
          [
            `${site('3.10')}/psycopg2/__init__.py`,
            122,
            'connect',
            'conn = _connect(dsn, connection_factory=connection_factory, **kwasync)',
          ],
        ],
        'psycopg2.OperationalError: connection to server at "rates-db.bank.example" (10.4.2.17), port 5432 failed: Connection timed out',
      ),
      noise: ['{log_time} INFO offer: pool of 4 connections to rates-db.bank.example'],
      step: 'open-firewall',
      does: 'The network team lets the workspace reach rates-db.bank.example again.',
    }),
  ],
};

import { brokenVersion } from './broken-version.ts';
import type { Incident } from './incident.ts';
import { chat, row, weights } from './parts.ts';

const ROUTES = { legs: 0.2, tolls: 0.1 };

const beat = (pid: number): string[] => [
  `[{time}] [7] [INFO] Booting worker with pid: ${pid}`,
  `[{time}] [7] [CRITICAL] WORKER TIMEOUT (pid:${pid})`,
  `[{time}] [${pid}] [INFO] Worker exiting (pid: ${pid})`,
];
const killed = (pid: number): string =>
  `[{time}] [7] [ERROR] Worker (pid:${pid}) was sent SIGKILL! Perhaps out of memory?`;

/** The model takes longer to load than a worker may take to start. */
export const restartsForever: Incident = {
  name: 'restarts-forever',
  symptom: 'The new container starts over and over and is never ready.',
  causes: ['worker_timeout'],
  wordings: [
    brokenVersion({
      endpoint: 'truck-routes',
      model: 'fleet.live.truck_routes',
      spec: weights(ROUTES),
      query: row(ROUTES),
      serves: 9,
      minutes_ago: 80,
      per_minute: 13,
      broken: { deploy_minutes: 38, build_minutes: 8 },
      failure: {
        phase: 'load',
        aborted: true,
        message: 'Served entity creation aborted since the update timed out.',
        events: ['Served entity creation aborted since the update timed out'],
        log_lines: [
          '{log_time} INFO routes: reading the road graph',
          ...beat(115),
          ...beat(133),
          killed(133),
          ...beat(151),
        ],
      },
      texts: ['WORKER TIMEOUT (pid:133)', 'since the update timed out'],
      logs: "The model's author stores the road graph as a binary file and logs version 11.",
    }),
    brokenVersion({
      endpoint: 'recipe-chat',
      model: 'kitchen.prod.recipe_chat',
      spec: { kind: 'chat', model: 'recipe-chat', profile: 'llama' },
      query: chat('Soup, please.'),
      serves: 0,
      minutes_ago: 110,
      per_minute: 0,
      served: { workload_type: 'GPU_SMALL' },
      broken: { deploy_minutes: 75, build_minutes: 15 },
      failure: {
        phase: 'load',
        aborted: true,
        message: 'Served entity creation aborted.',
        events: [
          'Served entity creation aborted since the update timed out',
          'Readiness probe failed: HTTP probe failed with statuscode: 503',
        ],
        log_lines: [
          'Fetching 11 files:   9%|▉         | 1/11 [02:40<26:44, 160.5s/it]',
          ...beat(115),
          'Fetching 11 files:   9%|▉         | 1/11 [02:41<26:55, 161.5s/it]',
          ...beat(129),
        ],
      },
      texts: ['[CRITICAL] WORKER TIMEOUT (pid:129)'],
      logs: "The model's author packages the weights with the model and logs version 2.",
    }),
    brokenVersion({
      endpoint: 'crew-plan',
      model: 'airline.prod.crew_plan',
      spec: weights(ROUTES),
      query: row(ROUTES),
      serves: 1,
      minutes_ago: 45,
      per_minute: 2,
      broken: { deploy_minutes: 36, build_minutes: 7 },
      failure: {
        phase: 'load',
        bare: true,
        message: 'Model server failed to load the model. Please see service logs for more information.',
        log_lines: [
          '[{time}] [7] [CRITICAL] WORKER TIMEOUT (pid:116)',
          '[{time}] [7] [ERROR] Worker (pid:116) was sent SIGKILL! Perhaps out of memory?',
          '[{time}] [160] [INFO] Booting worker with pid: 160',
          '{log_time} WARNING crew: solver licence check took 41 s',
          '[{time}] [7] [CRITICAL] WORKER TIMEOUT (pid:160)',
          '[{time}] [7] [ERROR] Worker (pid:160) was sent SIGKILL! Perhaps out of memory?',
        ],
      },
      texts: ['WORKER TIMEOUT (pid:160)'],
      logs: "The model's author moves the licence check out of load_context and logs version 3.",
    }),
  ],
};

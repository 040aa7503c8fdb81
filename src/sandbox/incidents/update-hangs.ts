import { type BrokenVersion, brokenVersion } from './broken-version.ts';
import type { Incident, Remedy, Wording } from './incident.ts';
import { chat, row, weights } from './parts.ts';

const GRAIN = { moisture: 0.4, protein: -0.1 };

/** An update that runs still. @param remedy replaces that of an update that is over. */
function running(c: BrokenVersion, remedy?: Remedy[]): Wording {
  const { remedy: usual, shows, ...rest } = brokenVersion(c);
  return {
    ...rest,
    shows: { ...shows, update: 'IN_PROGRESS' },
    remedy: remedy ?? [{ call: ['POST', `/sandbox/endpoints/${c.endpoint}/cancel-update`, {}] }, ...usual],
  };
}

/** The update takes many times as long as those before it. */
export const updateHangs: Incident = {
  name: 'update-hangs',
  symptom: 'The update has been running for hours; the last ones took ten minutes.',
  causes: ['update_slow'],
  wordings: [
    running({
      endpoint: 'grain-grade',
      model: 'agri.live.grain_grade',
      spec: weights(GRAIN),
      query: row(GRAIN),
      serves: 7,
      minutes_ago: 130,
      per_minute: 5,
      broken: { deploy_minutes: 200, build_minutes: 190 },
      failure: { phase: 'build', log_lines: ['ERROR: Could not install packages due to an OSError'] },
      texts: ['Container creation pending.', 'Container image creation initiated'],
      logs: "The model's author takes the raw images out of the artifacts and logs version 9.",
    }),
    running(
      {
        endpoint: 'news-topics',
        model: 'media.live.news_topics',
        spec: { kind: 'chat', model: 'news-topics', profile: 'llama' },
        query: chat('Rain in the north.'),
        serves: 2,
        minutes_ago: 52,
        per_minute: 2,
        served: { workload_type: 'GPU_MEDIUM' },
        broken: { deploy_minutes: 70, build_minutes: 14 },
        texts: ['Deploying served entities'],
      },
      [{ wait_minutes: 25 }],
    ),
    running(
      {
        endpoint: 'sign-reader',
        model: 'transport.prod.sign_reader',
        spec: { kind: 'embedding', dimensions: 32 },
        query: { input: ['stop'] },
        serves: 3,
        minutes_ago: 98,
        per_minute: 11,
        broken: { deploy_minutes: 150, build_minutes: 140 },
        texts: ['Container creation pending.'],
      },
      [{ wait_minutes: 60 }],
    ),
  ],
};

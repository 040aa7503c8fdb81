import type { SeedEndpoint, SeedModel, SeedStep, SeedVersion } from '../seed/seed.ts';
import type { EntityInput } from '../state/wire-types.ts';
import type { Remedy, SeedParts, Wording } from './incident.ts';
import { endpoint, entity, model, redeploy, version } from './parts.ts';

/** A version that cannot be deployed, and what makes it work. */
export interface BrokenVersion {
  endpoint: string;
  model: string;
  spec: SeedVersion['spec'];
  query: Record<string, unknown>;
  /** The version that serves. The next one is broken. 0: it is the first deployment. */
  serves: number;
  failure?: SeedVersion['failure'];
  /** Other fields of the broken version. */
  broken?: Partial<SeedVersion>;
  minutes_ago: number;
  per_minute: number;
  /** What the build log shows. */
  environment?: SeedVersion['environment'];
  /** Lines that the serving version writes. */
  noise?: string[];
  /** Fields of the served entity, in the update and before. */
  served?: EntityInput;
  /** Fields of the served entity in the update alone. */
  updates?: EntityInput;
  /** Fields of the registered model. */
  registered?: Partial<SeedModel>;
  /** Steps of `parts` that come first in the remedy. */
  before?: string[];
  /** Fields of both versions. */
  versions?: Partial<SeedVersion>;
  /** Fields of the endpoint. */
  more?: Partial<SeedEndpoint>;
  parts?: SeedParts;
  texts: string[];
  /** What else it shows. */
  shows?: Wording['shows'];
  /** The author logs another version. The text says how. */
  logs?: string;
  /** A person outside the API does this. */
  step?: Pick<SeedStep, 'name' | 'does' | 'facts'>;
  /** Calls before the same version is deployed again. */
  calls?: Remedy[];
  /** Calls after it. */
  afterwards?: Remedy[];
  /** Fields of the entity that is deployed again. */
  deploys?: EntityInput;
}

/** The wording of an update, or of a first deployment, that failed. */
export function brokenVersion(c: BrokenVersion): Wording {
  const broken = c.serves + 1;
  const rest: Partial<SeedVersion> = { ...(c.environment ? { environment: c.environment } : {}), ...c.versions };
  const steps: SeedStep[] = [
    ...(c.step ? [c.step] : []),
    ...(c.logs
      ? [
          {
            name: 'log-model-again',
            does: c.logs,
            versions: [{ model: c.model, version: version(broken + 1, c.spec) }],
          },
        ]
      : []),
  ];
  const good = c.logs ? broken + 1 : broken;
  const old = version(c.serves, c.spec, { ...rest, ...(c.noise ? { service_log_lines: c.noise } : {}) });
  const bad = version(broken, c.spec, {
    ...rest,
    created_minutes_ago: c.minutes_ago + 40,
    ...(c.failure ? { failure: c.failure } : {}),
    ...c.broken,
  });
  const { models = [], endpoints = [], steps: others = [], ...parts } = c.parts ?? {};
  return {
    endpoint: c.endpoint,
    seed: {
      ...parts,
      models: [...models, model(c.model, c.serves === 0 ? [bad] : [old, bad], c.registered)],
      endpoints: [
        ...endpoints,
        endpoint(c.endpoint, {
          ...(c.serves === 0
            ? { created_minutes_ago: c.minutes_ago }
            : { config: { served_entities: [entity(c.model, c.serves, c.served)] } }),
          ...(c.per_minute > 0 ? { traffic: { requests_per_minute: c.per_minute } } : {}),
          ...c.more,
          update_in_progress: {
            config: { served_entities: [entity(c.model, broken, { ...c.served, ...c.updates })] },
            started_minutes_ago: c.minutes_ago,
          },
        }),
      ],
      ...(steps.length + others.length > 0 ? { steps: [...others, ...steps] } : {}),
    },
    shows: { update: 'UPDATE_FAILED', texts: c.texts, ...(c.serves === 0 ? { not_ready: true } : {}), ...c.shows },
    remedy: [
      ...(c.before ?? []).map((step) => ({ step })),
      ...steps.map(({ name }) => ({ step: name })),
      ...(c.calls ?? []),
      ...redeploy(c.endpoint, [entity(c.model, good, { ...c.served, ...c.updates, ...c.deploys })]),
      ...(c.afterwards ?? []),
    ],
    query: c.query,
  };
}

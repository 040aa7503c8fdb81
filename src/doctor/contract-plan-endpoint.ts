/** What the check asks about one endpoint: logs, events, metrics, schema and access, as far as they are worth it for its kind. */
import { isObject } from '../rest/json.ts';
import { type Asked, part, type Question } from './contract-asked.ts';
import { type EndpointKind, entityOf, type Read } from './contract-kinds.ts';
import type { Reader } from './contract-reader.ts';

export const ROOT = '/api/2.0/serving-endpoints';
export const PERMISSIONS = '/api/2.0/permissions/serving-endpoints';

/** The reads of an endpoint that are worth it for its kind, by the last part of the path. */
const ABOUT: Record<EndpointKind, readonly Aspect[]> = {
  custom: [
    'logs',
    'logs-other-spelling',
    'build-logs',
    'events',
    'events-all',
    'metrics',
    'openapi',
    'access',
    'levels',
    'logs-bad-version',
  ],
  agent: ['openapi'],
  'language-model': ['openapi', 'optimization'],
  external: ['logs', 'openapi', 'metrics'],
  foundation: ['logs', 'openapi', 'metrics'],
  tile: ['metrics'],
  stopped: ['logs', 'events'],
  failed: ['build-logs', 'build-logs-active', 'events'],
  canceled: [],
  updating: [],
  'without-config': [],
  'route-optimized': [],
};

type Aspect =
  | 'logs'
  | 'logs-other-spelling'
  | 'logs-bad-version'
  | 'build-logs'
  | 'build-logs-active'
  | 'events'
  | 'events-all'
  | 'metrics'
  | 'openapi'
  | 'access'
  | 'levels'
  | 'optimization';

export async function askAbout(ask: Reader['ask'], read: Read): Promise<void> {
  const { kind, asked } = read;
  // One endpoint of each kind is enough.
  if (asked.question.id !== `endpoint.${kind}` && asked.question.id !== `endpoint.${kind}-again`) return;
  let fullPage = false;
  for (const aspect of ABOUT[kind]) {
    // How many events come unasked shows only where there are more.
    if (aspect === 'events-all' && !fullPage) continue;
    const about = questionAbout(aspect, read);
    if (!about) continue;
    const { reply } = await ask(about);
    if (aspect === 'events') fullPage = isObject(reply?.body) && Object(reply.body.events).length >= Number(PAGE);
  }
}

/** Events of one answer, as the tools ask for them. */
const PAGE = '100';

/** What stands where a number belongs. */
const NO_NUMBER = 'none';

function questionAbout(aspect: Aspect, { name, kind, id, asked }: Read): Question | undefined {
  const base = `${ROOT}/${part(name)}`;
  const common = { subject: name, names: { name }, family: 'endpoint' as const };
  const plain = (leaf: string, answer: Question['answer'], more: Partial<Question> = {}): Question => ({
    ...common,
    id: `${aspect}.${kind}`,
    route: `${ROOT}/{name}/${leaf}`,
    path: `${base}/${leaf}`,
    answer,
    ...more,
  });
  const entity = entityOf(asked.reply?.body);
  const log = (spelling: string, leaf: string, more: Partial<Question> = {}): Question | undefined =>
    entity && {
      ...plain(`${spelling}/${part(entity.name)}/${leaf}`, 'logs'),
      route: `${ROOT}/{name}/${spelling}/{entity}/${leaf}`,
      names: { name, entity: entity.name },
      ...more,
    };
  switch (aspect) {
    case 'logs':
      return log('served-entities', 'logs', kind === 'external' || kind === 'foundation' ? { status: 404 } : {});
    case 'logs-other-spelling':
      return log('served-models', 'logs');
    case 'logs-bad-version':
      return log('served-entities', 'logs', {
        status: 400,
        query: { config_version: NO_NUMBER },
        names: { version: NO_NUMBER },
      });
    case 'build-logs':
      return log('served-entities', 'build-logs', {
        query: { config_version: pendingVersion(asked) ?? entity?.config ?? '1' },
      });
    case 'build-logs-active':
      return log('served-entities', 'build-logs', servesNothing(asked) ? { status: 404 } : {});
    case 'events':
      return plain('events', 'events', { query: { limit: PAGE } });
    case 'events-all':
      return plain('events', 'events');
    case 'metrics':
      return plain('metrics', 'metrics', kind === 'foundation' || kind === 'tile' ? { status: 404 } : {});
    case 'openapi':
      return plain('openapi', 'openapi', kind === 'foundation' || kind === 'external' ? { status: 404 } : {});
    case 'access':
    case 'levels': {
      if (id === undefined) return undefined;
      const leaf = aspect === 'levels' ? '/permissionLevels' : '';
      return {
        ...common,
        family: 'access',
        id: `${aspect}.${kind}`,
        route: `${PERMISSIONS}/{id}${leaf}`,
        path: `${PERMISSIONS}/${part(id)}${leaf}`,
        answer: aspect === 'levels' ? 'levels' : 'access-list',
      };
    }
    case 'optimization': {
      if (entity?.model.split('.').length !== 3 || entity.version === '') return undefined;
      return {
        ...common,
        id: `${aspect}.${kind}`,
        route: `${ROOT}/get-model-optimization-info/{model}/{version}`,
        path: `${ROOT}/get-model-optimization-info/${part(entity.model)}/${part(entity.version)}`,
        answer: 'optimization',
      };
    }
  }
}

function pendingVersion({ reply }: Asked): string | undefined {
  const pending = isObject(reply?.body) ? reply.body.pending_config : undefined;
  return isObject(pending) && typeof pending.config_version === 'number' ? String(pending.config_version) : undefined;
}

/** A first deployment that failed left no config, so there is no log of the active one. */
function servesNothing({ reply }: Asked): boolean {
  return isObject(reply?.body) && reply.body.config === undefined;
}

/** How rows of the evidence about logs, events, metrics and OpenAPI documents are judged. Pure. */
import { isObject } from '../rest/json.ts';
import { type Check, each, entitiesIn, type Facts, type Judged } from './contract-facts.ts';

type Json = Record<string, unknown>;

const answered = (row: string, by: string[], needs = 'no answer shows it'): Check => ({ row, by, needs });
const NO_CUSTOM = 'no custom model is listed';

const SERVICE_LOGS = ['logs.custom', 'logs.stopped'];

/** Lines of logs, without the empty ones. A long log repeats itself. */
const linesOf = (facts: Facts, ids: string[]): string[] =>
  ids
    .flatMap((id) =>
      String(facts.body(id)?.logs ?? '')
        .split('\n')
        .slice(-2_000),
    )
    .filter((line) => line.trim() !== '');

const REPLICA = /^\[[a-z0-9]{5}\] /;
const GUNICORN = /^\[[a-z0-9]{5}\] \[\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2} \+0000\] \[\d+\] \[[A-Z]+\] /;
const ACCESS = /"POST \/invocations HTTP\/1\.1" \d{3} /;
const BUILDKIT = /^#\d+ \d+\.\d+ /;

/** Most of some lines. Models print what they like. */
function most(lines: readonly string[], form: RegExp, sandbox: string): Judged {
  if (lines.length === 0) return undefined;
  const fitting = lines.filter((line) => form.test(line)).length;
  if (fitting * 2 >= lines.length) return true;
  const json = lines.filter((line) => /^\s*[{[]["{]/.test(line)).length;
  return { pointer: '/logs', sandbox, service: json * 2 >= lines.length ? 'lines of JSON' : 'lines of another form' };
}

/** Beginnings of event messages, as the sandbox has them. Reasons are words of the service, so an event that failed may say anything. */
const EVENT_TEXTS =
  /^(?:Endpoint (?:creation|update) (?:initiated|succeeded|failed|canceled) for endpoint|Served entity creation (?:initiated|succeeded) for served entity|Served entity creation aborted|Container (?:image )?creation|Deploying served entities|An error occurred|Secret does not exist)/;

const eventsOf = (facts: Facts): Json[] =>
  ['events.custom', 'events.failed', 'events.stopped'].flatMap((id) => {
    const events: unknown = facts.body(id)?.events;
    return Array.isArray(events) ? events.filter(isObject) : [];
  });

/** Events that are listed when no number is asked for. */
const EVENTS_PAGE = 100;

/** The request schemas of an OpenAPI document, by path. */
function requestsOf(document: Json | undefined): [string, Json][] {
  const paths = isObject(document?.paths) ? document.paths : {};
  return Object.entries(paths).flatMap(([path, item]): [string, Json][] => {
    const schema = at(item, 'post', 'requestBody', 'content', 'application/json', 'schema');
    return isObject(schema) ? [[path, schema]] : [];
  });
}

function at(value: unknown, ...keys: string[]): unknown {
  return keys.reduce<unknown>((inner, key) => (isObject(inner) ? inner[key] : undefined), value);
}

function fieldsOf(schema: Json): string[] {
  const alternatives = Array.isArray(schema.oneOf) ? schema.oneOf.filter(isObject) : [schema];
  return alternatives.flatMap((each) => (isObject(each.properties) ? Object.keys(each.properties) : []));
}

/** The columns of a model with a signature, and which of them are required. */
function columnsOf(document: Json | undefined): { columns: [string, Json][]; required: unknown[] } {
  for (const [, schema] of requestsOf(document)) {
    const alternatives = Array.isArray(schema.oneOf) ? schema.oneOf.filter(isObject) : [schema];
    for (const each of alternatives) {
      const row = at(each, 'properties', 'dataframe_records', 'items');
      if (!isObject(row) || !isObject(row.properties)) continue;
      const columns = Object.entries(row.properties).flatMap(([name, column]): [string, Json][] =>
        isObject(column) ? [[name, column]] : [],
      );
      return { columns, required: Array.isArray(row.required) ? row.required : [] };
    }
  }
  return { columns: [], required: [] };
}

export const TEXT_CHECKS: readonly Check[] = [
  answered('log-spellings', ['logs.custom', 'logs-other-spelling.custom'], NO_CUSTOM),
  answered('log-version', ['build-logs-active.failed'], 'no first deployment has failed'),
  answered('log-version-text', ['logs-bad-version.custom'], NO_CUSTOM),
  {
    row: 'data.service-log',
    by: SERVICE_LOGS,
    needs: 'no service log has a line of its server: it is empty, or too long',
    judge(facts) {
      const lines = linesOf(facts, SERVICE_LOGS);
      const form = most(lines, REPLICA, "lines of a server, after the replica's name of five characters");
      if (form !== true) return form;
      return lines.some((line) => GUNICORN.test(line)) ? true : undefined;
    },
  },
  {
    row: 'data.replicas',
    by: SERVICE_LOGS,
    needs: 'no service log has a line',
    judge: (facts) => most(linesOf(facts, SERVICE_LOGS), REPLICA, "the replica's name before each line"),
  },
  {
    row: 'data.access-lines',
    by: SERVICE_LOGS,
    needs: 'no service log has an access line, which can also mean that nothing was asked',
    judge: (facts) => (linesOf(facts, SERVICE_LOGS).some((line) => ACCESS.test(line)) ? true : undefined),
  },
  {
    row: 'build-log-format',
    by: ['build-logs.custom', 'build-logs.failed'],
    needs: 'no build log has a line',
    judge(facts) {
      const lines = linesOf(facts, ['build-logs.custom']);
      const form = most(lines, BUILDKIT, "BuildKit's prefix before each line");
      if (form !== true) return form;
      const start = lines.slice(0, 20).join('\n');
      return /channels:/.test(start) && /dependencies:/.test(start)
        ? true
        : { pointer: '/logs', sandbox: 'begins with the conda file', service: 'begins in another way' };
    },
  },
  {
    row: 'build-retries',
    by: ['events.failed'],
    needs: 'no build has failed three times',
    judge: (facts) =>
      eventsOf(facts).filter(({ message }) => message === 'Container image creation initiated').length >= 3
        ? true
        : undefined,
  },
  answered('events-route', ['events.custom', 'events.stopped'], 'no endpoint has events'),
  {
    row: 'events-texts',
    by: ['events.custom', 'events.stopped'],
    needs: 'no endpoint has events',
    judge: (facts) =>
      each(eventsOf(facts), ({ message }) => EVENT_TEXTS.test(String(message)), {
        pointer: '/events/*/message',
        sandbox: 'one of its beginnings',
        service: 'another beginning',
      }),
  },
  {
    row: 'events-limit',
    by: ['events-all.custom'],
    needs: 'no endpoint has 100 events',
    judge(facts) {
      const events: unknown = facts.body('events-all.custom')?.events;
      const count = Array.isArray(events) ? events.length : 0;
      if (count > EVENTS_PAGE) return { pointer: '/events', sandbox: '100 events at most', service: 'more events' };
      return count === EVENTS_PAGE ? true : undefined;
    },
  },
  {
    row: 'failed-version-number',
    by: ['events.failed', 'events.custom'],
    needs: 'no endpoint shows a failed update before the config that serves',
    judge(facts) {
      const failed = eventsOf(facts).filter(({ message }) => String(message).startsWith('Endpoint update failed'));
      const active = facts.details('custom', 'failed').map(({ config }) => Number(at(config, 'config_version')));
      const numbers = failed.map(({ config_version }) => Number(config_version));
      if (numbers.length === 0 || active.length === 0) return undefined;
      return numbers.some((number) => active.some((version) => version > number)) ? true : undefined;
    },
  },
  answered('data.metrics-gauges', ['metrics.custom', 'metrics.external'], 'no endpoint has metrics'),
  answered('data.metrics-type', ['metrics.custom', 'metrics.external'], 'no endpoint has metrics'),
  answered('data.metrics-idle', ['metrics.external', 'metrics.custom'], 'no endpoint has metrics'),
  answered('data.metrics-foundation', ['metrics.foundation'], 'no foundation model is listed'),
  answered(
    'data.openapi-missing',
    ['openapi.external', 'openapi.foundation'],
    'no external and no foundation model is listed',
  ),
  {
    row: 'data.openapi-shape',
    by: ['openapi.custom'],
    needs: 'no custom model has a document',
    judge(facts) {
      const document = facts.body('openapi.custom');
      if (!document) return undefined;
      const [read] = facts.details('custom');
      const names = entitiesIn(read?.config).map(({ name }) => `/served-models/${String(name)}/invocations`);
      const paths = Object.keys(isObject(document.paths) ? document.paths : {});
      if (!paths.every((path) => names.includes(path)))
        return { pointer: '/paths', sandbox: 'one path for each served entity', service: 'other paths' };
      const fields = requestsOf(document).flatMap(([, schema]) => fieldsOf(schema));
      const rows = ['dataframe_split', 'dataframe_records'].filter((name) => fields.includes(name));
      if (rows.length === 1)
        return { pointer: '/paths/{key}/post/requestBody', sandbox: 'both dataframe forms', service: 'one of them' };
      return true;
    },
  },
  answered('data.openapi-type', ['openapi.custom', 'openapi.agent'], 'no model has a document'),
  {
    row: 'data.openapi-optional',
    by: ['openapi.custom'],
    needs: 'the model that was read has no optional column',
    judge(facts) {
      const { columns, required } = columnsOf(facts.body('openapi.custom'));
      const optional = columns.filter(([name]) => !required.includes(name));
      return each(
        optional,
        ([, { type, nullable }]) => !(Array.isArray(type) && type.includes('null')) && nullable !== true,
        {
          pointer: '/paths/{key}/post/requestBody',
          sandbox: 'the type of an optional column does not include null',
          service: 'includes null',
        },
      );
    },
  },
  {
    row: 'data.openapi-enum',
    by: ['openapi.custom'],
    needs: 'no column of the model that was read lists its categories',
    judge: (facts) =>
      columnsOf(facts.body('openapi.custom')).columns.some(([, column]) => column.enum !== undefined)
        ? true
        : undefined,
  },
  {
    row: 'data.openapi-llm',
    by: ['openapi.agent'],
    needs: 'no agent has a document',
    judge: (facts) =>
      each(
        requestsOf(facts.body('openapi.agent')).map(([, schema]) => fieldsOf(schema)),
        (fields) => fields.includes('input') || fields.includes('messages'),
        {
          pointer: '/paths/{key}/post/requestBody',
          sandbox: 'has the field input or messages',
          service: 'has neither',
        },
      ),
  },
  {
    row: 'data.openapi-throughput',
    by: ['openapi.language-model'],
    needs: 'no chat model on provisioned throughput is listed',
    judge(facts) {
      const requests = requestsOf(facts.body('openapi.language-model'));
      if (!facts.details('language-model').some(({ task }) => task === 'llm/v1/chat')) return undefined;
      return each(requests, ([, schema]) => fieldsOf(schema).includes('messages'), {
        pointer: '/paths/{key}/post/requestBody',
        sandbox: 'has the field messages',
        service: 'does not have it',
      });
    },
  },
];

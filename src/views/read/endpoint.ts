/** `get_endpoint` as the view of one endpoint shows it. Pure. */
import { isObject } from '../../rest/json.ts';
import type { Data } from '../host/host.ts';
import type { Happening } from './diagnosis.ts';
import { numberOf, rowsOf, textOf, textsOf, timeOf, unreadIn, wordOf } from './fields.ts';

export interface Entity {
  name: string;
  serves: string | undefined;
  /** Undefined where the answer has no share. */
  percent: number | undefined;
  deployment: string | undefined;
  message: string | undefined;
  remedy: string | undefined;
  /** Size, type, scaling: what it runs on. */
  runsOn: string | undefined;
  creator: string | undefined;
  created: number | undefined;
}

export interface Endpoint {
  name: string;
  /** A model service of Unity Gateway, which has destinations instead of served entities. */
  isService: boolean;
  status: string | undefined;
  description: string | undefined;
  note: string | undefined;
  /** False: what follows is configured, and serves nothing. */
  serves: boolean;
  entities: Entity[];
  fallbacks: Entity[];
  pending: { entities: Entity[]; text: string } | undefined;
  failed: { entities: Entity[]; text: string; cancelled: boolean } | undefined;
  rollout: string | undefined;
  problems: string[];
  limits: string[];
  facts: [string, string][];
  created: number | undefined;
  changed: number | undefined;
  next: string | undefined;
  /** Items that this view cannot read. */
  unread: number;
}

export function endpointOf(data: Data): Endpoint {
  const isService = typeof data.model_service === 'string';
  const serving = isService ? data.destinations : (data.serving ?? data.not_serving);
  const gateway = isObject(data.gateway) ? data.gateway : {};
  const ended = isObject(data.failed_update) ? data.failed_update : data.cancelled_update;
  return {
    name: textOf(data.endpoint) ?? textOf(data.model_service) ?? 'an endpoint without a name',
    isService,
    status: textOf(data.status),
    description: textOf(data.description) ?? textOf(data.comment),
    note: textOf(data.note),
    serves: data.not_serving === undefined,
    entities: rowsOf(serving).map(entityOf),
    fallbacks: rowsOf(data.fallbacks).map(entityOf),
    pending:
      data.pending_update === undefined && data.pending === undefined
        ? undefined
        : { entities: rowsOf(data.pending).map(entityOf), text: updateText(data.pending_update) },
    failed: isObject(ended)
      ? {
          entities: rowsOf(ended.entities).map(entityOf),
          text: updateText(ended),
          cancelled: !isObject(data.failed_update),
        }
      : undefined,
    rollout: textOf(data.rollout),
    problems: problemsOf(data.problems),
    limits: textsOf(isService ? data.rate_limits : gateway.rate_limits),
    facts: factsOf(data),
    created: timeOf(data.created),
    changed: timeOf(data.last_change),
    next: textOf(data.next),
    unread: unreadIn(serving) + unreadIn(data.pending) + unreadIn(data.fallbacks),
  };
}

/** What an endpoint says of its own past. */
export function happeningsOf({ name, created, facts, entities }: Endpoint): Happening[] {
  const creator = facts.find(([fact]) => fact === 'Creator')?.[1];
  const deployed = entities.flatMap((each): Happening[] =>
    each.created === undefined ? [] : [{ at: each.created, what: `${each.name} was deployed`, by: each.creator }],
  );
  return created === undefined ? deployed : [...deployed, { at: created, what: `${name} was created`, by: creator }];
}

function entityOf(row: Data, at: number): Entity {
  const concurrency = range(row.min_concurrency, row.max_concurrency, 'requests at a time');
  const throughput = range(row.min_throughput, row.max_throughput, 'tokens per second');
  const units = wordOf(row.model_units);
  const zero = row.scale_to_zero === true ? 'scales to zero' : undefined;
  const own = [textOf(row.size), textOf(row.type), concurrency, throughput, units && `${units} model units`, zero];
  return {
    name: textOf(row.entity) ?? textOf(row.destination) ?? textOf(row.name) ?? `entity ${at + 1}`,
    serves: textOf(row.serves) ?? textOf(row.model),
    percent: numberOf(row.traffic_percent) ?? numberOf(row.percent),
    deployment: textOf(row.deployment),
    message: textOf(row.message),
    remedy: textOf(row.remedy),
    runsOn: own.filter((each) => each !== undefined).join(', ') || undefined,
    creator: textOf(row.creator),
    created: timeOf(row.created),
  };
}

function range(least: unknown, most: unknown, unit: string): string | undefined {
  const [low, high] = [wordOf(least), wordOf(most)];
  if (low === undefined && high === undefined) return undefined;
  return `${low === high || low === undefined ? high : `${low} to ${high ?? 'no bound'}`} ${unit}`;
}

/** `config version 2, begun by a@b.c` */
function updateText(update: unknown): string {
  if (!isObject(update)) return '';
  const version = wordOf(update.config_version);
  const by = textOf(update.started_by);
  return [version && `config version ${version}`, by && `begun by ${by}`]
    .filter((each) => each !== undefined)
    .join(', ');
}

/** Each is a text, or an object with a text in it. */
function problemsOf(problems: unknown): string[] {
  if (!Array.isArray(problems)) return [];
  return problems.map(
    (each) => textOf(each) ?? (isObject(each) ? textOf(each.problem) : undefined) ?? JSON.stringify(each),
  );
}

const FACTS: readonly [string, string][] = [
  ['task', 'Task'],
  ['config_version', 'Config version'],
  ['permission', 'Your permission'],
  ['creator', 'Creator'],
  ['owner', 'Owner'],
  ['server', 'This server'],
  ['system_update_failure', 'Update by the service'],
  ['budget_policy_id', 'Budget policy'],
];

function factsOf(data: Data): [string, string][] {
  const known = FACTS.flatMap(([field, name]): [string, string][] => {
    const text = wordOf(data[field]);
    return text === undefined ? [] : [[name, text]];
  });
  const tags = isObject(data.tags) ? Object.entries(data.tags) : [];
  const shown = tags.map(([key, value]) => (wordOf(value) === undefined ? key : `${key}: ${wordOf(value)}`));
  const apis = textsOf(data.api_types);
  return [
    ...known,
    ...(shown.length > 0 ? [['Tags', shown.join(', ')] as [string, string]] : []),
    ...(apis.length > 0 ? [['API types', apis.join(', ')] as [string, string]] : []),
  ];
}

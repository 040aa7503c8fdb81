/** What the API shows of the endpoint of an incident, and how its remedy is carried out. */
import type { Remedy, Wording } from '../../../src/sandbox/incidents/index.ts';
import { type Client, ENDPOINTS } from '../client.ts';

export interface Seen {
  ready: string;
  update: string;
  /** Messages, events, logs and the answers of queries, in one text. */
  text: string;
  /** The share of failed requests in the last ten minutes. */
  errors: number;
  /** The statuses of three queries. */
  statuses: number[];
}

interface Row {
  requests: number;
  errors_4xx: number;
  errors_5xx: number;
}

/** Everything that a person with all rights can see of an endpoint. */
export async function look(client: Client, { endpoint, query }: Wording): Promise<Seen> {
  const { body } = await client.get(endpoint);
  const texts = [JSON.stringify(body)];
  const read = async (path: string) =>
    texts.push(logOf((await client.call('GET', `${ENDPOINTS}/${endpoint}/${path}`)).text));
  await read('events');
  for (const config of [body.config, body.pending_config]) {
    for (const { name } of config?.served_entities ?? []) {
      await read(`served-entities/${name}/logs?config_version=${config.config_version}`);
      await read(`served-entities/${name}/build-logs?config_version=${config.config_version}`);
    }
  }
  const statuses: number[] = [];
  for (let sent = 0; sent < 3; sent += 1) {
    const reply = await client.call('POST', `/serving-endpoints/${endpoint}/invocations`, query);
    statuses.push(reply.status);
    texts.push(reply.text);
  }
  const history = await client.call('GET', `/sandbox/endpoints/${endpoint}/history?minutes=10`);
  const rows: Row[] = history.body.rows;
  const sum = (of: (one: Row) => number) => rows.reduce((total, one) => total + of(one), 0);
  const { ready, config_update: update } = body.state;
  const failed = sum(({ errors_4xx, errors_5xx }) => errors_4xx + errors_5xx);
  return {
    ready,
    update,
    text: texts.join('\n'),
    errors:
      failed /
      Math.max(
        1,
        sum(({ requests }) => requests),
      ),
    statuses,
  };
}

/** The text of a log, without JSON's escapes. */
function logOf(text: string): string {
  const body: unknown = JSON.parse(text);
  return typeof body === 'object' && body !== null && 'logs' in body ? String(body.logs) : text;
}

/** Carries out a remedy. Throws when a call is refused. */
export async function carryOut(client: Client, remedy: readonly Remedy[]): Promise<void> {
  for (const part of remedy) {
    if ('wait_minutes' in part) {
      client.minutes(part.wait_minutes);
      continue;
    }
    const [method, path, body] = 'step' in part ? (['POST', `/sandbox/steps/${part.step}`, {}] as const) : part.call;
    const reply = await client.call(method, path, body, 'as' in part ? part.as : undefined);
    if (reply.status >= 400) throw new Error(`${method} ${path}: ${reply.status} ${reply.text}`);
  }
}

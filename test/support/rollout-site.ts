/** A workspace with a short guarded rollout, for tests that disturb it: servers that die, servers without the journal, and other users. */
import type { Journal } from '../../src/journal/journal.ts';
import type { Harness, HarnessOptions } from './harness.ts';
import { type InterceptingProxy, type ProxiedRequest, startInterceptingProxy } from './intercepting-proxy.ts';
import { ask, withEndpoints } from './tool-test.ts';
import { CHURN_PATH, churnEntity, endpoint, follow, version } from './workspace.ts';

export const MINUTE = 60_000;
export const MARK = 'databricks-serving-mcp-rollout';
export const PLAN = { steps: [50, 100], bake_minutes: 2, min_requests: 100, max_minutes: 20, final_bake_minutes: 2 };
export const WISH = { endpoint: 'churn', version: '3', alias: 'champion', plan: PLAN };
/** What the mark says after a rollback. */
export const ROLLED_BACK = /^r\w+ rolled back version 3 on \d{4}-\d\d-\d\d by \S+$/;
export const BAD = { error_5xx_rate: 0.3 };

// biome-ignore lint/suspicious/noExplicitAny: tests read results field by field, and a wrong guess fails them
export type Data = any;

/** A server on an endpoint that serves version 2 with 400 requests a minute. @param canary what version 3 does. */
export function rolloutSeed(canary: Record<string, unknown> = {}, options: HarnessOptions = {}): HarnessOptions {
  const models = [
    {
      full_name: 'ml.prod.churn',
      owner: 'admin@example.com',
      aliases: { champion: 2 },
      versions: [version(2), version(3, canary), version(4)],
    },
  ];
  const busy = endpoint('churn', [churnEntity('2')], [], { traffic: { requests_per_minute: 400 } });
  return withEndpoints([busy], { at: Date.UTC(2026, 0, 5, 9), ...options }, { models });
}

/** A server behind a proxy, and the moment of its death. It never speaks again then, and its journal gets no end. */
export interface Mortal {
  options: Pick<HarnessOptions, 'via' | 'journal'>;
  isDead(): boolean;
  /** Lets other servers through the same proxy. @returns their host: readings and changes are kept by host. */
  next(): string;
  close(): Promise<void>;
}

/** @param dies whether the server dies at this request. `count`: how many requests of this method and route it has sent. */
export function mortal(kept: Journal, dies: (request: ProxiedRequest, count: number) => boolean): Mortal {
  let dead = false;
  let passes = false;
  let proxy: InterceptingProxy | undefined;
  const counts = new Map<string, number>();
  const watch = (request: ProxiedRequest) => {
    if (passes) return true;
    const kind = `${request.moment} ${request.method} ${request.path}`;
    const count = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, count);
    dead ||= dies(request, count);
    return !dead;
  };
  return {
    options: {
      async via(host) {
        proxy = await startInterceptingProxy(host, watch);
        return proxy.host;
      },
      journal: {
        ...kept,
        begin: async (record) => {
          if (dead) throw new Error('this server is dead');
          return kept.begin(record);
        },
        end: async (id, record) => {
          if (!dead) await kept.end(id, record);
        },
      },
    },
    isDead: () => dead,
    next() {
      passes = true;
      return proxy?.host ?? '';
    },
    close: async () => proxy?.close(),
  };
}

/**
 * Makes the calls that the answers name, when they name them, until the rollout waits no longer.
 * @param until ends it earlier, after an answer.
 */
export async function playOn(
  h: Harness,
  args: Record<string, unknown> = WISH,
  until: (data: Data) => boolean = () => false,
): Promise<Data[]> {
  const answers: Data[] = [];
  let answer = await h.call('roll_out', args);
  for (let calls = 0; calls < 60; calls++) {
    answers.push(answer.data);
    if (answer.isError || answer.data.outcome !== 'waiting' || until(answer.data)) return answers;
    await h.pass((answer.data.come_back_in_seconds ?? 1) * 1_000);
    answer = await follow(h, answer.data.next);
  }
  throw new Error(`the rollout does not end: ${JSON.stringify(answers.slice(-2))}`);
}

/** What the endpoint serves, its mark, and the alias, read from the workspace itself. */
export async function nowServed(h: Harness) {
  const found = (await ask(h, CHURN_PATH)) as Data;
  const routes = found.config.traffic_config?.routes ?? [
    { served_entity_name: found.config.served_entities[0].name, traffic_percentage: 100 },
  ];
  const model = (await ask(h, '/api/2.1/unity-catalog/models/ml.prod.churn?include_aliases=true')) as Data;
  return {
    traffic: Object.fromEntries(
      routes.map((each: Data) => [each.served_entity_name ?? each.served_model_name, each.traffic_percentage]),
    ) as Record<string, number>,
    mark: found.tags?.find(({ key }: Data) => key === MARK)?.value as string | undefined,
    alias: model.aliases?.find(({ alias_name }: Data) => alias_name === 'champion')?.version_num as number | undefined,
  };
}

/** Percent of version 3 in each config that the workspace received, in order, without those that came during another update. */
export function sentShares({ sandbox }: Harness): number[] {
  return sandbox.requests
    .filter(({ method, path, status }) => method === 'PUT' && path === `${CHURN_PATH}/config` && status !== 409)
    .map(
      ({ body }: Data) =>
        body.traffic_config.routes.find((each: Data) => each.served_entity_name === 'churn-3')?.traffic_percentage ??
        100,
    );
}

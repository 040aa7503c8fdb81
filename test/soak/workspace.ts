/** A workspace whose answers carry the mark of their call: a prediction computed from the row, a chat that repeats the message. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Writers of the soak. Each has an endpoint and a model of its own: two writers of one endpoint may rightly be refused. */
export const LANES = 24;
export const VERSIONS = 3;

export const laneEndpoint = (lane: number) => `lane-${lane}`;
export const laneModel = (lane: number) => `ml.soak.lane_${lane}`;
/** The prediction of version `version` for `x`. */
export const prediction = (version: number, x: number) => version / 8 + 2 * x;

function model(lane: number) {
  const versions = Array.from({ length: VERSIONS }, (_, index) => ({
    version: index + 1,
    status: 'READY',
    deploy_minutes: 8,
    spec: {
      kind: 'linear',
      inputs: [{ name: 'x', type: 'double' }],
      intercept: (index + 1) / 8,
      coefficients: { x: 2 },
    },
  }));
  return { full_name: laneModel(lane), aliases: { champion: 1 }, versions };
}

function single(name: string, full_name: string, more = {}) {
  const entity = { entity_name: full_name, entity_version: '1', workload_size: 'Small', scale_to_zero_enabled: false };
  return { name, config: { served_entities: [entity] }, ...more };
}

function split(name: string, full_name: string) {
  const entities = [1, 2].map((version) => ({
    name: `v${version}`,
    entity_name: full_name,
    entity_version: String(version),
    workload_size: 'Small',
    scale_to_zero_enabled: false,
  }));
  const routes = entities.map((entity) => ({ served_entity_name: entity.name, traffic_percentage: 50 }));
  return { name, config: { served_entities: entities, traffic_config: { routes } } };
}

const chat = (kind: object) => [{ version: 1, status: 'READY', spec: kind }];
const lanes = Array.from({ length: LANES }, (_, lane) => lane);

const SEED = {
  users: [{ user_name: 'admin@example.com', admin: true }],
  models: [
    ...lanes.map(model),
    { full_name: 'ml.soak.chat', versions: chat({ kind: 'chat', model: 'soak-chat', profile: 'llama' }) },
    { full_name: 'ml.soak.embedder', versions: chat({ kind: 'embedding', dimensions: 8 }) },
  ],
  endpoints: [
    ...lanes.map((lane) => single(laneEndpoint(lane), laneModel(lane))),
    ...lanes.map((lane) => split(`split-${lane}`, laneModel(lane))),
    single('chat', 'ml.soak.chat'),
    single('embedder', 'ml.soak.embedder'),
  ],
  // The service's own limits would make most of the writes wait; they are tested elsewhere.
  limits: { writes_per_five_minutes: 1_000_000, endpoints: 2_000 },
};

/** The maximum size of a journal: two files of 5 MiB (`src/journal/journal.ts`). The soak subtracts what it will add to the newer file. */
const JOURNAL_FILES = { 'changes.jsonl.1': 5 * 1024 * 1024, 'changes.jsonl': 1024 * 1024 };

/**
 * The workspace as a seed file, and a state folder for the server with the journal of a long time: reading it must cost as much in the first
 * quarter as in the last.
 */
export function soakFiles(): { folder: string; seed: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'soak-'));
  const seed = join(folder, 'seed.json');
  writeFileSync(seed, JSON.stringify(SEED));
  const state = join(folder, 'databricks-serving-mcp');
  mkdirSync(state, { mode: 0o700 });
  for (const [name, size] of Object.entries(JOURNAL_FILES)) {
    const line = `${JSON.stringify(OLD_CHANGE)}\n`;
    const lines = Array.from({ length: Math.floor(size / line.length) }, (_, number) =>
      line.replace('"c0"', `"c${name.length}${number}"`),
    );
    writeFileSync(join(state, name), lines.join(''), { mode: 0o600 });
  }
  return { folder, seed, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** A change of another day, about as long as those that the soak makes. */
const OLD_CHANGE = {
  event: 'begin',
  id: 'c0',
  at: '2024-01-01T00:00:00.000Z',
  host: 'https://old.cloud.databricks.com',
  who: 'pat',
  tool: 'set_rate_limits',
  subject: { kind: 'endpoint', name: 'old' },
  call: 'set_rate_limits {"endpoint":"old","set":[{"key":"endpoint","calls":1}]}',
  changes: [{ field: 'rate_limits.endpoint calls', from: 1, to: 2 }],
  prior: SEED.endpoints[0],
};

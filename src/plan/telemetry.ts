/** Telemetry of an endpoint: logs, traces, metrics and payloads in tables of Unity Catalog. Pure. */
import type { Endpoint, Telemetry } from '../rest/endpoints.ts';
import { isObject } from '../rest/json.ts';
import { closest } from '../text/did-you-mean.ts';
import { canonical } from './diff.ts';

/** Telemetry in the form of a request. */
export type TelemetryInput = Record<string, unknown>;

const PREFIX = 'TELEMETRY_FEATURE_';
const FEATURES = ['INFERENCE_TABLE', 'LOGS', 'METRICS', 'TRACES'].map((word) => PREFIX + word);
const TABLES = ['annotations_table', 'logs_table', 'metrics_table', 'traces_table'];
const FIELDS = ['enabled_telemetry_features', 'inference_table_config', 'table_names', 'telemetry_profile_id'];
const FULL_NAME = /^[^\s.]+\.[^\s.]+\.[^\s.]+$/;

/** Given telemetry as the service expects it: `logs` is short for `TELEMETRY_FEATURE_LOGS`. */
export function telemetryInput(given: Record<string, unknown>): TelemetryInput {
  const { enabled_telemetry_features: features } = given;
  if (!Array.isArray(features)) return given;
  const full = (feature: unknown) => {
    const word = String(feature).toUpperCase();
    return word.startsWith(PREFIX) ? word : PREFIX + word;
  };
  return { ...given, enabled_telemetry_features: features.map(full) };
}

/** All problems of given telemetry, before it is merged. */
export function problemsOfTelemetry(given: TelemetryInput): string[] {
  const {
    enabled_telemetry_features: features,
    inference_table_config: table,
    table_names,
    telemetry_profile_id,
  } = given;
  const problems = unknownFields(given, FIELDS, 'telemetry');
  if (features !== undefined && !(Array.isArray(features) && features.every((each) => FEATURES.includes(each))))
    problems.push(`telemetry.enabled_telemetry_features must list some of ${FEATURES.join(', ')}`);
  problems.push(...problemsOfSampling(table), ...problemsOfTables(table_names));
  if (telemetry_profile_id !== undefined && (typeof telemetry_profile_id !== 'string' || telemetry_profile_id === ''))
    problems.push('telemetry.telemetry_profile_id must be the id of a profile');
  if (table_names !== undefined && telemetry_profile_id !== undefined)
    problems.push('telemetry takes either table_names, for a new profile, or telemetry_profile_id');
  return problems;
}

function problemsOfSampling(table: unknown): string[] {
  if (table === undefined) return [];
  if (!isObject(table)) return ['telemetry.inference_table_config must be {sampling_fraction}'];
  const { sampling_fraction: share } = table;
  const problems = unknownFields(table, ['sampling_fraction'], 'telemetry.inference_table_config');
  if (share !== undefined && !(typeof share === 'number' && share >= 0 && share <= 1))
    problems.push('telemetry.inference_table_config.sampling_fraction must be a number from 0 to 1');
  return problems;
}

function problemsOfTables(tables: unknown): string[] {
  if (tables === undefined) return [];
  if (!isObject(tables) || Object.keys(tables).length === 0)
    return [`telemetry.table_names must name a table: ${TABLES.join(', ')}`];
  const wrong = Object.entries(tables).filter(([, name]) => typeof name !== 'string' || !FULL_NAME.test(name));
  return [
    ...unknownFields(tables, TABLES, 'telemetry.table_names'),
    ...wrong.map(([key]) => `telemetry.table_names.${key} must be catalog.schema.table`),
  ];
}

function unknownFields(given: Record<string, unknown>, known: string[], where: string): string[] {
  return Object.keys(given)
    .filter((key) => !known.includes(key))
    .map((key) => `${where} has no ${key}: ${closest(key, known) ?? known.join(', ')}`);
}

/** A profile or tables identify the telemetry. The service ignores a config with neither, and reports success (fact E17). */
export function problemsOfResult(telemetry: TelemetryInput): string[] {
  if (telemetry.table_names !== undefined || telemetry.telemetry_profile_id !== undefined) return [];
  return ['telemetry needs table_names or telemetry_profile_id: the service ignores a config with neither'];
}

/** Why an endpoint cannot have telemetry (fact E16). */
export function problemsOfKind(entities: readonly Record<string, unknown>[]): string[] {
  if (entities.length === 0) return ['an endpoint without a custom model cannot have telemetry'];
  return entities.some(({ external_model }) => external_model !== undefined)
    ? ['an endpoint of external models cannot have telemetry']
    : [];
}

/** The settings of stored telemetry, without the name that the service gives its table. Undefined without telemetry. */
export function telemetrySettings(stored: Telemetry | undefined): TelemetryInput | undefined {
  if (!stored || Object.keys(stored).length === 0) return undefined;
  const { inference_table_config: table, ...rest } = stored;
  const { name: _output, ...config } = table ?? {};
  return { ...rest, ...(Object.keys(config).length > 0 ? { inference_table_config: config } : {}) };
}

/** The whole telemetry to send: the given fields, and all others as they are. New tables replace the profile. */
export function mergedTelemetry(stored: Telemetry | undefined, given: TelemetryInput): TelemetryInput {
  const { telemetry_profile_id: profile, inference_table_config: before, ...rest } = telemetrySettings(stored) ?? {};
  const table = {
    ...(isObject(before) ? before : {}),
    ...(isObject(given.inference_table_config) ? given.inference_table_config : {}),
  };
  return {
    ...rest,
    ...(given.table_names === undefined && profile !== undefined ? { telemetry_profile_id: profile } : {}),
    ...given,
    ...(Object.keys(table).length > 0 ? { inference_table_config: table } : {}),
  };
}

/**
 * Whether stored telemetry is the one that was sent. The service replaces table names by a new profile, so only its other settings can be compared.
 * @param profile the profile that the request made, where it is known.
 */
export function sameTelemetry(
  stored: Telemetry | undefined,
  sent: TelemetryInput | undefined,
  profile: string | undefined,
): boolean {
  const there = telemetrySettings(stored);
  if (!there || !sent) return there === sent;
  const { table_names: tables, ...settings } = sent;
  if (tables === undefined) return canonical(settled(there)) === canonical(settled(settings));
  const { telemetry_profile_id: id, ...rest } = there;
  if (id === undefined || (profile !== undefined && id !== profile)) return false;
  return canonical(settled(rest)) === canonical(settled(settings)) && sameTable(stored, tables);
}

/** The inference table is named after the table of the logs. */
function sameTable(stored: Telemetry | undefined, tables: unknown): boolean {
  const name = stored?.inference_table_config?.name;
  const logs = isObject(tables) ? tables.logs_table : undefined;
  return name === undefined || logs === undefined || name === `${logs}_payload`;
}

/** An empty list of features means all of them, and their order does not count. */
function settled({ enabled_telemetry_features: features, ...rest }: TelemetryInput): TelemetryInput {
  return Array.isArray(features) && features.length > 0
    ? { ...rest, enabled_telemetry_features: [...features].sort() }
    : rest;
}

/** The entities that decide whether an endpoint can have telemetry. */
export function telemetryKind({ config, pending_config }: Endpoint): readonly Record<string, unknown>[] {
  return (config ?? pending_config)?.served_entities ?? [];
}

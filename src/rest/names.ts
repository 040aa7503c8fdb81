/** 1 to 63 letters, digits, `-` or `_`. The first is a letter or a digit (fact E11). */
export const ENDPOINT_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/;

/** A registered model of Unity Catalog: three parts, without characters that could change a URL path or a log line. */
export const MODEL_NAME = /^[^\s/?#%\\.\p{Cc}\p{Cf}]{1,255}(\.[^\s/?#%\\.\p{Cc}\p{Cf}]{1,255}){2}$/u;

/** A schema of Unity Catalog: two parts, as those of {@link MODEL_NAME}. */
export const SCHEMA_NAME = /^[^\s/?#%\\.\p{Cc}\p{Cf}]{1,255}\.[^\s/?#%\\.\p{Cc}\p{Cf}]{1,255}$/u;

/** The name of an endpoint or of a model service. */
export const TARGET_NAME = new RegExp(`${ENDPOINT_NAME.source}|${MODEL_NAME.source}`, 'u');

/** Whether a name has the form of a model service, or of anything else in a schema of Unity Catalog. An endpoint's name has no dots. */
export function isServiceName(name: string): boolean {
  return MODEL_NAME.test(name);
}

/** Whether a model is one of the older workspace registry: its name has one part, and Unity Catalog does not know it (fact M9). */
export function isWorkspaceModel(name: string | undefined): boolean {
  return name !== undefined && /^[^./:]+$/.test(name);
}

/** A version number. */
export const VERSION_NUMBER = /^[1-9]\d{0,9}$/;

/** A version number, or an alias with `@` in front. */
export const VERSION = /^([1-9]\d{0,9}|@[\w-]{1,255})$/;

/** An alias of a model version. */
export const ALIAS_NAME = /^[A-Za-z][\w-]{0,254}$/;

/** Programs write these where a value is missing. As a name, each is a mistake. */
export const NO_NAME = /^(null|none|undefined)$/i;

/** What model services answer at, below {@link GATEWAY_PATH}: `chat/completions`, `embeddings` and `responses` (fact V9). */
export const GATEWAY_PATH = '/ai-gateway/mlflow/v1';

/** Whether a POST to this path runs a model. */
export function isInferencePath(path: string): boolean {
  return path.endsWith('/invocations') || path.startsWith(`${GATEWAY_PATH}/`);
}

/** One path segment, percent-encoded. `.` and `..` are refused. */
export function segment(value: string): string {
  if (value === '.' || value === '..') throw new RangeError(`"${value}" is not a name`);
  return encodeURIComponent(value);
}

/** The name behind the prefix of a resource name of Unity Catalog: `main.ai.chat` of `model-services/main.ai.chat`. */
export function fullNameOf(resource: string): string {
  return resource.slice(resource.indexOf('/') + 1);
}

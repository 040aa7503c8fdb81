/**
 * What a model version of the sandbox computes. A spec is data: it is part of the workspace state and may come from a seed file.
 * `MODEL_SPEC_SCHEMA` checks it before use.
 */

/** Column types of an MLflow signature that the sandbox enforces. */
export type ColumnType = 'double' | 'long' | 'integer' | 'string' | 'boolean';

/** One input column of the signature. `required` defaults to true, as in MLflow. */
export interface InputColumn {
  name: string;
  type: ColumnType;
  required?: boolean;
  /** The only accepted values, which the OpenAPI document lists. Another value raises in predict, as in an encoder. */
  enum?: (string | number | boolean)[];
}

/**
 * score = intercept + Σ coefficients[col]·x + Σ categories[col][value]; `logistic` answers 1 / (1 + e^-score). Without `output`,
 * predictions are plain numbers. With it, they are a list of records under that name.
 */
export interface TabularSpec {
  kind: 'linear' | 'logistic';
  inputs: InputColumn[];
  output?: { name: string; type: ColumnType };
  intercept: number;
  coefficients: Record<string, number>;
  categories?: Record<string, Record<string, number>>;
}

export interface EmbeddingSpec {
  kind: 'embedding';
  dimensions: number;
}

/** How a chat stream ends and what its content looks like. Both differ by model family. evidence: data.stream-profiles */
export type ChatProfile = 'llama' | 'gpt-5' | 'gpt-oss';

export interface ChatSpec {
  kind: 'chat';
  /** The value of `model` in the answer. */
  model: string;
  profile?: ChatProfile;
}

/** `responses` is a ResponsesAgent, `chat` a ChatAgent. */
export interface AgentSpec {
  kind: 'agent';
  protocol: 'responses' | 'chat';
  /** false: a stream of only deltas and `output_item.done`, without `response.created` and `response.completed`. Default true. */
  stream_lifecycle?: boolean;
}

export interface CompletionSpec {
  kind: 'completion';
}

/** A feature spec looks up rows by primary key. The sandbox derives each value from the key. */
export interface FeatureSpecSpec {
  kind: 'feature-spec';
  primary_keys: string[];
  features: string[];
}

/** The provider of the served entity's `external_model` answers, or the sandbox's chat model, which says so. */
export interface ExternalSpec {
  kind: 'external';
}

export type ModelSpec =
  | TabularSpec
  | EmbeddingSpec
  | ChatSpec
  | AgentSpec
  | CompletionSpec
  | FeatureSpecSpec
  | ExternalSpec;

/**
 * How a model version behaves from a minute of its deployment on. The last step whose minute has passed counts. `latency_ms` is the model
 * time in the metrics; `error_rate` (0..1) is the share of requests that raise in predict.
 */
export interface BehaviourStep {
  from_minute: number;
  latency_ms?: number;
  error_rate?: number;
}

const COLUMN_TYPE = { enum: ['double', 'long', 'integer', 'string', 'boolean'] } as const;
const NUMBERS = { type: 'object', additionalProperties: { type: 'number' } } as const;
const NAMES = { type: 'array', minItems: 1, items: { type: 'string', minLength: 1 } } as const;

const tabular = (kind: 'linear' | 'logistic') => ({
  type: 'object',
  required: ['kind', 'inputs', 'intercept', 'coefficients'],
  additionalProperties: false,
  properties: {
    kind: { const: kind },
    inputs: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        required: ['name', 'type'],
        additionalProperties: false,
        properties: {
          name: { type: 'string', minLength: 1 },
          type: COLUMN_TYPE,
          required: { type: 'boolean' },
          enum: { type: 'array', minItems: 1, items: { type: ['string', 'number', 'boolean'] } },
        },
      },
    },
    output: {
      type: 'object',
      required: ['name', 'type'],
      additionalProperties: false,
      properties: { name: { type: 'string', minLength: 1 }, type: COLUMN_TYPE },
    },
    intercept: { type: 'number' },
    coefficients: NUMBERS,
    categories: { type: 'object', additionalProperties: NUMBERS },
  },
});

/** JSON Schema (draft 7) fragment of a `ModelSpec`. Compile it with ajv `{ allowUnionTypes: true }` or with `strict: false`. */
export const MODEL_SPEC_SCHEMA = {
  type: 'object',
  required: ['kind'],
  oneOf: [
    tabular('linear'),
    tabular('logistic'),
    {
      type: 'object',
      required: ['kind', 'dimensions'],
      additionalProperties: false,
      properties: { kind: { const: 'embedding' }, dimensions: { type: 'integer', minimum: 1, maximum: 4096 } },
    },
    {
      type: 'object',
      required: ['kind', 'model'],
      additionalProperties: false,
      properties: {
        kind: { const: 'chat' },
        model: { type: 'string', minLength: 1 },
        profile: { enum: ['llama', 'gpt-5', 'gpt-oss'] },
      },
    },
    {
      type: 'object',
      required: ['kind', 'protocol'],
      additionalProperties: false,
      properties: {
        kind: { const: 'agent' },
        protocol: { enum: ['responses', 'chat'] },
        stream_lifecycle: { type: 'boolean' },
      },
    },
    {
      type: 'object',
      required: ['kind'],
      additionalProperties: false,
      properties: { kind: { const: 'completion' } },
    },
    {
      type: 'object',
      required: ['kind', 'primary_keys', 'features'],
      additionalProperties: false,
      properties: { kind: { const: 'feature-spec' }, primary_keys: NAMES, features: NAMES },
    },
    {
      type: 'object',
      required: ['kind'],
      additionalProperties: false,
      properties: { kind: { const: 'external' } },
    },
  ],
} as const;

/** The latest step whose minute has come, or an empty behaviour. Fields that a step omits keep the earlier value. */
export function behaviourAt(
  steps: readonly BehaviourStep[] | undefined,
  minute: number,
): Omit<BehaviourStep, 'from_minute'> {
  const current: Omit<BehaviourStep, 'from_minute'> = {};
  for (const step of [...(steps ?? [])].sort((a, b) => a.from_minute - b.from_minute)) {
    if (step.from_minute > minute) break;
    if (step.latency_ms !== undefined) current.latency_ms = step.latency_ms;
    if (step.error_rate !== undefined) current.error_rate = step.error_rate;
  }
  return current;
}

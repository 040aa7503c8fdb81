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

/** How a model behaves. Each field that is absent keeps its usual value. */
export interface Behaviour {
  /** Median of the model time, in sandbox milliseconds. */
  latency_ms?: number;
  /** 95th percentile of the model time. */
  p95_ms?: number;
  /** Share of requests (0..1) that raise in predict. */
  error_rate?: number;
  /** Share of requests that fail with 500, because the model server itself fails. */
  error_5xx_rate?: number;
  /** Sandbox seconds of a wake from zero. */
  wake_seconds?: number;
  /** Real milliseconds between two frames of a stream. */
  frame_ms?: number;
}

/** How a model version behaves from a minute of its deployment on. The last step whose minute has passed counts. */
export interface BehaviourStep extends Behaviour {
  from_minute: number;
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
export function behaviourAt(steps: readonly BehaviourStep[] | undefined, minute: number): Behaviour {
  const current: Behaviour = {};
  for (const { from_minute, ...step } of [...(steps ?? [])].sort((a, b) => a.from_minute - b.from_minute)) {
    if (from_minute > minute) break;
    Object.assign(current, step);
  }
  return current;
}

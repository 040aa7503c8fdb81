/**
 * Objects of the REST API that arguments take as they are: served entities and the AI Gateway. The forms serve to read them, so that null means
 * "not given" and a number may be text. Pure checks in `src/plan` validate the fields.
 */
import * as z from 'zod';
import { readBy } from '../../src/tool.ts';
import { nameLike, record } from '../params.ts';

const bool = z.boolean().optional();
const int = z.int().optional();
/** Blanks around it are dropped. */
const word = z
  .string()
  .refine((text) => text === text.trim())
  .optional();

const words = z.array(z.string().max(100)).max(100).optional();
const side = z
  .strictObject({
    safety: bool,
    pii: z.strictObject({ behavior: z.enum(['NONE', 'BLOCK', 'MASK']) }).optional(),
    invalid_keywords: words,
    valid_topics: words,
  })
  .optional();
export const guardrails = z.strictObject({ input: side, output: side });

const name = nameLike(/^\S(.{0,253}\S)?$/, 'must be a name without blanks around it').optional();
export const inferenceTable = z.strictObject({
  enabled: bool,
  catalog_name: name,
  schema_name: name,
  table_name_prefix: nameLike(/^\S(.{0,61}\S)?$/, 'must be a name of at most 63 characters').optional(), // fact G10
});

/** A served entity, as in the REST API. */
export const servedEntity = readBy(
  z.looseObject({
    name: word,
    entity_name: word,
    entity_version: z.union([word, int]).optional(),
    external_model: z.looseObject({ name: word, provider: word, task: word }).optional(),
    workload_size: word,
    workload_type: word,
    scale_to_zero_enabled: bool,
    burst_scaling_enabled: bool,
    environment_vars: record.optional(),
    instance_profile_arn: word,
    min_provisioned_concurrency: int,
    max_provisioned_concurrency: int,
    min_provisioned_throughput: int,
    max_provisioned_throughput: int,
    provisioned_model_units: int,
  }),
  z.record(z.string(), z.unknown()),
);

const enabled = z.looseObject({ enabled: bool }).optional();
/** The AI Gateway block, as in the REST API. */
export const gatewayBlock = readBy(
  z.looseObject({
    usage_tracking_config: enabled,
    fallback_config: enabled,
    inference_table_config: inferenceTable.optional(),
    guardrails: guardrails.optional(),
    rate_limits: z.array(z.looseObject({ key: word, principal: word, calls: int, tokens: int })).optional(),
  }),
  z.record(z.string(), z.unknown()),
);

/** The telemetry of an endpoint, as in the REST API. */
export const telemetryBlock = readBy(
  z.looseObject({
    enabled_telemetry_features: z.array(z.string()).optional(),
    inference_table_config: z.looseObject({ sampling_fraction: z.number().optional() }).optional(),
    table_names: z
      .looseObject({ annotations_table: word, logs_table: word, metrics_table: word, traces_table: word })
      .optional(),
    telemetry_profile_id: word,
  }),
  z.record(z.string(), z.unknown()),
);

/** Parameters that several tools share. `refine` checks rules that a sentence explains better than a pattern. It is not published. */
import * as z from 'zod';
import {
  ALIAS_NAME,
  ENDPOINT_NAME,
  MODEL_NAME,
  NO_NAME,
  TARGET_NAME,
  VERSION,
  VERSION_NUMBER,
} from '../src/rest/names.ts';
import { readBy } from '../src/tool.ts';
import { EXPORT_FORMS } from '../src/write/planned-write.ts';

/** A name in a certain form. Programs write "null" and the like where a value is missing, and no tool must create or look for such a name. */
export function nameLike(form: RegExp, right: string) {
  return z
    .string()
    .refine((text) => !NO_NAME.test(text), 'says that there is no value: omit it, or give a name')
    .refine((text) => form.test(text), right);
}

export const endpoint = nameLike(
  ENDPOINT_NAME,
  'must be 1 to 63 letters, digits, - or _, and start with a letter or digit',
).describe('Endpoint name.');

/** What tools of both gateways take. `isServiceName` tells the two apart. */
export const target = nameLike(
  TARGET_NAME,
  'must be an endpoint name (1 to 63 letters, digits, - or _), or catalog.schema.name of a model service',
).describe('Endpoint, or model service as catalog.schema.name.');

/** A model version, or an alias with `@` in front. The alias is resolved when the call is made. */
export const version = z
  .union([z.string(), z.int()])
  .transform(String)
  .refine((text) => VERSION.test(text), 'must be a version number such as "3", or "@alias"')
  .describe('Version number, or @alias.');

/** A model version for calls that do not know the model and so cannot resolve an alias. */
export const versionNumber = z
  .union([z.string(), z.int()])
  .transform(String)
  .refine(
    (text) => VERSION_NUMBER.test(text),
    'must be a version number such as "3"; list_model_versions shows which version an alias points to',
  )
  .describe('Version number.');

export const model = z
  .string()
  .refine(
    (text) => MODEL_NAME.test(text),
    'must be catalog.schema.model; list_model_versions finds a model by part of its name. Models of the workspace registry are not supported',
  )
  .describe('Registered model, as catalog.schema.model.');

export const aliasName = nameLike(ALIAS_NAME, 'must be an alias name, without @').describe(
  'Alias name, without the @.',
);

export const entityName = nameLike(ENDPOINT_NAME, 'must be a served entity name: letters, digits, - or _');
export const entity = entityName.describe('Served entity name, from get_endpoint.');

/** An id of the journal. */
export const changeId = z
  .string()
  .refine((text) => /^\w{1,30}$/.test(text), 'must be a change id; list_changes shows the ids');

/** A user, a group or a service principal. Blanks around it are no part of a name. */
export const principal = z
  .string()
  .max(255)
  .refine((text) => text !== '' && text === text.trim(), 'must be a name without blanks around it');

const addresses = z.array(
  z.string().refine((text) => /^[^\s@,;<>]+@[^\s@,;<>]+$/.test(text), 'must be an e-mail address'),
);

/** Who gets an e-mail when an update ends. */
export const notifications = checkedRecord(
  z.strictObject({ on_update_success: addresses.optional(), on_update_failure: addresses.optional() }),
).describe('E-mail addresses: {on_update_success: [], on_update_failure: []}.');

/** Published as a plain object, because the full schema would cost too many tokens. The schema still checks the value. */
export function checkedRecord(schema: z.ZodType) {
  const checked = z.record(z.string(), z.unknown()).superRefine((value, context) => {
    const parsed = schema.safeParse(value);
    for (const issue of parsed.error?.issues ?? []) context.addIssue({ ...issue });
  });
  return readBy(schema, checked);
}

export const traffic = z.record(z.string(), z.int().min(0).max(100)).describe('Traffic percent by served entity name.');

export const workloadSize = z
  .enum(['Small', 'Medium', 'Large'])
  .optional()
  .describe('Up to 4, 16 or 64 concurrent requests.');

export const workloadType = z.string().max(30).optional().describe('CPU, GPU_SMALL, GPU_MEDIUM, …');

/** @param fallback the default, in seconds. */
export function waitSeconds(fallback: number) {
  return z.number().min(0).max(1800).default(fallback).describe('Seconds to wait. Many clients time out at 60.');
}

/** The preview lists changes and requests, or shows them as CLI commands, an asset bundle or curl lines. */
export const dryRun = z
  .union([z.boolean(), z.enum(EXPORT_FORMS)])
  .default(false)
  .describe('Preview; cli, bundle or curl: as commands.');

/** For writes that need a person's approval, where the client shows no dialog. `checkConfirm` has the rule. */
export const confirm = z
  .string()
  .max(63)
  .optional()
  .describe('Exact name, once the user agreed. Needs if_fingerprint of that answer.');

/** Every write to an existing endpoint takes both. */
export const writeParams = {
  dry_run: dryRun,
  if_fingerprint: z
    .string()
    .refine((text) => /^[0-9a-f]{12}$/.test(text), 'must be the 12 hex digits from a preview or get_endpoint')
    .optional()
    .describe('From a preview or get_endpoint; refuses if changed since.'),
};

/** An object of the REST API, published as a plain object. The service documents its fields, and a pure check validates them. */
export const record = z.record(z.string(), z.unknown());

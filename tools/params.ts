/** Fields that several tools share. Rules that a sentence tells better than a pattern are checked by `refine`, which is not published. */
import * as z from 'zod';
import { ENDPOINT_NAME, MODEL_NAME } from '../src/rest/names.ts';
import { EXPORT_FORMS } from '../src/write/planned-write.ts';

export const endpoint = z
  .string()
  .refine(
    (text) => ENDPOINT_NAME.test(text),
    'must be 1 to 63 letters, digits, - or _, beginning with a letter or digit',
  )
  .describe('Endpoint name, from list_endpoints.');

/** A model version, or an alias with `@` before it, which is resolved when the call is made. */
export const version = z
  .union([z.string(), z.int()])
  .transform(String)
  .refine((text) => /^([1-9]\d{0,9}|@[\w-]{1,255})$/.test(text), 'must be a version number such as "3", or "@alias"')
  .describe('Version number, or @alias.');

/** A model version where no model is at hand whose alias could be resolved. */
export const versionNumber = z
  .union([z.string(), z.int()])
  .transform(String)
  .refine(
    (text) => /^[1-9]\d{0,9}$/.test(text),
    'must be a version number such as "3"; list_model_versions says which one an alias names',
  )
  .describe('Version number.');

export const model = z
  .string()
  .refine(
    (text) => MODEL_NAME.test(text),
    'must be catalog.schema.model; list_model_versions finds it by a part of the name',
  )
  .describe('Model as catalog.schema.model.');

export const aliasName = z
  .string()
  .refine((text) => /^[A-Za-z][\w-]{0,254}$/.test(text), 'must be an alias name, without @')
  .describe('Alias name, without @.');

export const entityName = z
  .string()
  .refine((text) => ENDPOINT_NAME.test(text), 'must be a served entity name: letters, digits, - or _');
export const entity = entityName.describe('Served entity name, from get_endpoint.');

const addresses = z.array(
  z.string().refine((text) => /^[^\s@,;<>]+@[^\s@,;<>]+$/.test(text), 'must be an e-mail address'),
);

/** Whom the service writes to when an update ends. */
export const notifications = checkedRecord(
  z.strictObject({ on_update_success: addresses.optional(), on_update_failure: addresses.optional() }),
).describe('{on_update_success, on_update_failure}: e-mails.');

/** A plain object in what is published, checked with a schema whose full form would cost too much there. */
export function checkedRecord(schema: z.ZodType) {
  return z.record(z.string(), z.unknown()).superRefine((value, context) => {
    const parsed = schema.safeParse(value);
    for (const issue of parsed.success ? [] : parsed.error.issues) {
      const message = issue.code === 'unrecognized_keys' ? `unknown field ${issue.keys.join(', ')}` : issue.message;
      context.addIssue({ code: 'custom', path: issue.path, message });
    }
  });
}

/** Percent by entity name. */
export const traffic = z.record(z.string(), z.int().min(0).max(100)).describe('Percent by entity name.');

/** @param fallback seconds to hold when the caller says nothing. */
export function waitSeconds(fallback: number) {
  return z.number().min(0).max(1800).default(fallback).describe('Clients often end calls over 60.');
}

/** A preview: the changes and requests, or the same as CLI commands, an asset bundle or curl lines. */
export const dryRun = z
  .union([z.boolean(), z.enum(EXPORT_FORMS)])
  .default(false)
  .describe('Preview only.');

/** For writes that need a person's consent where the client cannot ask. */
export const confirm = z.string().max(63).optional().describe('Name, once the person agreed.');

/** Every write to an existing endpoint takes these two. */
export const writeParams = {
  dry_run: dryRun,
  if_fingerprint: z
    .string()
    .refine((text) => /^[0-9a-f]{12}$/.test(text), 'must be the 12 hex digits that a dry run or get_endpoint gave')
    .optional()
    .describe('Refuse if changed since.'),
};

/** An object of the REST API that a pure check looks into; published as a plain object, its fields are in the service's documentation. */
export const record = z.record(z.string(), z.unknown());

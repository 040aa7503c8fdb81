/** Fields that several tools share. */
import * as z from 'zod';
import { endpointNameSchema, MODEL_NAME } from '../src/rest/names.ts';

export const endpoint = endpointNameSchema.describe('Endpoint name, from list_endpoints.');

/** A model version, or an alias with `@` before it, which is resolved when the call is made. */
export const version = z
  .union([
    z.string().regex(/^([1-9]\d{0,9}|@[\w-]{1,255})$/, 'must be a version number such as "3", or "@alias"'),
    z.int().min(1),
  ])
  .transform(String)
  .describe('Model version, "3", or an alias, "@champion".');

export const model = z
  .string()
  .regex(MODEL_NAME, 'must be catalog.schema.model')
  .describe('Registered model, catalog.schema.model.');

export const entity = z
  .string()
  .regex(/^[A-Za-z0-9][\w-]{0,62}$/, 'must be a served entity name: letters, digits, - or _')
  .describe('Served entity name, from get_endpoint.');

/** @param fallback seconds to hold when the caller says nothing. */
export function waitSeconds(fallback: number) {
  return z
    .number()
    .min(0)
    .max(1800)
    .default(fallback)
    .describe(`Seconds to wait at most (default ${fallback}). Clients often end calls over 60.`);
}

/** Every write takes these two. */
export const writeParams = {
  dry_run: z.boolean().default(false).describe('Only show what would change.'),
  if_fingerprint: z
    .string()
    .regex(/^[0-9a-f]{12}$/, 'must be the 12 hex digits that a dry run or get_endpoint gave')
    .optional()
    .describe('Refuse if the endpoint changed since this fingerprint.'),
};

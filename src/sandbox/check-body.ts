import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { invalid } from './errors.ts';

const ajv = new Ajv({ strict: false, verbose: true });

type Body = Record<string, unknown>;

/**
 * Checks the shape of a body. A wrong field is a 400 that names the field and what it accepts. The service's own texts are not known.
 * assumed: validation-text
 */
export function shapeCheck<T>(schema: object): (body: Body) => T {
  // Compiled at first use. Compiling a dozen schemas at start-up would take most of the sandbox's starting time.
  let validate: ValidateFunction<T> | undefined;
  return (body) => {
    validate ??= ajv.compile<T>(schema);
    const candidate: unknown = body;
    if (validate(candidate)) return candidate;
    throw invalid(complaint(validate.errors?.[0]));
  };
}

function complaint(error: ErrorObject | undefined): string {
  if (!error) return 'Invalid request body.';
  const field = error.instancePath
    .split('/')
    .slice(1)
    .map((part) => (/^\d+$/.test(part) ? `[${part}]` : `.${part}`))
    .join('')
    .replace(/^\./, '');
  if (error.keyword === 'enum') {
    const allowed = error.params.allowedValues.join(', ');
    return `Invalid value ${JSON.stringify(error.data)} for ${field}. Allowed values: ${allowed}.`;
  }
  if (error.keyword === 'required') {
    return `Missing required field: ${[field, error.params.missingProperty].filter(Boolean).join('.')}.`;
  }
  if (error.keyword === 'additionalProperties') {
    return `Unknown field: ${[field, error.params.additionalProperty].filter(Boolean).join('.')}.`;
  }
  return `Invalid value for ${field || 'the request body'}: ${error.message}.`;
}

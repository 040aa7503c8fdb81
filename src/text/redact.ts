/** Redacts secrets in texts, found by their form and by the name before them. */
import { redactNamed } from './named-values.ts';
import { SECRET_FORMS } from './secret-forms.ts';
import { isPasswordName, isSecretVariable } from './secret-names.ts';
import { isMask } from './secret-values.ts';

export const REDACTED = '***';

/** Most names and values of an answer. No form of a secret is a word this short, and a name needs a sign before its value. */
const SHORT_WORD = /^[\w.-]{0,18}$/;

/** Replaces credentials with `***`. References such as `{{secrets/scope/key}}` are not secrets and stay. */
export function redact(text: string): string {
  if (SHORT_WORD.test(text)) return text;
  try {
    return redactForms(text);
  } catch (error) {
    // A pattern has no memory left for one run of millions of characters. What could not be searched is not shown.
    if (error instanceof RangeError) return REDACTED;
    throw error;
  }
}

function redactForms(text: string): string {
  let redacted = text;
  for (const form of SECRET_FORMS) {
    redacted = redacted.replace(form, (match: string, kept: unknown) =>
      isMask(match) ? match : (typeof kept === 'string' ? kept : '') + REDACTED,
    );
  }
  return redactNamed(redacted, REDACTED);
}

/** Looks like a secret after every name. */
const STAND_IN = 'Zq8xV3nT5kW9pL2r';

/** Whether a text has the mark in the place of a secret, as in `postgres://user:***@host`. Elsewhere, three stars are only stars. */
export function isMasked(text: string): boolean {
  if (text === REDACTED) return true;
  if (!text.includes(REDACTED)) return false;
  const stars = (seen: string) => seen.split(STAND_IN).length;
  const whole = text.replaceAll(REDACTED, STAND_IN);
  return stars(redact(whole)) < stars(whole);
}

const REFERENCE = /^\{\{\s*secrets\/([^/{}\s]+)\/([^/{}\s]+)\s*\}\}$/;

/** Scope and key of a reference to a workspace secret (fact K1). Undefined for any other value. */
export function secretReference(value: string): { scope: string; key: string } | undefined {
  const [, scope, key] = REFERENCE.exec(value) ?? [];
  return scope && key ? { scope, key } : undefined;
}

/**
 * Whether a variable is a raw secret, by its name or the form of its value. Input checks, display and journal all use this rule. References,
 * numbers and booleans are not secrets (MAX_TOKENS=200), except a long number in a variable named like a password.
 */
export function looksSecret(name: string, value: string): boolean {
  if (secretReference(value) || /^(true|false)?$/i.test(value)) return false;
  if (/^[-+]?\d+(\.\d+)?$/.test(value)) return value.length > 3 && isPasswordName(name);
  return isSecretVariable(name) || redact(value) !== value;
}

/** Environment variables for display, with raw secrets redacted and references shown. */
export function redactEnvironment(variables: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, redactVariable(name, value)]));
}

export function redactVariable(name: string, value: string): string {
  if (!looksSecret(name, value)) return value;
  return isSecretVariable(name) ? REDACTED : redact(value);
}

/** As {@link redactEnvironment}, for values of any type. */
export function redactVariables(variables: unknown): unknown {
  if (typeof variables !== 'object' || variables === null) return variables;
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [
      name,
      typeof value === 'string' ? redactVariable(name, value) : value,
    ]),
  );
}

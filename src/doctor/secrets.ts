/** Removes secrets from the report: by their form, and those that the configuration of this machine contains. Pure. */
import { CI_SECRETS } from '../auth/attributes.ts';
import type { IniSections } from '../auth/ini.ts';
import { unquoted } from '../connection/unquoted.ts';
import { REDACTED, redact } from '../text/redact.ts';
import { stripControls } from '../text/sanitize.ts';
import { isSecretVariable } from '../text/secret-names.ts';

/** Shorter values are words of the report itself. */
const LEAST = 4;

/** Keys and variables that hold a secret and whose names do not say so. */
const OTHERS = new Set([
  ...CI_SECRETS,
  'DATABRICKS_METADATA_SERVICE_URL',
  'metadata_service_url',
  'GOOGLE_CREDENTIALS',
]);

/** The secrets in variables and in the profile file: values of names that promise one, and passwords in addresses. */
export function knownSecrets(env: Record<string, string | undefined>, profiles: IniSections | undefined): string[] {
  const pairs = [...Object.entries(env), ...[...(profiles?.values() ?? [])].flatMap((values) => [...values])];
  return pairs.flatMap(([name, value]) => {
    if (value === undefined) return [];
    const isSecret = isSecretVariable(name) || OTHERS.has(name);
    return [...(isSecret ? [value, unquoted(value)] : []), ...loginIn(value)];
  });
}

/** User and password of an address, as they are and decoded. A user alone can be a token. */
function loginIn(value: string): string[] {
  const [, login] = /^\s*["']?(?:[a-z][a-z0-9+.-]*:\/\/)?([^\s/@]+)@[^\s@]+$/i.exec(value) ?? [];
  if (login === undefined) return [];
  const [user = '', ...rest] = login.split(':');
  const password = rest.join(':');
  // An e-mail address is a name without a password.
  const parts = password === '' ? (value.includes('://') ? [user] : []) : [password];
  return parts.flatMap((part) => [part, decoded(part)]);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** A function that cleans every text of the report. */
export function createScrub(secrets: readonly string[]): (text: string) => string {
  // Longest first, or a secret that starts with another one would leave its rest.
  const known = [...new Set(secrets)].filter(({ length }) => length >= LEAST).sort((a, b) => b.length - a.length);
  return (text) => {
    let clean = stripControls(text);
    for (const secret of known) clean = clean.replaceAll(secret, REDACTED);
    return redact(clean);
  };
}

import type { Workspace } from './state.ts';

/** A secret reference. It must be the whole value. */
const REFERENCE = /^\{\{\s*secrets\/([^/{}\s]+)\/([^/{}\s]+)\s*\}\}$/;

/** Whether a value is a `{{secrets/scope/key}}` reference. */
export function isReference(value: string): boolean {
  return REFERENCE.test(value);
}

/** The problem with a secret reference, or null when it resolves or the value is plain text. */
export function missingSecret(workspace: Workspace, value: string): string | null {
  const [, scope, key] = REFERENCE.exec(value) ?? [];
  if (scope === undefined || key === undefined) return null;
  const held = workspace.scopes.get(scope);
  if (!held) return `Scope ${scope} does not exist!`;
  return held.keys.has(key) ? null : `Secret does not exist with scope: ${scope} and key: ${key}`;
}

/** Several warnings as one text. Undefined when there are none. Pure. */
export function allWarnings(...warnings: (string | undefined)[]): string | undefined {
  return warnings.filter(Boolean).join('; ') || undefined;
}

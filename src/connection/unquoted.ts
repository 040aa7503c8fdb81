/** A value without blanks and quotes around it. A shell removes the quotes, but a client that reads a file of variables often keeps them. */
export function unquoted(value = ''): string {
  const trimmed = value.trim();
  return /^(["']).*\1$/s.test(trimmed) ? trimmed.slice(1, -1).trim() : trimmed;
}

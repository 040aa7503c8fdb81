/** How a person starts this program again: a text that says "run this" must name a command that exists here. Pure. */

export interface Invocation {
  /** The name of the command, which is that of its link. */
  name: string;
  version: string;
  /** The path that Node was given, which may be a link. */
  started: string;
  /** The same path without links. */
  file: string;
}

/** The package that a file of `node_modules` belongs to, perhaps with a scope. */
export function packageIn(file: string): string | undefined {
  return /^.*[\\/]node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)[\\/]dist[\\/]/.exec(file)?.[1]?.replace('\\', '/');
}

/** The start of a command line: the bare command of an installation, `npx` with the package in its cache, or Node and the file of a clone. */
export function invocation({ name, version, started, file }: Invocation): string {
  const isNpx = /[\\/]_npx[\\/]/.test(file) || /[\\/]_npx[\\/]/.test(started);
  if (isNpx) return `npx -y ${packageIn(file) ?? name}@${version}`;
  const isCommand = started.replace(/^.*[\\/]/, '').replace(/\.(?:cmd|ps1|exe)$/i, '') === name;
  // A package of a project has its commands where only npx looks for them.
  if (isCommand) return /[\\/]node_modules[\\/]\.bin[\\/]/.test(started) ? `npx ${name}` : name;
  return `node ${quoted(started)}`;
}

/** A word of a command line as a person types it. */
export function quoted(word: string): string {
  return /^[\w.:/\\@=+-]+$/.test(word) ? word : `"${word}"`;
}

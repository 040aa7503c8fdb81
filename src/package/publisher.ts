/** Who publishes the packages, and where: read from `publisher.json`, which a maintainer fills in. */

/** The fields of `publisher.json`. `null` means not filled in. */
export interface Publisher {
  /** Name of the package on npm, with or without a scope. The program, its command and its user agent keep their own name. */
  npmPackage: string | null;
  /** `https://github.com/OWNER/REPOSITORY`. OWNER also names the server in the MCP registry, in its upper and lower case. */
  repository: string | null;
  author: Author | null;
}

export interface Author {
  name: string;
  email?: string;
  /** An https address. */
  url?: string;
}

/** What each field is for, in the order of the file. */
const FIELDS: Record<keyof Publisher, string> = {
  npmPackage: 'the name on npm, such as "databricks-serving-mcp" or "@your-scope/databricks-serving-mcp"',
  repository: 'the address on GitHub, such as "https://github.com/OWNER/REPOSITORY"',
  author: 'who publishes it, such as {"name": "…", "email": "…", "url": "https://…"}; email and url are optional',
};

/** npm's rule for new names, without the length. */
const NPM_NAME = /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/;
const REPOSITORY = /^https:\/\/github\.com\/[A-Za-z0-9-]+\/[\w.-]*\w$/;

/**
 * Checks the content of `publisher.json`.
 * @throws Error that names the field, and what belongs there.
 */
export function parsePublisher(text: string, file: string): Publisher {
  const value = readObject(text, file);
  const unknown = Object.keys(value).filter((name) => !(name in FIELDS));
  if (unknown.length > 0) throw new Error(`${file}: unknown field ${unknown.join(', ')}. ${known(FIELDS)}`);
  const { npmPackage = null, repository = null, author = null } = value;
  const wrong = (name: keyof Publisher) => new Error(`${file}: ${name} must be ${FIELDS[name]}, or null`);
  if (npmPackage !== null && !(isText(npmPackage) && NPM_NAME.test(npmPackage) && npmPackage.length <= 214))
    throw wrong('npmPackage');
  if (repository !== null && !(isText(repository) && REPOSITORY.test(repository) && !repository.endsWith('.git')))
    throw wrong('repository');
  if (author !== null && !isAuthor(author)) throw wrong('author');
  return { npmPackage, repository, author };
}

/** The fields that are not filled in, each with its meaning. */
export function missing(publisher: Publisher): { field: keyof Publisher; meaning: string }[] {
  return Object.entries(FIELDS)
    .map(([field, meaning]) => ({ field: field as keyof Publisher, meaning }))
    .filter(({ field }) => publisher[field] === null);
}

/** The owner of the repository, in its upper and lower case: the registry compares it. */
export function ownerOf(repository: string): string {
  return new URL(repository).pathname.split('/')[1] ?? '';
}

function readObject(text: string, file: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`${file} is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!isObject(value)) throw new Error(`${file} must hold an object. ${known(FIELDS)}`);
  return value;
}

const known = (fields: object) => `The fields are ${Object.keys(fields).join(', ')}.`;
const isText = (value: unknown): value is string => typeof value === 'string';

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isAuthor(value: unknown): value is Author {
  if (!isObject(value)) return false;
  const { name, email, url, ...others } = value;
  return (
    Object.keys(others).length === 0 &&
    isText(name) &&
    name.trim() !== '' &&
    (email === undefined || (isText(email) && /^[^\s@<>]+@[^\s@<>]+$/.test(email))) &&
    (url === undefined || (isText(url) && /^https:\/\/\S+$/.test(url)))
  );
}

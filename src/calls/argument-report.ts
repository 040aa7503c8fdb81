/** Arguments that do not fit, as the answer of a tool: each problem with its argument, the name that was meant, and the right form as a call. Pure. */
import type * as z from 'zod';
import { isObject } from '../rest/json.ts';
import { meantName } from '../text/other-names.ts';
import { clip } from '../text/sanitize.ts';
import type { Tool } from '../tool.ts';
import type { Report } from './error-report.ts';
import { exampleCall, renamed } from './example-call.ts';
import { fieldsAt } from './schema-forms.ts';

type ToolInput = Pick<Tool, 'name' | 'input' | 'synonyms'>;
type Path = readonly PropertyKey[];

/** At most this many problems in one report. */
const MAX_PROBLEMS = 12;

/** @param given the arguments as they were checked. */
export function argumentReport(tool: ToolInput, given: unknown, error: z.ZodError): { error: Report } {
  const problems: string[] = [];
  const meant = new Map<string, string>();
  for (const issue of error.issues.slice(0, MAX_PROBLEMS)) {
    if (issue.code !== 'unrecognized_keys') problems.push(problemOf(tool, given, issue));
    else
      for (const key of issue.keys.slice(0, MAX_PROBLEMS)) {
        const names = meantNames(tool, issue.path, key);
        problems.push(unknownName(key, issue.path, names));
        const [only, ...others] = names;
        if (only !== undefined && others.length === 0 && issue.path.length === 0) meant.set(key, only);
      }
  }
  const known = Object.keys(tool.input.shape);
  const example = exampleCall(tool, renamed(given, meant));
  return {
    error: {
      code: 'invalid_arguments',
      message: `${tool.name} did not run: ${problems.slice(0, MAX_PROBLEMS).join('; ')}`,
      next: `Correct the call. ${tool.name} takes: ${known.join(', ') || 'no arguments'}. An example of the right form: ${example}`,
      retryable: false,
    },
  };
}

function unknownName(key: string, path: Path, names: readonly string[]): string {
  const [what, where] = path.length === 0 ? ['argument', ''] : ['field', ` in ${path.join('.')}`];
  const hint = names.length === 0 ? '' : `: did you mean "${names.join('" or "')}"?`;
  return `unknown ${what} "${clip(key, 60)}"${where}${hint}`;
}

/** The likely meanings of an unknown name. `name` means the endpoint, model or app, which the tools name by its kind. */
function meantNames({ input, synonyms }: ToolInput, path: Path, key: string): readonly string[] {
  const known = fieldsAt(input, path);
  const synonym = path.length === 0 ? synonyms?.get(key) : undefined;
  if (synonym) return synonym;
  const kind =
    key === 'name' && path.length === 0 ? known.find((each) => /^(endpoint|model|app)$/.test(each)) : undefined;
  const meant = kind ?? meantName(key, known);
  return meant === undefined ? [] : [meant];
}

function problemOf({ input }: ToolInput, given: unknown, issue: z.core.$ZodIssue): string {
  const { path } = issue;
  const at = path.join('.') || 'arguments';
  const value = path.reduce<unknown>((inner, name) => (isContainer(inner) ? inner[name] : undefined), given);
  if (value === undefined && path.length > 0 && isContainer(given)) return `${at} is missing`;
  const [first, name] = path;
  const remove = `remove_${String(first)}`;
  if (value === null && name !== undefined && remove in input.shape)
    return `${at} is null, which removes nothing; give ${remove}: [${JSON.stringify(clip(String(name), 60))}]`;
  return `${at}: ${expected(issue)}${value === null ? ', not null' : ''}`;
}

function isContainer(value: unknown): value is Record<PropertyKey, unknown> {
  return isObject(value) || Array.isArray(value);
}

const WORDS: Record<string, string> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

/** The values that would fit. For a choice between forms, the schema itself says only that none matches. */
function expected(issue: z.core.$ZodIssue): string {
  const forms = fittingForms(issue);
  return forms.length === 0 ? issue.message : `expected ${[...new Set(forms)].join(' or ')}`;
}

function fittingForms(issue: z.core.$ZodIssue): string[] {
  if (issue.code === 'invalid_union') return issue.errors.flat().flatMap((each) => fittingForms(each));
  if (issue.code === 'invalid_type') return [WORDS[issue.expected] ?? issue.expected];
  if (issue.code === 'invalid_value')
    return [`one of ${issue.values.map((value) => JSON.stringify(value)).join(', ')}`];
  return [];
}

/** Which tools this server publishes, and answers that offer no others. Pure. */
import { parseCalls } from '../journal/lines.ts';
import { enumeration, howToAllow, howToEnable, type ToolResult } from '../refusal.ts';
import { isObject } from '../rest/json.ts';
import type { Reach } from '../rights/reach.ts';
import type { Tool } from '../tool.ts';
import type { ChosenToolsets } from '../toolsets.ts';

/** What a person said at the start about the tools. */
export interface Limits {
  readOnly: boolean;
  /** Switches the query tools off, which cost money. */
  noQuery: boolean;
  /** Undefined: all. */
  toolsets: ChosenToolsets | undefined;
  /** How a person enables what `readOnly` hides, in a sentence. Undefined: by an option of the server. */
  toWrite?: string | undefined;
  /** What the identity of the calls reaches. Undefined: all that its rights allow. */
  reach?: Reach | undefined;
}

/** The part of a tool that decides whether it is published. */
export type Known = Pick<Tool, 'name' | 'effect' | 'toolsets' | 'needs'>;

/** Whether a tool is published. In read-only mode, a call of a hidden write is refused with its preview. */
export function isPublished(tool: Omit<Known, 'name'>, limits: Limits): boolean {
  return isChosen(tool, limits) && !isQueryOff(tool, limits) && !isWriteOff(tool, limits) && !limits.reach?.hides(tool);
}

function isChosen({ toolsets }: Pick<Tool, 'toolsets'>, limits: Limits): boolean {
  return limits.toolsets?.names.some((each) => toolsets.includes(each)) ?? true;
}

function isQueryOff({ effect }: Pick<Tool, 'effect'>, { noQuery }: Limits): boolean {
  return effect === 'query' && noQuery;
}

function isWriteOff({ effect }: Pick<Tool, 'effect'>, { readOnly }: Limits): boolean {
  return (effect === 'write' || effect === 'destroy') && readOnly;
}

/** The tools that exist and are not published. */
export function unpublished<Each extends Known>(tools: readonly Each[], limits: Limits): Each[] {
  return tools.filter((tool) => !isPublished(tool, limits));
}

/** Codes of refusals that already say how a person enables the tool. */
const SAYS_HOW: ReadonlySet<unknown> = new Set(['read_only', 'no_query', 'not_in_toolsets', 'not_reached']);

/** The refusal of a call that needs an option of the start to be changed first, or undefined. Hidden writes are refused later, with their preview. */
export function refusalOfHidden(tool: Known, limits: Limits): ToolResult | undefined {
  const refused = (code: string, message: string, next: string) => ({
    error: { code, message, next, retryable: false },
  });
  const { reach } = limits;
  if (reach?.hides(tool)) return refused('not_reached', `${tool.name}: ${reach.why(tool.needs ?? [])}`, reach.next);
  if (limits.toolsets && !isChosen(tool, limits)) {
    const { from, names } = limits.toolsets;
    const message = `${tool.name} is not among the tools of this server: ${from} is ${names.join(',')}`;
    return refused('not_in_toolsets', message, howToPublish([tool], limits));
  }
  if (isQueryOff(tool, limits)) {
    const message = 'this server was started with --no-query, so it sends no inferences';
    return refused('no_query', message, howToAllow('queries', '--no-query'));
  }
  return undefined;
}

/** How a person enables tools. An agent cannot. */
function howToPublish(all: readonly Known[], limits: Limits): string {
  const { toolsets, reach } = limits;
  const tools = all.filter((tool) => !reach?.hides(tool));
  const hidden = all.filter((tool) => !tools.includes(tool));
  const beyond = reach && hidden.length > 0 ? [`T${reach.why(hidden.flatMap(needsOf)).slice(1)}.`, reach.next] : [];
  if (tools.length === 0) return beyond.join(' ');
  if (limits.toWrite !== undefined && tools.some((tool) => isWriteOff(tool, limits))) return limits.toWrite;
  const missing = [...new Set(tools.filter((tool) => !isChosen(tool, limits)).map((tool) => tool.toolsets[0]))];
  const steps = [
    ...(tools.some((tool) => isWriteOff(tool, limits)) ? ['switch --read-only off'] : []),
    ...(tools.some((tool) => isQueryOff(tool, limits)) ? ['switch --no-query off'] : []),
    ...(toolsets && missing.length > 0 ? [`add ${missing.join(',')} to ${toolsets.from}`] : []),
  ];
  return [howToEnable(tools.length === 1 ? 'it' : 'them', steps), ...beyond].join(' ');
}

function needsOf({ needs = [] }: Known): NonNullable<Known['needs']> {
  return needs;
}

/** A sentence about the tools that a text names and this server does not publish. Empty when it names none. */
export function noteOn(text: string, hidden: readonly Known[], limits: Limits): string {
  const named = hidden.filter(({ name }) => new RegExp(`\\b${name}\\b`).test(text));
  return named.length === 0 ? '' : note(named, limits);
}

function note(named: readonly Known[], limits: Limits): string {
  return `This server does not publish ${enumeration(named.map(({ name }) => name))}. ${howToPublish(named, limits)}`;
}

/** Fields that offer a call, and nothing else. */
const OFFERS: ReadonlySet<string> = new Set(['next', 'undo', 'code']);

/** Fields that name a tool as a part of a record. */
const RECORDS: ReadonlySet<string> = new Set(['tool', 'finished_by']);

/**
 * An answer without offers of tools that this server does not publish. Sentences that name one stay, because they say what happened and what could be
 * done. A sentence in `not_published`, or in the advice of an error, then says how a person enables the tool.
 */
export function withoutUnpublished(answer: ToolResult, tools: readonly Known[], limits: Limits): ToolResult {
  const hidden = unpublished(tools, limits);
  const named = new Set<string>();
  const pattern = new RegExp(`\\b(?:${hidden.map(({ name }) => name).join('|')})\\b`, 'g');
  if (hidden.length === 0 || JSON.stringify(answer).search(pattern) === -1) return answer;

  function namesIn(text: string): string[] {
    return [...text.matchAll(pattern)].map(([name]) => name);
  }
  function without(value: unknown): unknown {
    if (typeof value === 'string') for (const name of namesIn(value)) named.add(name);
    if (Array.isArray(value)) return value.map(without);
    if (!isObject(value)) return value;
    return Object.fromEntries(
      Object.entries(value).flatMap(([key, inner]) => {
        if (RECORDS.has(key)) return [[key, inner]];
        const kept = without(inner);
        return OFFERS.has(key) && isOffer(inner) ? [] : [[key, kept]];
      }),
    );
  }
  /** A text that is nothing but calls, of which one cannot be made. */
  function isOffer(value: unknown): boolean {
    if (typeof value !== 'string' || namesIn(value).length === 0) return false;
    return parseCalls(value)?.some(({ tool }) => hidden.some(({ name }) => name === tool)) ?? false;
  }

  const rest = without(answer) as ToolResult; // an object stays an object
  const missing = hidden.filter(({ name }) => named.has(name));
  if (missing.length === 0) return rest;
  const { error } = rest;
  if (!isObject(error)) return { ...rest, not_published: note(missing, limits) };
  if (SAYS_HOW.has(error.code)) return rest;
  const next = [error.next, note(missing, limits)].filter((text) => typeof text === 'string').join(' ');
  return { ...rest, error: { ...error, next } };
}

/** Texts for models without the sentences that name a tool which this server does not publish. */
export function withoutSentences(text: string, hidden: readonly Known[]): string {
  if (hidden.length === 0) return text;
  const pattern = new RegExp(`\\b(?:${hidden.map(({ name }) => name).join('|')})\\b`);
  return text
    .split(/(?<=[.!?]) (?=[A-Z])/)
    .filter((sentence) => !pattern.test(sentence))
    .join(' ');
}

/** What a change of an entry takes away or leaves as it is, and a person might overlook in the difference. Pure. */
import type { Client } from './clients.ts';
import { type Entry, entriesIn } from './entries.ts';
import { wordsOf } from './own-program.ts';
import type { Plan } from './plan.ts';

/** Options that protect a workspace, or choose it. */
const GUARDS = ['read-only', 'no-query', 'policy', 'toolsets', 'consent', 'profile', 'host', 'sandbox'];
/** Options of which either one chooses the workspace. */
const WORKSPACE = ['profile', 'host', 'sandbox'];

/** Sentences, the gravest first. */
export function warningsOn({ file, after, kind }: Plan, client: Client, name: string): string[] {
  if (after === undefined || kind === 'remove') return hardLinks(file);
  const before = entriesIn(client, file.text).get(name);
  const entry = entriesIn(client, after).get(name);
  const off = entry && offField(entry);
  return [
    ...(before && entry ? lost(before, entry) : []),
    ...(off === undefined
      ? []
      : [`the entry stays switched off (${off}). Switch it on in the client, or remove that field.`]),
    ...hardLinks(file),
  ];
}

function lost(before: Entry, entry: Entry): string[] {
  const [old, now] = [optionsOf(before), optionsOf(entry)];
  const gone = GUARDS.filter((option) => old.has(option) && !now.has(option));
  const other = GUARDS.filter((option) => old.has(option) && now.has(option) && old.get(option) !== now.get(option));
  const list = (options: readonly string[]) => options.map((option) => `--${option}`).join(', ');
  const moved = WORKSPACE.some((option) => gone.includes(option)) ? ' The server then works in another workspace.' : '';
  return [
    ...(gone.length === 0
      ? []
      : [`the new entry is without ${list(gone)}, which the old one has.${moved} To keep it, add it to this command.`]),
    ...(other.length === 0 ? [] : [`the new entry has another value of ${list(other)}.`]),
  ];
}

/** Options with their values. A switch that says false is none. */
function optionsOf(entry: Entry): Map<string, string> {
  const words = wordsOf(entry);
  return new Map(
    words.flatMap((word, index): [string, string][] => {
      const [, name, given] = /^--([a-z-]+)(?:=([\s\S]*))?$/.exec(word) ?? [];
      if (name === undefined || given === 'false') return [];
      const next = words[index + 1] ?? '';
      return [[name, given ?? (next.startsWith('--') ? '' : next)]];
    }),
  );
}

function offField({ enabled, disabled }: Entry): string | undefined {
  if (enabled === false) return 'enabled: false';
  return disabled === true ? 'disabled: true' : undefined;
}

function hardLinks({ names, path }: Plan['file']): string[] {
  return names > 1
    ? [`${path} has ${names - 1} other name${names > 2 ? 's' : ''} (hard links). They keep the old content.`]
    : [];
}

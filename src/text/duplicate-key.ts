/** Finds a key that a JSON text gives twice in one object. `JSON.parse` keeps the last value and says nothing. Pure. */

/** A string, a mark, or the end of a line. Numbers and words between them do not matter. */
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:\n]/g;

/** An open object or list, with the line of each key so far. */
interface Open {
  keys: Map<string, number>;
  isObject: boolean;
}

/** The first repeated key, with the lines of both places. Counted from 1. @param text valid JSON. */
export function duplicateKey(text: string): { key: string; first: number; line: number } | undefined {
  const open: Open[] = [];
  let line = 1;
  let expectsKey = false;
  for (const [token] of text.matchAll(TOKEN)) {
    const inside = open.at(-1);
    if (token === '\n') line++;
    else if (token === '{' || token === '[') open.push({ keys: new Map(), isObject: token === '{' });
    else if (token === '}' || token === ']') open.pop();
    else if (expectsKey && token.startsWith('"') && inside) {
      const key = String(JSON.parse(token)); // two spellings of one key are the same key
      const first = inside.keys.get(key);
      if (first !== undefined) return { key, first, line };
      inside.keys.set(key, line);
    }
    if (token !== '\n') expectsKey = (token === '{' || token === ',') && open.at(-1)?.isObject === true;
  }
  return undefined;
}

import initSqlJs, { type Database, type SqlJsStatic } from 'sql.js';
import { AGGREGATES } from './aggregate-functions.ts';
import { fromJson, type Raw, SCALARS } from './scalar-functions.ts';
import { NotInEngine } from './sql-error.ts';
import { STRING, typeNamed } from './types.ts';
import { castText, DAY_MS, dateText, decimalText, doubleText, timestampText } from './values.ts';
import { sqliteWasm } from './wasm.ts';

/** What the types of sql.js leave out. */
interface Aggregating extends Database {
  create_aggregate(
    name: string,
    of: {
      init: () => unknown[];
      step: (seen: unknown[], ...values: Raw[]) => unknown;
      finalize: (seen: unknown[]) => Raw;
    },
  ): void;
}

/** sql.js passes texts of statements and of results of functions over a stack of 5 MB. A longer text would overwrite other memory. */
const LONGEST = 1_000_000;

let loading: Promise<SqlJsStatic> | undefined;

/** Loads SQLite again for the next database. */
export function forgetSqlite(): void {
  loading = undefined;
}

/** A database in memory, with the functions of Databricks SQL. It takes some tens of milliseconds the first time. */
export async function openDatabase(): Promise<Opened> {
  loading ??= sqliteWasm().then((bytes) => initSqlJs({ wasmBinary: new Uint8Array(bytes).buffer }));
  loading.catch(forgetSqlite);
  const { Database } = await loading;
  return opened(new Database());
}

/** A database, and the error of a function that a statement called. SQLite passes on only its text. */
export interface Opened {
  db: Database;
  /** Runs a query and hands over each row until `row` answers false. Throws what a function threw. */
  each(sql: string, row: (values: Raw[]) => boolean): void;
}

function opened(db: Database): Opened {
  let thrown: unknown;
  const guarded =
    <A extends unknown[], R>(run: (...args: A) => R) =>
    (...args: A): R => {
      try {
        const result = run(...args);
        if (typeof result === 'string' && result.length > LONGEST)
          throw new NotInEngine('a function makes a text of more than a million characters');
        return result;
      } catch (error) {
        thrown ??= error;
        throw error;
      }
    };
  const define = (name: string, count: number, run: (...args: Raw[]) => Raw): void => {
    // sql.js takes the number of arguments from the length of the function.
    const fixed = Object.defineProperty(guarded(run), 'length', { value: count });
    db.create_function(name, fixed);
  };
  for (const [name, { args, optional = 0, rest, nulls, run }] of Object.entries(SCALARS)) {
    const call = (...values: Raw[]): Raw => (!nulls && values.includes(null) ? null : run(...values));
    const most = rest === undefined ? args.length : MOST_ARGUMENTS;
    for (let count = args.length - optional; count <= most; count += 1) define(`x_${name.toLowerCase()}`, count, call);
  }
  for (const [name, count, run] of OWN)
    define(name, count, (...values) => (values.includes(null) ? null : run(...values)));
  for (const [name, { args, start, step, finish }] of Object.entries(AGGREGATES)) {
    const counted = Object.defineProperty(
      guarded((seen: unknown[], ...values: Raw[]) => {
        step(seen, ...values);
        return seen; // sql.js keeps what a step returns
      }),
      'length',
      { value: args + 1 },
    );
    (db as Aggregating).create_aggregate(`x_${name.toLowerCase()}`, {
      init: start,
      step: counted,
      finalize: guarded((seen: unknown[]) => finish(seen)),
    });
  }
  return {
    db,
    each(sql, row) {
      thrown = undefined;
      if (sql.length > LONGEST) throw new NotInEngine('it has more than a million characters');
      const statement = db.prepare(sql);
      try {
        while (statement.step()) if (!row(statement.get() as Raw[])) break; // no statement here selects bytes
      } catch (error) {
        throw thrown ?? error;
      } finally {
        statement.free();
      }
    },
  };
}

/** SQLite needs a function for each number of arguments. */
const MOST_ARGUMENTS = 12;

/** Functions that only translated statements call. */
const OWN: [name: string, count: number, run: (...values: Raw[]) => Raw][] = [
  [
    'x_cast',
    4,
    (value, type, scale, attempt) =>
      castText(String(value), { ...(typeNamed(String(type)) ?? STRING), scale: Number(scale) }, attempt === 1),
  ],
  ['x_text', 3, (value, type, scale) => textOf(Number(value), String(type), Number(scale))],
  ['x_day', 1, (at) => Math.floor(Number(at) / DAY_MS)],
  [
    'x_item',
    2,
    (json, key) =>
      fromJson(Reflect.get(JSON.parse(String(json)), typeof key === 'number' ? Math.trunc(key) : String(key))),
  ],
  [
    'x_element',
    2,
    (json, at) => {
      const list: unknown[] = JSON.parse(String(json));
      return fromJson(list.at(Number(at) > 0 ? Number(at) - 1 : Number(at)));
    },
  ],
];

function textOf(value: number, type: string, scale: number): string {
  if (type === 'TIMESTAMP') return timestampText(value);
  if (type === 'DATE') return dateText(value);
  return type === 'DECIMAL' ? decimalText(value, scale) : doubleText(value);
}

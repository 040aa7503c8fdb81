import { isObject } from '../json.ts';
import type { ColumnType, InputColumn } from '../state/model-spec.ts';
import { type Answer, failure } from './answer.ts';
import { dataframeText, pythonRepr, pythonTypeName } from './python-text.ts';

/** A row by column name, cast to the signature. */
export type Row = Record<string, unknown>;

type ParsedRows = { columns: string[]; rows: Row[]; text: string };

const FORMATS = ['inputs', 'instances', 'dataframe_split', 'dataframe_records'];
const ONE_FORMAT =
  "The input must be a JSON dictionary with exactly one of the input fields {'inputs', 'instances', 'dataframe_split', 'dataframe_records'}";
const PROTOCOL_CHANGED =
  'IMPORTANT: The MLflow Model scoring protocol has changed in MLflow version 2.0. If you are seeing this error, you are likely using an outdated scoring request format. For more information about the updated MLflow Model scoring protocol in MLflow 2.0, see https://mlflow.org/docs/latest/models.html#deploy-mlflow-models.';
/** With one of these fields, the scoring server passes the whole body to the model. MLflow calls this unified LLM input. */
const LLM_FIELDS = ['messages', 'prompt', 'input'];

const NUMPY: Record<ColumnType, string> = {
  double: 'float64',
  long: 'int64',
  integer: 'int32',
  boolean: 'bool',
  string: 'object',
};

const wrongShape = (received: string): Answer =>
  failure(400, 'BAD_REQUEST', `${ONE_FORMAT}. ${received}. ${PROTOCOL_CHANGED}`);

const invalidInput = (message: string): Answer => failure(400, 'BAD_REQUEST', `Invalid input. ${message}`);

function isAnswer(value: Answer | ParsedRows | Row[]): value is Answer {
  return 'status' in value;
}

function fromRecords(data: unknown): Answer | ParsedRows {
  if (!Array.isArray(data)) {
    const got = isObject(data) ? 'dictionary' : `type <class '${pythonTypeName(data)}'>`;
    return invalidInput(`Dataframe records format must be a list of records. Got ${got}.`);
  }
  const rows = data.map(
    (item): Row =>
      isObject(item)
        ? item
        : Object.fromEntries((Array.isArray(item) ? item : [item]).map((value, at) => [String(at), value])),
  );
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return { columns, rows, text: dataframeText(columns, rows) };
}

function fromSplit(data: unknown): Answer | ParsedRows {
  if (!isObject(data)) {
    const got = Array.isArray(data) ? 'list' : `type <class '${pythonTypeName(data)}'>`;
    return invalidInput(`Dataframe split format must be a dictionary. Got ${got}.`);
  }
  const keys = Object.keys(data);
  if (!Array.isArray(data.data) || keys.some((key) => !['columns', 'data', 'index'].includes(key))) {
    const got = `{${keys.map(pythonRepr).join(', ')}}`;
    return invalidInput(
      `Dataframe split format must have 'data' field and optionally 'columns' and 'index' fields. Got ${got}.'`,
    );
  }
  const cells = data.data.map((row: unknown): unknown[] => (Array.isArray(row) ? row : [row]));
  const width = Math.max(0, ...cells.map((row) => row.length));
  const columns = Array.isArray(data.columns)
    ? data.columns.map(String)
    : Array.from({ length: width }, (_, at) => String(at));
  if (cells.length > 0 && width !== columns.length) {
    return invalidInput(
      `Provided dataframe_split field is not a valid dataframe representation in 'split' format. Error: '${columns.length} columns passed, passed data had ${width} columns'`,
    );
  }
  const rows = cells.map((row): Row => Object.fromEntries(columns.map((column, at) => [column, row[at]])));
  return { columns, rows, text: dataframeText(columns, rows) };
}

/** `instances` in row form, `inputs` in row or column form. A plain list of values is the column of a one-column signature. */
function fromTensor(data: unknown, signature: readonly InputColumn[]): Answer | ParsedRows {
  const text = pythonRepr(data);
  if (Array.isArray(data)) {
    const only = signature.length === 1 ? signature[0] : undefined;
    if (only !== undefined && !data.some(isObject)) {
      return {
        columns: [only.name],
        rows: data.map((value) => ({ [only.name]: Array.isArray(value) ? value[0] : value })),
        text,
      };
    }
    const parsed = fromRecords(data);
    return isAnswer(parsed) ? parsed : { ...parsed, text };
  }
  if (!isObject(data)) return fromTensor([data], signature);
  const columns = Object.keys(data);
  const lengths = new Set(Object.values(data).map((value) => (Array.isArray(value) ? value.length : 1)));
  if (lengths.size > 1) return invalidInput('The length of values for each input/column name are not the same');
  const rows = Array.from({ length: [...lengths][0] ?? 0 }, (_, at): Row => {
    return Object.fromEntries(
      Object.entries(data).map(([column, value]) => [column, Array.isArray(value) ? value[at] : value]),
    );
  });
  return { columns, rows, text };
}

function parse(body: unknown, signature: readonly InputColumn[]): Answer | ParsedRows {
  if (Array.isArray(body)) return wrongShape('Received a list');
  if (!isObject(body)) return wrongShape(`Received unexpected input type '<class '${pythonTypeName(body)}'>'`);
  if (LLM_FIELDS.some((field) => field in body))
    return { columns: Object.keys(body), rows: [body], text: pythonRepr(body) };
  const formats = FORMATS.filter((format) => format in body);
  if (formats.length !== 1) {
    return wrongShape(`Received dictionary with input fields: ${pythonRepr(Object.keys(body))}`);
  }
  if ('dataframe_records' in body) return fromRecords(body.dataframe_records);
  if ('dataframe_split' in body) return fromSplit(body.dataframe_split);
  return fromTensor('instances' in body ? body.instances : body.inputs, signature);
}

/**
 * Casts as numpy's astype does, with the same leniency: numeric text becomes a number, and an integer column cuts off fractions.
 * evidence: data.python-casts
 */
function cast(value: unknown, type: ColumnType): { value: unknown } | { error: string } {
  if (type === 'string') return { value };
  if (type === 'boolean') return { value: value === null ? false : Boolean(value) };
  const whole = type !== 'double';
  if (value === null || value === undefined) {
    return whole
      ? { error: "IntCastingNaNError('Cannot convert non-finite values (NA or inf) to integer')" }
      : { value: Number.NaN };
  }
  if (typeof value === 'boolean') return { value: value ? 1 : 0 };
  if (typeof value === 'bigint') return { value: whole ? value : Number(value) };
  if (typeof value === 'number') return { value: whole ? Math.trunc(value) : value };
  if (typeof value === 'string') {
    const number = value.trim() === '' ? Number.NaN : Number(value);
    if (Number.isFinite(number) && (!whole || Number.isInteger(number))) return { value: number };
    const reason = whole ? 'invalid literal for int() with base 10' : 'could not convert string to float';
    return { error: `ValueError("${reason}: ${pythonRepr(value)}")` };
  }
  const wanted = whole
    ? 'int() argument must be a string, a bytes-like object or a real number'
    : 'float() argument must be a string or a real number';
  return { error: `TypeError("${wanted}, not '${pythonTypeName(value)}'")` };
}

function castRows(rows: readonly Row[], signature: readonly InputColumn[]): Answer | Row[] {
  const out: Row[] = rows.map((row) => ({ ...row }));
  for (const { name, type } of signature) {
    if (!rows.some((row) => name in row)) continue;
    for (const row of out) {
      const done = cast(row[name], type);
      if ('error' in done) {
        return invalidInput(
          `Data is not compatible with model signature. Failed to convert column ${name} to type '${NUMPY[type]}'. Error: '${done.error}'`,
        );
      }
      row[name] = done.value;
    }
  }
  return out;
}

function signatureText(signature: readonly InputColumn[]): string {
  const column = ({ name, type, required }: InputColumn): string =>
    `${pythonRepr(name)}: ${type} (${required === false ? 'optional' : 'required'})`;
  return `[${signature.map(column).join(', ')}]`;
}

/** The rows of a request that fits the signature, or the 400 of the scoring server. evidence: data.scoring-errors */
export function readDataframe(body: unknown, signature: readonly InputColumn[]): { rows: Row[] } | { refused: Answer } {
  const parsed = parse(body, signature);
  if (isAnswer(parsed)) return { refused: parsed };
  const rows = castRows(parsed.rows, signature);
  if (isAnswer(rows)) return { refused: rows };
  const missing = signature.filter(({ name, required }) => required !== false && !parsed.columns.includes(name));
  if (missing.length === 0) return { rows };
  const known = new Set(signature.map(({ name }) => name));
  const extra = parsed.columns.filter((column) => !known.has(column));
  const reason =
    `Model is missing inputs ${pythonRepr(missing.map(({ name }) => name))}.` +
    (extra.length > 0 ? ` Note that there were extra inputs: ${pythonRepr(extra)}` : '');
  const enforced = `Failed to enforce schema of data '${parsed.text}' with schema '${signatureText(signature)}'. Error: ${reason}`;
  return {
    refused: failure(400, 'INVALID_PARAMETER_VALUE', `Failed to predict data '${parsed.text}'. \nError: ${enforced}`),
  };
}

/** The answer to a body that is not JSON. */
export function notJson(text: string, reason: string): Answer {
  return invalidInput(
    `Ensure that input is a valid JSON formatted string. Error: '${reason}'\nInput: \n${text.slice(0, 500)}\n`,
  );
}

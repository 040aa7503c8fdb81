import { fraction } from '../ids.ts';
import { toJson } from '../json.ts';
import type { FeatureSpecSpec, InputColumn, TabularSpec } from '../state/model-spec.ts';
import type { Answer } from './answer.ts';
import { type Row, readDataframe } from './dataframe.ts';
import { pythonRepr } from './python-text.ts';

/** An error inside the model's own code. It becomes a 400 with a stack trace. */
class PredictError extends Error {}

/**
 * The 400 of an exception in predict, with a Python traceback that ends in `reason`. The frames are made up; the last line is the one that
 * readers need. evidence: data.predict-exception
 */
export function predictRaised(reason: string): Answer {
  const stack_trace = [
    'Traceback (most recent call last):',
    '  File "/opt/conda/envs/mlflow-env/lib/python3.11/site-packages/mlflowserving/scoring_server/__init__.py", line 631, in transformation',
    '    raw_predictions = model.predict(data, params=params)',
    '  File "/opt/conda/envs/mlflow-env/lib/python3.11/site-packages/mlflow/pyfunc/__init__.py", line 835, in predict',
    '    return self._predict(data, params)',
    reason,
    '',
  ].join('\n');
  return {
    status: 400,
    body: {
      error_code: 'BAD_REQUEST',
      message:
        'Encountered an unexpected error while evaluating the model. Verify that the serialized input Dataframe is compatible with the model for inference.',
      stack_trace,
    },
  };
}

function isMissing(value: unknown): boolean {
  return value === undefined || value === null || Number.isNaN(value);
}

function unknownCategory(column: InputColumn, at: number, value: unknown): PredictError {
  return new PredictError(
    `ValueError: Found unknown categories [${pythonRepr(value)}] in column ${at} (${column.name}) during transform`,
  );
}

/**
 * The part of the score that one column adds. A missing optional value adds nothing, as with an imputer that fills in the mean of a centred
 * column.
 */
function contribution(spec: TabularSpec, row: Row, column: InputColumn, at: number): number {
  const value = row[column.name];
  if (isMissing(value)) {
    if (column.required === false) return 0;
    throw new PredictError(`ValueError: Input X contains NaN. Column: ${column.name}`);
  }
  if (column.enum !== undefined && !column.enum.some((allowed) => allowed === value))
    throw unknownCategory(column, at, value);
  const categories = spec.categories?.[column.name];
  if (categories !== undefined) {
    const weight = Object.hasOwn(categories, String(value)) ? categories[String(value)] : undefined;
    if (weight === undefined) throw unknownCategory(column, at, value);
    return weight;
  }
  const coefficient = Object.hasOwn(spec.coefficients, column.name) ? spec.coefficients[column.name] : undefined;
  if (coefficient === undefined) return 0;
  if (typeof value === 'boolean') return value ? coefficient : 0;
  if (typeof value === 'bigint') return coefficient * Number(value);
  if (typeof value !== 'number')
    throw new PredictError(`ValueError: could not convert string to float: ${pythonRepr(value)}`);
  return coefficient * value;
}

function castOutput(spec: TabularSpec, score: number): unknown {
  const probability = 1 / (1 + Math.exp(-score));
  const value = spec.kind === 'logistic' ? probability : score;
  switch (spec.output?.type) {
    case 'long':
    case 'integer':
      return Math.round(value);
    case 'boolean':
      return spec.kind === 'logistic' ? value >= 0.5 : value > 0;
    case 'string':
      return String(Math.round(value));
    default:
      return value;
  }
}

function predictTabular(spec: TabularSpec, rows: readonly Row[]): Answer {
  try {
    const predictions = rows.map((row) => {
      const score = spec.inputs.reduce((sum, column, at) => sum + contribution(spec, row, column, at), spec.intercept);
      const value = castOutput(spec, score);
      return spec.output === undefined ? value : { [spec.output.name]: value };
    });
    return { status: 200, body: { predictions } };
  } catch (error) {
    if (error instanceof PredictError) return predictRaised(error.message);
    throw error;
  }
}

/**
 * Answers features as hashes of key and feature name in 0..1000 with two decimals. They are stable, and visibly not real data.
 * assumed: data.feature-lookup
 */
function lookUp(spec: FeatureSpecSpec, rows: readonly Row[]): Answer {
  const outputs = rows.map((row) => {
    const keys = spec.primary_keys.map((key): [string, unknown] => [key, row[key]]);
    const id = toJson(keys);
    const features = spec.features.map((name): [string, unknown] => [
      name,
      Math.round(fraction(`${name}\u0000${id}`) * 100_000) / 100,
    ]);
    return Object.fromEntries([...keys, ...features]);
  });
  return { status: 200, body: { outputs } };
}

/**
 * Answers a scoring request for a tabular model or a feature spec. `params` is accepted and has no effect. Refusals have the texts of the
 * MLflow scoring server. evidence: data.scoring-errors
 */
export function predict(spec: TabularSpec | FeatureSpecSpec, body: unknown): Answer {
  if (spec.kind === 'feature-spec') {
    // The key of a feature table may have any type, so keys are used as sent.
    const read = readDataframe(
      body,
      spec.primary_keys.map((name): InputColumn => ({ name, type: 'string' })),
    );
    return 'refused' in read ? read.refused : lookUp(spec, read.rows);
  }
  const read = readDataframe(body, spec.inputs);
  return 'refused' in read ? read.refused : predictTabular(spec, read.rows);
}

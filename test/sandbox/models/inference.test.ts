import { describe, expect, test } from 'vitest';
import { isObject } from '../../../src/sandbox/json.ts';
import { notJson } from '../../../src/sandbox/models/dataframe.ts';
import { predict } from '../../../src/sandbox/models/inference.ts';
import { behaviourAt, type TabularSpec } from '../../../src/sandbox/state/model-spec.ts';

const churn: TabularSpec = {
  kind: 'logistic',
  inputs: [
    { name: 'tenure', type: 'long' },
    { name: 'charges', type: 'double' },
    { name: 'plan', type: 'string', enum: ['basic', 'pro'] },
    { name: 'autopay', type: 'boolean', required: false },
  ],
  output: { name: 'probability', type: 'double' },
  intercept: -1,
  coefficients: { tenure: -0.1, charges: 0.05, autopay: -0.5 },
  categories: { plan: { basic: 0.2, pro: -0.3 } },
};
const price: TabularSpec = {
  kind: 'linear',
  inputs: [{ name: 'area', type: 'double' }],
  intercept: 10,
  coefficients: { area: 2 },
};

const row = { tenure: 10, charges: 40, plan: 'basic', autopay: true };
// -1 - 0.1*10 + 0.05*40 + 0.2 - 0.5 = -0.3
const expected = 1 / (1 + Math.exp(0.3));

function message(answer: { body: unknown }): string {
  return isObject(answer.body) && typeof answer.body.message === 'string' ? answer.body.message : '';
}

describe('all forms of a scoring request give the same rows', () => {
  const forms: [string, unknown][] = [
    ['dataframe_records', { dataframe_records: [row] }],
    ['dataframe_split', { dataframe_split: { columns: Object.keys(row), data: [Object.values(row)] } }],
    [
      'dataframe_split with an index',
      { dataframe_split: { index: [7], columns: Object.keys(row), data: [Object.values(row)] } },
    ],
    ['instances', { instances: [row] }],
    ['inputs by row', { inputs: [row] }],
    ['inputs by column', { inputs: Object.fromEntries(Object.entries(row).map(([key, value]) => [key, [value]])) }],
    ['inputs as one record', { inputs: row }],
    ['params next to the rows', { dataframe_records: [row], params: { threshold: 0.5 } }],
    ['numeric text in a numeric column', { dataframe_records: [{ ...row, charges: '40' }] }],
  ];
  test.each(forms)('%s', (_name, body) => {
    const answer = predict(churn, body);
    expect(answer).toMatchObject({
      status: 200,
      body: { predictions: [{ probability: expect.closeTo(expected, 12) }] },
    });
  });

  test('a list of values is the column of a one-column model, which answers plain numbers', () => {
    expect(predict(price, { inputs: [1, 2.5] })).toEqual({ status: 200, body: { predictions: [12, 15] } });
    expect(predict(price, { instances: [[3]] })).toEqual({ status: 200, body: { predictions: [16] } });
  });

  test('an optional column may be missing and then adds nothing', () => {
    const { autopay: _, ...without } = row;
    const answer = predict(churn, { dataframe_records: [without] });
    expect(answer.body).toEqual({ predictions: [{ probability: expect.closeTo(1 / (1 + Math.exp(-0.2)), 12) }] });
  });

  test('an integer column cuts off fractions, as numpy does', () => {
    const cut = predict(churn, { dataframe_records: [{ ...row, tenure: 10.9 }] });
    expect(cut.body).toEqual(predict(churn, { dataframe_records: [row] }).body);
  });
});

describe('the output type of a model', () => {
  const cases: [TabularSpec['kind'], 'long' | 'boolean' | 'string', number, unknown][] = [
    ['linear', 'long', 2.6, 3],
    ['linear', 'string', 2.6, '3'],
    ['logistic', 'boolean', 0.1, true],
    ['logistic', 'boolean', -0.1, false],
    ['logistic', 'long', 0.1, 1],
  ];
  test.each(cases)('%s as %s of %d is %s', (kind, type, area, value) => {
    const spec: TabularSpec = {
      ...price,
      kind,
      intercept: 0,
      coefficients: { area: 1 },
      output: { name: 'out', type },
    };
    expect(predict(spec, { inputs: [area] }).body).toEqual({ predictions: [{ out: value }] });
  });
});

describe('refusals of the scoring server', () => {
  const cases: [string, unknown, string, string | RegExp][] = [
    ['a list', [row], 'BAD_REQUEST', 'Received a list. IMPORTANT: The MLflow Model scoring protocol has changed'],
    ['a text', 'hello', 'BAD_REQUEST', "Received unexpected input type '<class 'str'>'"],
    [
      'no input field',
      { rows: [row], x: 1 },
      'BAD_REQUEST',
      "Received dictionary with input fields: ['rows', 'x']. IMPORTANT",
    ],
    [
      'two input fields',
      { inputs: [], instances: [] },
      'BAD_REQUEST',
      "Received dictionary with input fields: ['inputs', 'instances']",
    ],
    [
      'records that are not a list',
      { dataframe_records: row },
      'BAD_REQUEST',
      'Dataframe records format must be a list of records. Got dictionary.',
    ],
    [
      'split that is a list',
      { dataframe_split: [row] },
      'BAD_REQUEST',
      'Dataframe split format must be a dictionary. Got list.',
    ],
    [
      'split without data',
      { dataframe_split: { columns: ['a'] } },
      'BAD_REQUEST',
      /must have 'data' field .* Got \{'columns'\}/,
    ],
    [
      'split of another width',
      { dataframe_split: { columns: ['a', 'b'], data: [[1]] } },
      'BAD_REQUEST',
      '2 columns passed, passed data had 1 columns',
    ],
    [
      'columns of unequal length',
      { inputs: { tenure: [1, 2], charges: [1] } },
      'BAD_REQUEST',
      'The length of values for each input/column name are not the same',
    ],
    [
      'text in a numeric column',
      { dataframe_records: [{ ...row, charges: 'abc' }] },
      'BAD_REQUEST',
      "Failed to convert column charges to type 'float64'. Error: 'ValueError(\"could not convert string to float: 'abc'\")'",
    ],
    ['a list in a numeric column', { dataframe_records: [{ ...row, charges: [1] }] }, 'BAD_REQUEST', "not 'list'"],
    [
      'null in an integer column',
      { dataframe_records: [{ ...row, tenure: null }] },
      'BAD_REQUEST',
      'IntCastingNaNError',
    ],
    [
      'missing columns',
      { dataframe_records: [{ charges: 1, colour: 'red' }] },
      'INVALID_PARAMETER_VALUE',
      "Error: Model is missing inputs ['tenure', 'plan']. Note that there were extra inputs: ['colour']",
    ],
    [
      'no rows',
      { dataframe_records: [] },
      'INVALID_PARAMETER_VALUE',
      "Model is missing inputs ['tenure', 'charges', 'plan'].",
    ],
    [
      'a chat request',
      { messages: [{ role: 'user', content: 'hi' }] },
      'INVALID_PARAMETER_VALUE',
      "Note that there were extra inputs: ['messages']",
    ],
  ];
  test.each(cases)('%s', (_name, body, code, text) => {
    const answer = predict(churn, body);
    expect(answer).toMatchObject({ status: 400, body: { error_code: code } });
    if (typeof text === 'string') expect(message(answer)).toContain(text);
    else expect(message(answer)).toMatch(text);
  });

  test('a failed schema enforcement quotes the data and the schema', () => {
    const text = message(predict(price, { dataframe_records: [{ size: 3 }] }));
    expect(text).toBe(
      "Failed to predict data '   size\n0     3'. \nError: Failed to enforce schema of data '   size\n0     3' with schema '['area': double (required)]'. Error: Model is missing inputs ['area']. Note that there were extra inputs: ['size']",
    );
  });

  test.each([
    ['an unseen category', { ...row, plan: 'gold' }, "Found unknown categories ['gold'] in column 2 (plan)"],
    ['a category named like an object property', { ...row, plan: 'constructor' }, 'unknown categories'],
    ['a null in a required numeric column', { ...row, charges: null }, 'Input X contains NaN'],
  ])('%s raises in predict and returns a stack trace', (_name, record, last) => {
    const answer = predict(churn, { dataframe_records: [record] });
    expect(answer).toMatchObject({
      status: 400,
      body: { error_code: 'BAD_REQUEST', stack_trace: expect.stringContaining(last) },
    });
    expect(message(answer)).toContain('Verify that the serialized input Dataframe is compatible');
  });

  test('the refusal of a body that is not JSON quotes it', () => {
    expect(notJson('{oops', 'Unexpected token')).toMatchObject({
      status: 400,
      body: {
        message: expect.stringContaining(
          "Ensure that input is a valid JSON formatted string. Error: 'Unexpected token'\nInput: \n{oops",
        ),
      },
    });
  });
});

test('a feature spec answers keys and stable features, which differ by key', () => {
  const spec = { kind: 'feature-spec', primary_keys: ['user_id'], features: ['age', 'spend'] } as const;
  const body = { dataframe_records: [{ user_id: 1 }, { user_id: 2 }] };
  const first = predict({ ...spec, primary_keys: ['user_id'], features: ['age', 'spend'] }, body);
  const outputs = isObject(first.body) && Array.isArray(first.body.outputs) ? first.body.outputs : [];
  expect(outputs).toHaveLength(2);
  expect(outputs[0]).toEqual({ user_id: 1, age: expect.any(Number), spend: expect.any(Number) });
  expect(outputs[0].age).not.toBe(outputs[1].age);
  expect(predict({ ...spec, primary_keys: ['user_id'], features: ['age', 'spend'] }, body)).toEqual(first);
});

test('a behaviour step applies from its minute on, and keeps the fields that a later step omits', () => {
  const steps = [
    { from_minute: 10, latency_ms: 900 },
    { from_minute: 5, error_rate: 0.2 },
  ];
  expect(behaviourAt(steps, 4.9)).toEqual({});
  expect(behaviourAt(steps, 5)).toEqual({ error_rate: 0.2 });
  expect(behaviourAt(steps, 12)).toEqual({ error_rate: 0.2, latency_ms: 900 });
});

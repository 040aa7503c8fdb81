import { describe, expect, it } from 'vitest';
import type { Column } from '../../src/digest/json-schema.ts';
import { problemsOfRows, rowsOfSplit, splitOf, unevenRows } from '../../src/digest/rows.ts';

const COLUMNS: Column[] = [
  { name: 'tenure', type: 'integer (int64)', required: true },
  { name: 'fee', type: 'number', required: true },
  { name: 'contract', type: 'string', required: true, enum: ['one-year', 'two-year'] },
  { name: 'autopay', type: 'boolean', nullable: true, required: false },
];
const RIGHT = { tenure: 12, fee: 70.5, contract: 'one-year', autopay: null };

describe('rows', () => {
  it.each<[string, Record<string, unknown>, string[]]>([
    ['that fit', RIGHT, []],
    ['without an optional column', { tenure: 12, fee: 1, contract: 'two-year' }, []],
    ['with a column more, which model servers ignore', { ...RIGHT, comment: 'x' }, []],
    ['with an integer where a number is wanted', { ...RIGHT, fee: 70 }, []],
    ['with a missing column', { tenure: 12, fee: 1 }, ['column "contract" (string) is missing']],
    ['with text for a number', { ...RIGHT, fee: '70' }, ['column "fee" is string, but must be number']],
    [
      'with a fraction for an integer',
      { ...RIGHT, tenure: 1.5 },
      ['column "tenure" is a fraction, but must be integer (int64)'],
    ],
    [
      'with null where none may be',
      { ...RIGHT, tenure: null },
      ['column "tenure" is null, but must be integer (int64)'],
    ],
    ['with a list', { ...RIGHT, autopay: [true] }, ['column "autopay" is array, but must be boolean']],
    [
      'with another value than the allowed',
      { ...RIGHT, contract: 'weekly' },
      ['column "contract" must be one of ["one-year","two-year"]'],
    ],
    [
      'with a misspelled column: both names',
      { tenur: 12, fee: 1, contract: 'one-year' },
      ['column "tenure" (integer (int64)) is missing', 'column "tenur" is not part of the schema'],
    ],
  ])('%s', (_what, given, problems) => {
    expect(problemsOfRows([given], COLUMNS)).toEqual(problems);
  });

  it('list the same problem once, with the number of rows', () => {
    expect(problemsOfRows([{ ...RIGHT, fee: 'a' }, RIGHT, { ...RIGHT, fee: 'b' }], COLUMNS)).toEqual([
      'column "fee" is string, but must be number (2 of 3 rows)',
    ]);
  });

  it.each<[string, unknown[][], string | undefined]>([
    ['one value short', [[1]], 'a row has 1 values for 2 columns'],
    [
      'some too long',
      [
        [1, 2],
        [1, 2, 3],
        [1, 2],
      ],
      'a row has 3 values for 2 columns (1 of 3 rows have the wrong length)',
    ],
    ['all right', [[1, null]], undefined],
    ['none', [], undefined],
  ])('of a split that are %s', (_what, data, problem) => {
    expect(unevenRows({ columns: ['a', 'b'], data })).toBe(problem);
  });

  it('become a split again', () => {
    const rows = [{ a: 1, b: 'x' }];
    expect(rows.map(splitOf).flatMap(rowsOfSplit)).toEqual(rows);
  });

  it('are made of a split', () => {
    expect(rowsOfSplit({ columns: ['a', 1], data: [[1, 2], [3]] })).toEqual([
      { a: 1, '1': 2 },
      { a: 3, '1': undefined },
    ]);
  });
});

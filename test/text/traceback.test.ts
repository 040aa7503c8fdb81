/** A traceback has two lines that an author needs: the exception, and the last line of the model's own code. */
import { expect, it } from 'vitest';
import { readTraceback, type Traceback } from '../../src/text/traceback.ts';

const LIB =
  '  File "/opt/conda/lib/python3.11/site-packages/pandas/core/frame.py", line 3761, in __getitem__\n    indexer = self.columns.get_loc(key)';
const OWN = '  File "/model/code/churn.py", line 12, in predict\n    return data["tenure"] * 2';

it.each<[string, string, Traceback | undefined]>([
  [
    'the frame of the model before those of a library',
    `Traceback (most recent call last):\n${OWN}\n${LIB}\nKeyError: 'tenure'\n`,
    { exception: "KeyError: 'tenure'", at: '/model/code/churn.py, line 12, in predict: return data["tenure"] * 2' },
  ],
  [
    'the last exception of a chain',
    `Traceback (most recent call last):\n${LIB}\nKeyError: 'a'\n\nDuring handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\n${OWN}\nRuntimeError: no tenure`,
    { exception: 'RuntimeError: no tenure', at: expect.stringContaining('churn.py, line 12') },
  ],
  [
    'a message of several lines',
    `Traceback (most recent call last):\n${OWN}\npydantic.ValidationError: 1 validation error\n  tenure\n    field required`,
    { exception: 'pydantic.ValidationError: 1 validation error\n  tenure\n    field required', at: expect.any(String) },
  ],
  ['libraries only', `Traceback (most recent call last):\n${LIB}\nKeyError: 1`, { exception: 'KeyError: 1' }],
  ['no frames', 'ValueError: bad input', { exception: 'ValueError: bad input' }],
  [
    'a stack of Java, with its last cause',
    'a.b.ScoringException: failed\n\tat a.b.C.d(C.java:1)\nCaused by: java.io.IOException: disk full\n\tat java.io.File.x(File.java:2)\n\tat a.b.Store.load(Store.java:9)\n\t... 3 more',
    { exception: 'Caused by: java.io.IOException: disk full', at: 'a.b.Store.load(Store.java:9)' },
  ],
  [
    'a stack of Node',
    'TypeError: x is undefined\n    at f (/app/node_modules/y/z.js:1:2)\n    at predict (/app/index.js:3:5)\n    at node:internal/x:1:1',
    { exception: 'TypeError: x is undefined', at: 'predict (/app/index.js:3:5)' },
  ],
  ['nothing', ' \n', undefined],
])('%s', (_what, text, seen) => {
  expect(readTraceback(text)).toEqual(seen);
});

it('of any size is read in its parts, with secrets redacted', () => {
  const token = `dapi${'0'.repeat(32)}`;
  const found = readTraceback(`${`${OWN}\n`.repeat(20_000)}ValueError: ${token} ${'x '.repeat(10_000)}`);
  expect(found?.exception).toMatch(/^ValueError: \*\*\* x .*more characters\)$/s);
});

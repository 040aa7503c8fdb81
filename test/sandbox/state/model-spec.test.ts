import { Ajv } from 'ajv';
import { expect, test } from 'vitest';
import { MODEL_SPEC_SCHEMA } from '../../../src/sandbox/state/model-spec.ts';

const valid = new Ajv({ allowUnionTypes: true }).compile(MODEL_SPEC_SCHEMA);
const linear = { kind: 'linear', inputs: [{ name: 'a', type: 'double' }], intercept: 0, coefficients: { a: 1 } };

test.each([
  [linear, true],
  [{ ...linear, kind: 'logistic', output: { name: 'p', type: 'double' }, categories: { b: { x: 1 } } }, true],
  [{ ...linear, inputs: [{ name: 'a', type: 'double', required: false, enum: [1, 2] }] }, true],
  [{ kind: 'embedding', dimensions: 1024 }, true],
  [{ kind: 'chat', model: 'm', profile: 'gpt-oss' }, true],
  [{ kind: 'agent', protocol: 'responses', stream_lifecycle: false }, true],
  [{ kind: 'completion' }, true],
  [{ kind: 'feature-spec', primary_keys: ['id'], features: ['f'] }, true],
  [{ kind: 'external' }, true],
  [{ kind: 'forest' }, false],
  [{ ...linear, coefficients: { a: 'one' } }, false],
  [{ ...linear, inputs: [] }, false],
  [{ ...linear, inputs: [{ name: 'a', type: 'float' }] }, false],
  [{ ...linear, bias: 1 }, false],
  [{ kind: 'embedding', dimensions: 0 }, false],
  [{ kind: 'chat', model: 'm', profile: 'other' }, false],
])('the schema accepts %j: %s', (spec, good) => {
  expect(valid(spec)).toBe(good);
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAnonymiser } from '../../src/doctor/contract-anonymiser.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { type DifferingService, startDifferingService } from '../support/differing-service.ts';
import { PLANTED_BY_FORM } from '../support/planted-secrets.ts';
import { RUN_ALL } from '../support/selection.ts';
import { flood, HOST, SEED, shown } from './contract-flood.ts';
import { compare } from './run-contract.ts';

let sandbox: Sandbox;
let service: DifferingService;

beforeAll(async () => {
  sandbox = await startSandbox({ clock: { kind: 'manual' }, seed: SEED });
  service = await startDifferingService(sandbox.host);
});
afterAll(async () => {
  await service.close();
  await sandbox.close();
});

describe('the report of a workspace whose names and secrets are in every place', () => {
  it.runIf(RUN_ALL)('has none of them as it is', async () => {
    service.plant([]);
    for (const json of [true, false]) {
      const { stdout, stderr } = await compare(service.host, sandbox.token, { json });
      expect(stdout).toContain('endpoint-1');
      expect(shown([stdout, stderr])).toEqual([]);
    }
  });

  it('has none of them when secrets are planted in fields, names of fields, words, keys, labels and messages', async () => {
    service.plant(flood());
    // The test of the program looks at the JSON.
    for (const json of RUN_ALL ? [true, false] : [false]) {
      const { code, stdout, stderr } = await compare(service.host, sandbox.token, { json });
      expect(code).toBe(1);
      expect(shown([stdout, stderr])).toEqual([]);
    }
  });

  it('shows no message of a refusal except its common words', async () => {
    const message = `User 'quagga@zebra.example' does not have CAN_VIEW on Endpoint quagga-stripes at ${HOST} with ${PLANTED_BY_FORM.pat}.`;
    service.plant([{ path: /no-such-endpoint/, status: () => true, json: (body) => ({ ...body, message }) }]);
    const { report, stdout } = await compare(service.host, sandbox.token);
    expect(report.differences.map(({ service: said }) => said)).toContain(
      `User … does not have … on Endpoint … at … with … (${message.length} characters)`,
    );
    expect(shown([stdout])).toEqual([]);
  });
});

const numberless = (text: string) => text.replace(/word-\d+/g, 'word-N');

describe('the anonymiser', () => {
  const anonymiser = createAnonymiser();
  anonymiser.learn({
    endpoints: [
      { name: 'quagga_stripes', creator: 'ann.zebra@example.com', tags: [{ key: 'district', value: 'workspace' }] },
      { name: 'rate_limit', creator: 'group' },
    ],
  });

  it.each([
    ['new_flag', 'new_flag'],
    ['newFlag', 'newFlag'],
    ['state', 'state'],
    ['quagga_stripes', '‹word-N›_‹word-N›'],
    ['district', '‹word-N›'],
    ['ann', '‹word-N›'],
    ['quagga-17', '{a name of 9 characters}'],
    ['customer-17', 'customer-‹word-N›'],
    ['tenant-42', 'tenant-‹word-N›'],
    ['zqp_ssn_of_bob', '‹word-N›_‹word-N›_of_‹word-N›'],
    ['zqpPlainField', '‹word-N›PlainField'],
    ['ssn_12_34_56', '{a name of 12 characters}'],
    ['id_20261127', 'id_‹word-N›'],
    ['rate_limit', '‹word-N›_‹word-N›'],
    ['a b', '{a name of 3 characters}'],
    ['x'.repeat(60), '{a name of 60 characters}'],
  ])('passes the name of a field only when its parts are words of an API: %s', (name, shownAs) => {
    expect(numberless(anonymiser.field(name))).toBe(shownAs);
  });

  it.each([
    ...[
      'DEGRADED',
      'degraded',
      'agent/v3/chat',
      'Robot',
      'XLarge',
      '2X-Small',
      'Group',
      'workspace',
      'hour',
      'mistral-ai',
    ],
    ...['llm/v1/rerank', 'GPU_H200_8', 'SERVICE_PRINCIPAL_V2', 'ROLLED_BACK', 'azure-ai-foundry', 'ON_BEHALF_OF_USER'],
  ])('passes a word of an API: %s', (word) => {
    expect(anonymiser.word(word, ['READY'])).toBe(word);
  });

  it.each([
    ['QUAGGA_STRIPES', '‹word-N›_‹word-N›'],
    ['acmecorp', '‹word-N›'],
    ['acme-internal', '‹word-N›-internal'],
    ['acme/v1/secretproject', '‹word-N›/v1/‹word-N›'],
    ['CAN_ACME_PROJECT', 'CAN_‹word-N›_PROJECT'],
    ['BOB_SMITH', '‹word-N›_‹word-N›'],
    ['userEmailBob', 'userEmail‹word-N›'],
    ['acme.cloud.databricks.com', '‹word-N›.cloud.databricks.com'],
    ['A1B2C3D4E5F6', 'text'],
    ['X'.repeat(50), 'text'],
    ['Acme is here', 'text'],
    [7, 'a whole number'],
    ['ann.zebra@example.com', 'text like an e-mail'],
  ])('replaces what is no word of an API: %s', (value, shownAs) => {
    expect(numberless(anonymiser.word(value, ['READY']))).toBe(shownAs);
  });

  it('gives the same part the same stand-in, in fields and in words of any case', () => {
    const [first, second] = [anonymiser.word('ACME_STATE', []), anonymiser.field('acme_state')];
    expect(first.toLowerCase()).toBe(second);
  });

  it('gives the same thing the same stand-in', () => {
    const named = ['a', 'b', 'a'].map((name) => anonymiser.standIn('model', name));
    expect(named).toEqual(['model-1', 'model-2', 'model-1']);
  });
});

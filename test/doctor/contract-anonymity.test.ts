import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAnonymiser } from '../../src/doctor/contract-anonymiser.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { type DifferingService, startDifferingService } from '../support/differing-service.ts';
import { PLANTED_BY_FORM } from '../support/planted-secrets.ts';
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
  it('has none of them as it is', async () => {
    service.plant([]);
    for (const json of [true, false]) {
      const { stdout, stderr } = await compare(service.host, sandbox.token, { json });
      expect(stdout).toContain('endpoint-1');
      expect(shown([stdout, stderr])).toEqual([]);
    }
  });

  it('has none of them when secrets are planted in fields, names of fields, words, keys, labels and messages', async () => {
    service.plant(flood());
    for (const json of [true, false]) {
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
      `"User … does not have … on Endpoint … at … with …" (${message.length} characters)`,
    );
    expect(shown([stdout])).toEqual([]);
  });
});

describe('the anonymiser', () => {
  const anonymiser = createAnonymiser();
  anonymiser.learn({
    endpoints: [
      { name: 'quagga_stripes', creator: 'ann.zebra@example.com', tags: [{ key: 'district', value: 'here' }] },
    ],
  });

  it.each([
    ['new_flag', 'new_flag'],
    ['newFlag', 'newFlag'],
    ['state', 'state'],
    ['quagga_stripes', '{a name of 14 characters}'],
    ['district', '{a name of 8 characters}'],
    ['ann', '{a name of 3 characters}'],
    ['customer-17', '{a name of 11 characters}'],
    ['a b', '{a name of 3 characters}'],
    ['id_20261127', '{a name of 11 characters}'],
    ['x'.repeat(60), '{a name of 60 characters}'],
  ])('passes the name of a field only when it is one of an API: %s', (name, shownAs) => {
    expect(anonymiser.field(name)).toBe(shownAs);
  });

  it.each([
    ['DEGRADED', ['READY', 'NOT_READY'], 'DEGRADED'],
    ['degraded', ['READY', 'NOT_READY'], 'text'],
    ['agent/v3/chat', ['llm/v1/chat'], 'agent/v3/chat'],
    ['Robot', ['User', 'ServicePrincipal'], 'Robot'],
    ['QUAGGA_STRIPES', ['READY'], 'text'],
    ['zebra', ['openai'], 'text'],
    ['A1B2C3D4E5F6', ['READY'], 'text'],
    ['X'.repeat(50), ['READY'], 'text'],
    [7, ['READY'], 'whole number'],
    ['ann.zebra@example.com', ['READY'], 'text like an e-mail'],
  ])('passes a word only when it is spelled as the others and names nothing: %s', (value, among, shownAs) => {
    expect(anonymiser.word(value, among)).toBe(shownAs);
  });

  it('gives the same thing the same stand-in', () => {
    const named = ['a', 'b', 'a'].map((name) => anonymiser.standIn('model', name));
    expect(named).toEqual(['model-1', 'model-2', 'model-1']);
  });
});

/** Which names promise a secret. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { promiseOf } from '../../src/text/secret-names.ts';

/** Every noun of the rules, with the least that it promises. */
const NOUNS = [
  'password|passwort|passwd|passphrase|passcode|pwd|pw|kennwort|contrasena|contraseña|mot_de_passe|senha',
  'client_secret|app_secret|shared_secret|api_key|private_key|storage_key|access_token|id_token|x_my_token|x_my_key',
  'shared_access_signature|my_token|my_secret|my_pass|my_auth|my_authorization|my_private|my_cookie|my_sas|my_jwt',
  'my_bearer|my_credential|my_credentials|my_key',
].flatMap((line) => line.split('|'));

const spelled = (noun: string): string[] => [
  noun,
  noun.toUpperCase(),
  noun.replaceAll('_', '-'),
  noun.replaceAll('_', ' '),
  noun.replace(/_(\w)/g, (_all, letter: string) => letter.toUpperCase()),
  `db_${noun}`,
  `${noun}_value`,
  `${noun}2`,
];

it.each(NOUNS)('%s promises one in every spelling', (noun) => {
  const silent = spelled(noun).filter((name) => promiseOf(name) === undefined);
  // A prefix may make another word of a short one.
  expect(silent.filter((name) => !/^x_/.test(noun) || !/^db_/.test(name))).toEqual([]);
});

it('letters that only look like those of ASCII do not hide a noun', () => {
  expect(promiseOf('api_\u212aey')).toBe('exact'); // the sign of Kelvin becomes a k in lower case
});

it('other names promise none', () => {
  for (const name of ['endpoint', 'entity_name', 'creation_timestamp', 'max_tokens', 'eos_token', 'primary_key', ''])
    expect(promiseOf(name), name).toBeUndefined();
  const letters = fc.string({ unit: fc.constantFrom(...'bfglmquvxyz_-. BFGLM'), maxLength: 30 });
  fc.assert(fc.property(letters, (name) => promiseOf(name) === undefined));
});

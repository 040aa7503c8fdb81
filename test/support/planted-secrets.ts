/** Fake secrets with the form of real ones. They are assembled here, so that no scanner reports this file as a leak. */
export const PLANTED_BY_FORM: Record<string, string> = {
  pat: `dapi${'fade0123'.repeat(4)}`,
  patWithSuffix: `dapi${'beef4567'.repeat(4)}-2`,
  m2mSecret: `dose${'cafe89ab'.repeat(4)}`,
  jwt: ['eyJhbGciOiJub25lIn0', 'eyJzdWIiOiJmYWtlLXRlc3QifQ', 'ZmFrZS1zaWduYXR1cmU'].join('.'),
  openai: ['sk', 'proj', 'fakefake'.repeat(4)].join('-'),
  anthropic: ['sk', 'ant', 'notasecret'.repeat(3)].join('-'),
  aws: `AKIA${'FAKE'.repeat(4)}`,
  google: `AIza${'notreal'.repeat(5)}`,
  github: `ghp_${'fakefake'.repeat(5)}`,
  slack: `xoxb-${'0'.repeat(20)}fake`,
  privateKey: ['-----BEGIN RSA ', 'PRIVATE KEY-----\nbm90LWEta2V5\n-----END RSA ', 'PRIVATE KEY-----'].join(''),
};

/** Fake secrets that only the name in front of them marks as secret. */
export const PLANTED_BY_NAME: Record<string, string> = {
  variable: 'not-a-real-value-A1b2',
  urlPassword: 'not-a-real-password-1',
  clientSecret: 'not-a-real-client-secret-1',
};

/** Names of the secrets in a text, plain or escaped as in a JSON string. */
export function secretsIn(text: string, secrets: Record<string, string>): string[] {
  return Object.entries(secrets)
    .filter(([, secret]) => text.includes(secret) || text.includes(JSON.stringify(secret).slice(1, -1)))
    .map(([name]) => name);
}

/** @throws Error that names each secret and the text that contains it, without repeating the secret. */
export function refuseSecrets(texts: Record<string, string>, secrets: Record<string, string>): void {
  const found = Object.entries(texts).flatMap(([where, text]) =>
    secretsIn(text, secrets).map((name) => `${name} in ${where}`),
  );
  if (found.length > 0) throw new Error(`secrets left the server: ${[...new Set(found)].slice(0, 20).join(', ')}`);
}

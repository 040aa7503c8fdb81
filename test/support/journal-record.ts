/** The start of a change as the journal records it, for tests of its lines and files. */
export const RECORD = {
  host: 'https://one.example.com',
  who: 'pat',
  tool: 'set_rate_limits',
  subject: { kind: 'endpoint' as const, name: 'churn' },
  call: 'set_rate_limits {}',
  changes: [],
};

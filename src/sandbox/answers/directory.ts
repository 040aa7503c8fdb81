/** Answers of the identity directory (SCIM) and about secrets, whose values no answer has. */
import { anyList, COUNT, closed, FLAG, list, type Schema, seenIn, TEXT, TIME, words } from './forms.ts';

const named = (more: Record<string, Schema> = {}): Schema => closed(['value'], { value: TEXT, display: TEXT, ...more });
const REFERENCES = anyList(
  closed(['value'], { value: TEXT, display: TEXT, type: TEXT, $ref: TEXT }, { known: 'primary' }),
);
const ENTITLEMENTS = list(closed(['value'], { value: TEXT }, { known: 'type display primary' }));

const row = {
  schemas: list(TEXT),
  id: { type: 'string', pattern: '^\\d+$' },
  displayName: TEXT,
  active: FLAG,
  groups: REFERENCES,
  entitlements: ENTITLEMENTS,
};
const KNOWN = 'externalId roles';

/** GET Me, and the rows of Users. */
export const USER = closed(
  ['id', 'userName', 'active', 'groups'],
  {
    ...row,
    userName: TEXT,
    applicationId: TEXT,
    emails: list(named({ type: TEXT, primary: FLAG })),
  },
  { evidence: 'scim-lists', known: `${KNOWN} name` },
);

const SERVICE_PRINCIPAL = closed(
  ['id', 'applicationId', 'displayName', 'active', 'groups'],
  { ...row, applicationId: TEXT, userName: TEXT },
  { evidence: 'scim-lists', known: KNOWN },
);

const GROUP = closed(
  ['id', 'displayName', 'members'],
  { ...row, members: REFERENCES },
  { evidence: 'scim-lists', known: `${KNOWN} meta` },
);

const pageOf = (items: Schema): Schema =>
  closed(
    ['schemas', 'totalResults', 'startIndex', 'itemsPerPage'],
    {
      schemas: list(TEXT),
      totalResults: COUNT,
      startIndex: COUNT,
      itemsPerPage: COUNT,
      Resources: seenIn('scim-pages', list(items)),
    },
    { evidence: 'scim-pages' },
  );

export const USERS = pageOf(USER);
export const SERVICE_PRINCIPALS = pageOf(SERVICE_PRINCIPAL);
export const GROUPS = pageOf(GROUP);

export const SCOPES = closed(
  [],
  {
    scopes: list(
      closed(
        ['name', 'backend_type'],
        { name: TEXT, backend_type: words('DATABRICKS', 'AZURE_KEYVAULT') },
        { known: 'keyvault_metadata' },
      ),
    ),
  },
  { evidence: 'secret-routes' },
);

export const SECRETS = closed(
  [],
  { secrets: list(closed(['key', 'last_updated_timestamp'], { key: TEXT, last_updated_timestamp: TIME })) },
  { evidence: 'secret-routes' },
);

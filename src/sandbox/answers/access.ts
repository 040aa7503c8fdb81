/** Answers of the access lists, and of Unity Catalog about grants. */
import { anyList, closed, FLAG, list, TEXT, words } from './forms.ts';

const PERMISSION = closed(['permission_level', 'inherited'], {
  permission_level: words('CAN_MANAGE', 'CAN_QUERY', 'CAN_VIEW', 'CAN_USE'),
  inherited: FLAG,
  inherited_from_object: list(TEXT),
});

/** GET, PUT and PATCH of an access list. */
export const ACCESS_LIST = closed(
  ['object_id', 'object_type', 'access_control_list'],
  {
    object_id: { type: 'string', pattern: '^/' },
    object_type: words('serving-endpoint', 'apps'),
    access_control_list: list(
      closed(['all_permissions'], {
        user_name: TEXT,
        group_name: TEXT,
        service_principal_name: TEXT,
        display_name: TEXT,
        all_permissions: list(PERMISSION),
      }),
    ),
  },
  { evidence: 'acl-by-id' },
);

/** The levels that an access list can have. */
export const LEVELS = closed(['permission_levels'], {
  permission_levels: list(
    closed(['permission_level', 'description'], {
      permission_level: words('CAN_MANAGE', 'CAN_QUERY', 'CAN_VIEW', 'CAN_USE'),
      description: TEXT,
    }),
  ),
});

/** The privileges of Unity Catalog that official clients know. */
const PRIVILEGE = words(
  ...'ACCESS ALL_PRIVILEGES APPLY_TAG BROWSE CREATE CREATE_CATALOG CREATE_CLEAN_ROOM CREATE_CONNECTION CREATE_EXTERNAL_LOCATION CREATE_EXTERNAL_TABLE CREATE_EXTERNAL_VOLUME CREATE_FOREIGN_CATALOG CREATE_FOREIGN_SECURABLE CREATE_FUNCTION CREATE_MANAGED_STORAGE CREATE_MATERIALIZED_VIEW CREATE_MODEL CREATE_PROVIDER CREATE_RECIPIENT CREATE_SCHEMA CREATE_SERVICE CREATE_SERVICE_CREDENTIAL CREATE_SHARE CREATE_STORAGE_CREDENTIAL CREATE_TABLE CREATE_VIEW CREATE_VOLUME EXECUTE EXECUTE_CLEAN_ROOM_TASK EXTERNAL_USE_SCHEMA MANAGE MANAGE_ALLOWLIST MODIFY MODIFY_CLEAN_ROOM READ_FILES READ_METADATA READ_PRIVATE_FILES READ_VOLUME REFRESH SELECT SET_SHARE_PERMISSION USAGE USE_CATALOG USE_CONNECTION USE_MARKETPLACE_ASSETS USE_PROVIDER USE_RECIPIENT USE_SCHEMA USE_SHARE WRITE_FILES WRITE_PRIVATE_FILES WRITE_VOLUME'.split(
    ' ',
  ),
);

/** Effective privileges are objects that name where they come from. */
export const EFFECTIVE = closed(
  [],
  {
    privilege_assignments: list(
      closed(['principal', 'privileges'], {
        principal: TEXT,
        privileges: list(
          closed(['privilege'], {
            privilege: PRIVILEGE,
            inherited_from_type: words('CATALOG', 'SCHEMA', 'METASTORE'),
            inherited_from_name: TEXT,
          }),
        ),
      }),
    ),
    next_page_token: { type: 'string', minLength: 1, evidence: 'last-page' },
  },
  { evidence: 'grants-routes' },
);

/** Direct privileges are words. */
export const GRANTS = closed([], {
  privilege_assignments: list(closed(['principal', 'privileges'], { principal: TEXT, privileges: anyList(PRIVILEGE) })),
});

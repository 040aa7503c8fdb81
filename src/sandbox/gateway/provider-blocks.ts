import { shapeCheck } from '../check-body.ts';
import { invalid } from '../errors.ts';
import { isObject, type JsonObject, pick } from '../json.ts';
import type { ProviderType } from '../state/model-service.ts';
import type { Workspace } from '../state/state.ts';
import { closed, TEXT } from './body-schemas.ts';
import { fullNameIn } from './names.ts';

/** A secret of a body. Answers show neither the text nor anything made of it. */
const SECRET = closed({
  plaintext: { type: 'string', minLength: 1 },
  secret_reference: closed({ name: TEXT }, ['name']),
});

/** The ways to sign in to a provider. evidence: gateway-control-routes */
const SIGN_IN = {
  api_key: SECRET,
  service_credential: closed({ name: TEXT, id: {}, is_deleted: {} }, ['name']),
  entra_service_principal: closed({ tenant_id: TEXT, client_id: TEXT, client_secret: SECRET }, [
    'tenant_id',
    'client_id',
  ]),
  aws_access_key: closed({ access_key_id: TEXT, secret_access_key: SECRET }, ['access_key_id']),
  header_auth: closed({ api_key_name: TEXT, api_key_value: SECRET }, ['api_key_name']),
} as const;

type SignIn = keyof typeof SIGN_IN;

/** Where the secret of a way to sign in is. A service credential has none. */
const SECRET_FIELD: Record<SignIn, string | null> = {
  api_key: '',
  service_credential: null,
  entra_service_principal: 'client_secret',
  aws_access_key: 'secret_access_key',
  header_auth: 'api_key_value',
};

interface Provider {
  needs: readonly string[];
  may?: readonly string[];
  signIn: readonly SignIn[];
  /** The cloud whose workspaces have service credentials for it. */
  cloud?: Workspace['cloud'];
}

const AWS: Provider = { needs: ['region'], signIn: ['aws_access_key', 'service_credential'], cloud: 'aws' };
const AZURE: Provider = {
  needs: ['base_url'],
  signIn: ['api_key', 'entra_service_principal', 'service_credential'],
  cloud: 'azure',
};

/** What the block of each provider holds. evidence: gateway-control-routes */
const PROVIDERS: Record<ProviderType, Provider> = {
  OPENAI: { needs: [], may: ['base_url', 'organization'], signIn: ['api_key'] },
  ANTHROPIC: { needs: [], signIn: ['api_key'] },
  AZURE_OPENAI: AZURE,
  MICROSOFT_FOUNDRY: AZURE,
  AMAZON_BEDROCK: AWS,
  BEDROCK_MANTLE: AWS,
  GEMINI_ENTERPRISE: { needs: ['project_id', 'region'], signIn: ['api_key', 'service_credential'], cloud: 'gcp' },
  CUSTOM: { needs: ['base_url'], signIn: ['api_key', 'header_auth'] },
};

/** The field of a provider's block. */
export function blockOf(type: ProviderType): string {
  return type.toLowerCase();
}

const PLAIN = (fields: readonly string[]) => Object.fromEntries(fields.map((field) => [field, TEXT]));

/** The shape of each block, at its place in a body. */
const CHECKS = Object.fromEntries(
  Object.entries(PROVIDERS).map(([type, { needs, may = [], signIn }]) => {
    const direct = closed({ ...PLAIN([...needs, ...may]), ...pick(SIGN_IN, signIn) }, needs);
    const block = closed({ direct, ...(type === 'ANTHROPIC' && { relayed: closed({}) }) });
    return [type, shapeCheck(closed({ config: closed({ [type.toLowerCase()]: block }) }))];
  }),
);

/** A block as it is stored, and whether it brought a secret as plain text. */
export interface ReadBlock {
  block: JsonObject;
  inline: boolean;
}

/**
 * Reads the block of a provider. Secrets are not kept: a stored one is an empty object, or names a secret of Unity Catalog. A block without
 * any keeps the way to sign in that `before` has. assumed: gateway-provider-sign-in
 */
export function readBlock(
  { cloud }: Workspace,
  type: ProviderType,
  sent: JsonObject | undefined,
  before?: JsonObject,
): ReadBlock {
  const field = `config.${blockOf(type)}`;
  if (!sent) throw invalid(`Missing required field: ${field}.`);
  CHECKS[type]?.({ config: { [blockOf(type)]: sent } });
  const { direct, relayed } = sent;
  if (relayed !== undefined && direct !== undefined) throw invalid(`${field} has either direct or relayed.`);
  if (relayed !== undefined) return { block: { relayed: {} }, inline: false };
  if (!isObject(direct)) throw invalid(`Missing required field: ${field}.direct.`);
  const provider = PROVIDERS[type];
  const { needs, may = [], signIn } = provider;
  const given = signIn.filter((way) => direct[way] !== undefined && bringsSecret(way, direct[way]));
  if (given.length > 1) throw invalid(`${field}.direct has more than one way to sign in: ${given.join(', ')}.`);
  const settings = pick(direct, [...needs, ...may]);
  const [way] = given;
  if (way === undefined) {
    const kept = isObject(before?.direct) ? pick(before.direct, signIn) : {};
    if (Object.keys(kept).length === 0)
      throw invalid(`Missing required field: ${field}.direct.${signIn.join(' or ')}.`);
    return { block: { direct: { ...settings, ...kept } }, inline: false };
  }
  if (way === 'service_credential' && cloud !== provider.cloud)
    throw invalid(`${field}.direct.service_credential is not supported in a workspace on ${cloud}.`);
  const { stored, inline } = withoutSecret(way, direct[way], `${field}.direct.${way}`);
  return { block: { direct: { ...settings, [way]: stored } }, inline };
}

function secretIn(way: SignIn, value: unknown): unknown {
  const at = SECRET_FIELD[way];
  return at === '' || at === null || !isObject(value) ? value : value[at];
}

/** An answer shows a secret as an empty object. Sent back, it brings none. */
function bringsSecret(way: SignIn, value: unknown): boolean {
  const secret = secretIn(way, value);
  return isObject(secret) && Object.keys(secret).length > 0;
}

function withoutSecret(way: SignIn, value: unknown, field: string): { stored: unknown; inline: boolean } {
  const at = SECRET_FIELD[way];
  const secret = secretIn(way, value);
  if (at === null) {
    const name = isObject(value) ? String(value.name) : '';
    fullNameIn('credential', name, `${field}.name`, 1);
    return { stored: { name }, inline: false };
  }
  if (!isObject(secret)) throw invalid(`Missing required field: ${field}.${at}.`);
  const { plaintext, secret_reference } = secret;
  if (plaintext !== undefined && secret_reference !== undefined)
    throw invalid(`${field} has either plaintext or secret_reference.`);
  const reference = isObject(secret_reference) ? String(secret_reference.name) : undefined;
  if (reference !== undefined) fullNameIn('secret', reference, `${field}.secret_reference.name`, 3);
  const shown = reference === undefined ? {} : { secret_reference: { name: reference } };
  const stored = at === '' || !isObject(value) ? shown : { ...value, [at]: shown };
  return { stored, inline: reference === undefined };
}

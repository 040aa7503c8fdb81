/** `server.json`: how the MCP registry lists this server. */
import { registryName } from './manifests.ts';
import type { Product } from './product.ts';
import type { Publisher } from './publisher.ts';

/** The date is the version of the format. */
const SCHEMA = 'https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json';

/** The format requires a name, and an owner is part of it. */
export const PLACEHOLDER = 'io.github.OWNER/';

/** The bundle of a release, as a file and at the address where GitHub serves it. */
export interface Bundle {
  file: string;
  /** Hexadecimal. Clients refuse a download with another one. */
  sha256: string;
}

/** The content of `server.json`. Without a repository it has a placeholder for a name, and no bundle: a bundle has an address. */
export function serverJson(product: Product, publisher: Publisher, bundle: Bundle): Record<string, unknown> {
  const { repository, npmPackage } = publisher;
  const { version } = product;
  const common = {
    transport: { type: 'stdio' },
    environmentVariables: product.settings.map(({ variable, description, type, default: standard }) => ({
      name: variable,
      description,
      format: type,
      default: standard === undefined ? undefined : String(standard),
    })),
  };
  const npm = {
    registryType: 'npm',
    identifier: npmPackage ?? product.name,
    version,
    runtimeHint: 'npx',
    ...common,
  };
  const mcpb = repository && {
    registryType: 'mcpb',
    identifier: `${repository}/releases/download/${tagOf(version)}/${bundle.file}`,
    version,
    fileSha256: bundle.sha256,
    ...common,
  };
  return {
    $schema: SCHEMA,
    name: repository === null ? `${PLACEHOLDER}${product.name}` : registryName(product, repository),
    title: product.title,
    description: product.summary,
    version,
    websiteUrl: repository === null ? undefined : `${repository}#readme`,
    repository: repository === null ? undefined : { url: repository, source: 'github' },
    packages: mcpb ? [npm, mcpb] : [npm],
  };
}

/** The git tag of a release. */
export function tagOf(version: string): string {
  return `v${version}`;
}

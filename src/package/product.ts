/** What every package says of this product: the one table that `manifests.ts` and `server-json.ts` turn into the files of each format. */
import metadata from '../../package.json' with { type: 'json' };
import { tools } from '../../tools/index.ts';
import { OPTIONS } from '../options.ts';

/** A setting that a client asks a person for. */
export interface Setting {
  key: string;
  variable: string;
  /**
   * The option that carries it, after a `=`. Absent: the variable does. An option that is empty is still on, and an empty variable is not given. So
   * a protection travels as an option: some clients pass on a setting that a person skipped as an empty text.
   */
  option?: string;
  title: string;
  description: string;
  type: 'string' | 'boolean';
  /** A text setting has none: left empty, it is not given. */
  default?: boolean;
}

export interface Product {
  /** Of the program, its command, its user agent and its plugins. */
  name: string;
  /** Key of the server in the configuration of a client. */
  server: string;
  title: string;
  version: string;
  description: string;
  /** At most 100 characters: the limit of the MCP registry. */
  summary: string;
  license: string;
  keywords: readonly string[];
  /** Range of Node versions. */
  node: string;
  /** File to start, from the folder of the package. */
  entry: string;
  /** Name in formats that require an author, until one is filled in. The license names the same. */
  contributors: string;
  /** Of the service that the server connects to. Claude Desktop asks for it. */
  privacyPolicies: readonly string[];
  settings: readonly Setting[];
  tools: readonly { name: string; description: string }[];
}

export const PRODUCT: Product = {
  name: metadata.name,
  server: 'databricks-serving',
  title: 'Databricks Model Serving',
  version: metadata.version,
  description: metadata.description,
  summary: 'Run Databricks Model Serving: deploy, roll out, query, diagnose and limit endpoints.',
  license: metadata.license,
  keywords: metadata.keywords,
  node: metadata.engines.node,
  entry: metadata.bin['databricks-serving-mcp'],
  contributors: 'The databricks-serving-mcp contributors',
  privacyPolicies: ['https://www.databricks.com/legal/privacynotice'],
  settings: [
    {
      key: 'profile',
      variable: variableOf('profile'),
      title: 'Profile',
      description: 'A profile of your Databricks config file, ~/.databrickscfg. Empty: the default login of the CLI.',
      type: 'string',
    },
    {
      key: 'read_only',
      variable: variableOf('read-only'),
      option: '--read-only',
      title: 'Read-only',
      description: 'Never change anything. Turn it off to let the assistant make changes, in the sandbox too.',
      type: 'boolean',
      default: true,
    },
    {
      key: 'sandbox',
      variable: variableOf('sandbox'),
      title: 'Sandbox',
      description:
        'Use a simulated workspace on this machine, not your own. No account is needed, and nothing is saved.',
      type: 'boolean',
      default: false,
    },
  ],
  tools: tools.map(({ name, description }) => ({ name, description: firstSentence(description) })),
};

function variableOf(name: string): string {
  const variable = OPTIONS.find((option) => option.name === name)?.variable;
  if (variable === undefined) throw new Error(`--${name} has no variable`);
  return variable;
}

/** Up to a full stop before a blank, which the one in `~/.databrickscfg` is not. */
function firstSentence(text: string): string {
  return /^.*?\.(?=\s|$)/s.exec(text)?.[0] ?? text;
}

/**
 * The tools, resources and prompts with the fixed names that the official suite calls. They go through our adapters like our own, so the suite judges
 * what the adapters do with every kind of content, with progress and with errors. Without them, two scenarios would pass on any server.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { CAPABILITIES, type CallAnswer, type Handlers, ProtocolFault } from '../../src/mcp/handlers.ts';

/** A red pixel, and a tenth of a second of silence. */
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==';
const WAV = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA=';

const text = (value: string) => ({ type: 'text', text: value });
const image = { type: 'image', data: PNG, mimeType: 'image/png' };
const embedded = (uri: string, mimeType: string, value: string) => ({
  type: 'resource',
  resource: { uri, mimeType, text: value },
});

/** What each tool answers. */
const CONTENT: Record<string, readonly object[]> = {
  test_simple_text: [text('A text for the suite.')],
  test_image_content: [image],
  test_audio_content: [{ type: 'audio', data: WAV, mimeType: 'audio/wav' }],
  test_embedded_resource: [embedded('test://embedded-resource', 'text/plain', 'A resource for the suite.')],
  test_multiple_content_types: [
    text('Several kinds of content:'),
    image,
    embedded('test://mixed-content-resource', 'application/json', '{"test":"data","value":123}'),
  ],
  test_error_handling: [text('This tool fails on purpose.')],
  test_tool_with_progress: [text('Progress was reported.')],
  json_schema_2020_12_tool: [text('The schema is what counts.')],
};

const SCHEMA = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  $defs: { address: { type: 'object', properties: { street: { type: 'string' }, city: { type: 'string' } } } },
  properties: { name: { type: 'string' }, address: { $ref: '#/$defs/address' } },
  additionalProperties: false,
};

const RESOURCES: Record<string, object> = {
  'test://static-text': { mimeType: 'text/plain', text: 'A text for the suite.' },
  'test://static-binary': { mimeType: 'image/png', blob: PNG },
};

const PROMPTS: Record<string, { needs: readonly string[]; messages: (args: Record<string, string>) => object[] }> = {
  test_simple_prompt: { needs: [], messages: () => [text('A prompt for the suite.')] },
  test_prompt_with_arguments: {
    needs: ['arg1', 'arg2'],
    messages: ({ arg1, arg2 }) => [text(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)],
  },
  test_prompt_with_embedded_resource: {
    needs: ['resourceUri'],
    messages: ({ resourceUri = '' }) => [
      embedded(resourceUri, 'text/plain', 'A resource for the suite.'),
      text('What is in it?'),
    ],
  },
  test_prompt_with_image: { needs: [], messages: () => [image, text('What is on it?')] },
};

export { CAPABILITIES };

/** In the form of our own handlers. The content is wider than what our tools return. */
export const fixture = {
  listTools: async () => ({
    tools: Object.keys(CONTENT).map((name) => ({
      name,
      description: 'A tool for the suite.',
      inputSchema: name === 'json_schema_2020_12_tool' ? SCHEMA : { type: 'object' },
    })),
  }),

  async callTool(name: string, _given: unknown, { progress }: Parameters<Handlers['callTool']>[2]) {
    const content = CONTENT[name];
    if (!content) throw new ProtocolFault(-32602, `there is no tool "${name}"`);
    if (name === 'test_tool_with_progress') {
      for (const share of [0.0, 0.5, 1]) {
        progress('working', share);
        await delay(50);
      }
    }
    const failed = name === 'test_error_handling' ? { isError: true } : {};
    return { content, ...failed } as unknown as CallAnswer;
  },

  listResources: async () => ({
    resources: Object.keys(RESOURCES).map((uri) => ({ uri, name: uri.slice('test://'.length) })),
  }),

  listTemplates: () => ({ resourceTemplates: [{ uriTemplate: 'test://template/{id}/data', name: 'template' }] }),

  async readResource(uri: string) {
    const id = /^test:\/\/template\/([^/]+)\/data$/.exec(uri)?.[1];
    const found =
      id === undefined
        ? RESOURCES[uri]
        : {
            mimeType: 'application/json',
            text: JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` }),
          };
    if (!found) throw new ProtocolFault(-32602, 'there is no resource with this URI');
    return { contents: [{ uri, ...found }] };
  },

  complete: async () => ({ completion: { values: ['paris', 'park'], total: 2, hasMore: false } }),

  listPrompts: async () => ({
    prompts: Object.entries(PROMPTS).map(([name, { needs }]) => ({
      name,
      description: 'A prompt for the suite.',
      arguments: needs.map((each) => ({ name: each, description: 'Any text.', required: true })),
    })),
  }),

  async getPrompt(name: string, args: Record<string, string>) {
    const prompt = PROMPTS[name];
    if (!prompt) throw new ProtocolFault(-32602, 'there is no prompt with this name');
    return { messages: prompt.messages(args).map((content) => ({ role: 'user', content })) };
  },

  stop: async () => {},
  settled: async () => {},
} as unknown as Handlers;

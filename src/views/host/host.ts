/** Where a view lives: in a chat, on the page of the dashboard, or in a file. It uses nothing of a browser, so the server may read it too. */

/** The four views. All of them are in the same page, which begins with one. */
export const VIEW_NAMES = ['workspace', 'endpoint', 'rollout', 'usage'] as const;
export type ViewName = (typeof VIEW_NAMES)[number];

export type Data = Record<string, unknown>;

/** The answer of a tool. */
export interface Answer {
  /** Undefined where the host does not say which tool was called: `read/recognise.ts` finds it by the fields. */
  tool: string | undefined;
  args: Data;
  data: Data;
  /** The tool refused the call or failed. `data.error` says why. */
  failed: boolean;
  /** When this page received it, in milliseconds since 1970. */
  at: number;
}

/** What a host tells the page on its own. */
export interface HostListener {
  /** The arguments of a call that has begun. Its answer follows. */
  begun(args: Data): void;
  answered(answer: Answer): void;
  /** The call has ended without an answer. */
  cancelled(reason: string | undefined): void;
  look(look: Look): void;
}

/** How the host wants the page to look. */
export interface Look {
  theme?: 'light' | 'dark';
  /** BCP 47. */
  locale?: string;
  /** IANA. */
  timeZone?: string;
  /** A font stack of CSS. */
  font?: string;
}

/** What a host needs of the page. */
export interface Surroundings {
  /** Milliseconds since 1970. */
  now(): number;
  /** Of this program. */
  version: string;
}

/** What a page can ask of its host. */
export interface Host {
  kind: 'chat' | 'page' | 'file';
  /** Whether the page can call the tool here. */
  offers(tool: string): boolean;
  /** Calls a tool. @throws HostError when no answer of the tool arrives. */
  call(tool: string, args: Data, signal?: AbortSignal): Promise<Answer>;
  /** Asks the host to open an address. Undefined where it cannot. */
  openLink?: (url: string) => void;
  /** Gives a text to the chat as the message of the person. Undefined where there is no chat. */
  say?: (text: string) => void;
}

/** Why the host gave no answer, for a person. */
export class HostError extends Error {
  override readonly name = 'HostError';
}

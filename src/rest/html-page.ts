/** The words of an HTML page. Pure. */

/** Characters of a page that can hold its message. */
const MAX_HTML = 20_000;

/** Characters of the words of a whole page. */
const MAX_PAGE = 500;

/** The preformatted part or the title, in which services put their message. Empty when there is neither. */
export function titleOf(page: string): string {
  return wordsOf(between(page, 'pre') ?? between(page, 'title') ?? '');
}

/** The beginning of all visible words. */
export function wordsOfPage(page: string): string {
  const visible = page.slice(0, MAX_HTML).replace(/<(script|style|title)\b[^>]*>[^<]*<\/\1>/gi, ' ');
  return wordsOf(visible).slice(0, MAX_PAGE);
}

/** The start of what is between the first opening tag and the tag that closes it. */
function between(text: string, tag: string): string | undefined {
  const start = text.search(new RegExp(`<${tag}>`, 'i'));
  if (start < 0) return undefined;
  const inside = text.slice(start + tag.length + 2, start + MAX_HTML);
  const end = inside.search(new RegExp(`</${tag}>`, 'i'));
  return end < 0 ? undefined : inside.slice(0, end);
}

/** The words between tags, without blanks and dots at the ends. */
function wordsOf(html: string): string {
  const words = html.split('<').flatMap((part, index) => (index === 0 ? part : part.slice(part.indexOf('>') + 1)));
  return words
    .join(' ')
    .replace(/&(?:#39|#x27|apos|quot|#34|lt|gt|nbsp|amp);/gi, (entity) => ENTITIES[entity.toLowerCase()] ?? entity)
    .split(/\s+/)
    .filter((word) => word !== '')
    .join(' ')
    .replace(/^[ .]+/, '')
    .replace(/(?<![ .])[ .]+$/, '');
}

/** Those of quotation marks and other signs of a message. */
const ENTITIES: Record<string, string> = {
  '&#39;': "'",
  '&#x27;': "'",
  '&apos;': "'",
  '&quot;': '"',
  '&#34;': '"',
  '&lt;': '<',
  '&gt;': '>',
  '&nbsp;': ' ',
  '&amp;': '&',
};

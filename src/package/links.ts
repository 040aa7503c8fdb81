/** The links of a packed document. npm and other sites show it without the files around it. */

/** A Markdown link or image: `[text](target)` or `![text](target)`. */
const LINK = /(!?)(\[[^\]]*\])\(([^()\s]+)\)/g;

/**
 * Makes the relative links of a document at the root of the repository absolute, at the given tag. Links to headings of the document stay.
 * @param repository `https://github.com/OWNER/REPOSITORY`
 */
export function absoluteLinks(document: string, repository: string, tag: string): string {
  return document.replace(LINK, (whole, image: string, text: string, target: string) => {
    if (target.startsWith('#') || /^[a-z][a-z+.-]*:/i.test(target)) return whole;
    return `${image}${text}(${repository}/${image ? 'raw' : 'blob'}/${tag}/${target})`;
  });
}

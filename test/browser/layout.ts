/** Whether all text of a page can be read: nothing beside the page, nothing cut off, nothing on top of other text. */
import type { Frame } from 'puppeteer-core';

/** @throws Error that names each piece of text that cannot be read. */
export async function expectReadable(frame: Frame): Promise<void> {
  const found = await frame.evaluate(faults);
  if (found.length > 0) throw new Error(`text that cannot be read:\n${found.join('\n')}`);
}

/** Runs in the page, so it uses nothing from outside. Lengths are CSS pixels. */
function faults(): string[] {
  /** Rounding of fractions, and the leading that fonts have around their letters. */
  const TOLERANCE = 2;
  const found: string[] = [];
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth + 1)
    found.push(`the page is ${root.scrollWidth} wide in a window of ${root.clientWidth}`);
  const say = (text: string) => JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);

  interface Piece {
    text: string;
    box: DOMRect;
    element: Element;
  }
  const pieces: Piece[] = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const text = (node.textContent ?? '').trim();
    const element = node.parentElement;
    if (!text || !element?.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true })) continue;
    if (['SCRIPT', 'STYLE', 'TITLE', 'OPTION', 'DESC'].includes(element.tagName.toUpperCase())) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    // The first lines of a long text are enough: the others follow the same rules.
    const boxes = [...range.getClientRects()].filter(({ width, height }) => width > 1 && height > 1).slice(0, 20);
    // Text for screen readers alone is inside a box of one pixel.
    if (boxes.length === 0 || isForScreenReaders(element)) continue;
    for (const box of boxes) pieces.push({ text, box, element });
    const cut = cutBy(element, boxes);
    if (cut) found.push(`${say(text)} is cut by ${cut}`);
  }

  function isForScreenReaders(element: Element): boolean {
    for (let each: Element | null = element; each; each = each.parentElement) {
      const { width, height } = each.getBoundingClientRect();
      if (width <= 1 && height <= 1 && getComputedStyle(each).position === 'absolute') return true;
    }
    return false;
  }

  /** The ancestor that hides a part of the text for good. One that scrolls does not, nor one that says so with an ellipsis and a title. */
  function cutBy(element: Element, boxes: DOMRect[]): string | undefined {
    let sideways = true;
    let upright = true;
    for (let each: Element | null = element; each && each !== document.body; each = each.parentElement) {
      const style = getComputedStyle(each);
      if (style.textOverflow === 'ellipsis' && each.closest('[title]')) sideways = false;
      if (['auto', 'scroll'].includes(style.overflowX)) sideways = false;
      if (['auto', 'scroll'].includes(style.overflowY)) upright = false;
      const around = each.getBoundingClientRect();
      for (const box of boxes) {
        const over = Math.max(around.left - box.left, box.right - around.right);
        const above = Math.max(around.top - box.top, box.bottom - around.bottom);
        const name = `${each.tagName.toLowerCase()}.${each.getAttribute('class') ?? ''}`;
        if (sideways && ['hidden', 'clip'].includes(style.overflowX) && over > TOLERANCE) return `${name} sideways`;
        // Half a line, because the box of a letter is higher than the letter.
        if (upright && ['hidden', 'clip'].includes(style.overflowY) && above > box.height / 2) return `${name} below`;
      }
    }
    return undefined;
  }

  pieces.sort((a, b) => a.box.top - b.box.top);
  pieces.forEach((one, at) => {
    for (let next = at + 1; next < pieces.length; next++) {
      const other = pieces[next];
      if (!other || other.box.top > one.box.bottom) break;
      if (one.element === other.element) continue;
      const wide = Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left);
      const high = Math.min(one.box.bottom, other.box.bottom) - Math.max(one.box.top, other.box.top);
      // Lines of one paragraph touch each other. Text that overlaps covers a good part of the other's height.
      if (wide <= TOLERANCE || high <= Math.min(one.box.height, other.box.height) * 0.4) continue;
      if (isLayered(one.element) !== isLayered(other.element) || isScrolledAway(one) || isScrolledAway(other)) continue;
      found.push(`${say(one.text)} is on ${say(other.text)}`);
    }
  });

  /** A dialog, a tooltip or a head that stays is on top on purpose. */
  function isLayered(element: Element): boolean {
    for (let each: Element | null = element; each; each = each.parentElement)
      if (each.tagName === 'DIALOG' || ['fixed', 'sticky'].includes(getComputedStyle(each).position)) return true;
    return false;
  }

  /** Whether a scrolling ancestor hides the middle of a piece at present. */
  function isScrolledAway({ element, box }: { element: Element; box: DOMRect }): boolean {
    const x = (box.left + box.right) / 2;
    const y = (box.top + box.bottom) / 2;
    for (let each = element.parentElement; each && each !== document.body; each = each.parentElement) {
      if (getComputedStyle(each).overflowX === 'visible') continue;
      const around = each.getBoundingClientRect();
      if (x < around.left || x > around.right || y < around.top || y > around.bottom) return true;
    }
    return false;
  }
  return [...new Set(found)].slice(0, 20);
}

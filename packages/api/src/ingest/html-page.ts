import { Readability } from '@mozilla/readability';
import { type HtmlDocument, type HtmlElement, type HtmlNode, parseHTML } from 'linkedom';

export const isElement = (node: HtmlNode): node is HtmlElement => node.nodeType === 1;
export const isText = (node: HtmlNode): boolean => node.nodeType === 3 || node.nodeType === 4;

/** Readability goes through a page several times, and up from each element: 3,000 levels took it minutes, 200 half a second. */
const forReadability = { depth: 200, elements: 30_000 };

/** Elements that no reader of the page sees as text of it. */
const unseen = new Set(
  (
    'script style noscript template title meta link base param svg canvas iframe frame object ' +
    'embed video audio picture img map input button select textarea datalist progress meter nav ' +
    'annotation rp'
  ).split(' '),
);
const hiding = /(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse))\b/i;
const forEarsOnly = /(?:^|\s)(?:sr-only|visually-hidden|visuallyhidden|screen-reader-text)(?:\s|$)/;

/** Whether an element and all in it is left out: scripts, controls, menus, and what is hidden. */
export function isLeftOut(element: HtmlElement): boolean {
  if (unseen.has(element.localName)) return true;
  const hidden = element.getAttribute('hidden');
  if (hidden !== null && hidden !== 'until-found') return true;
  if (element.localName === 'dialog' && !element.hasAttribute('open')) return true;
  if (element.getAttribute('aria-hidden') === 'true' || element.getAttribute('role') === 'navigation')
    return true;
  return (
    hiding.test(element.getAttribute('style') ?? '') || forEarsOnly.test(element.getAttribute('class') ?? '')
  );
}

/** What a step of a walk is: into a node, or out of an element again. `into` answers false to pass by what is in it. */
type Walk = { into: (node: HtmlNode, depth: number) => boolean; out?: (element: HtmlElement) => void };

/** Walks below `root` in document order without recursion: pages nest as deep as they like. */
export function walk(root: HtmlNode, { into, out }: Walk) {
  let depth = 0;
  let node: HtmlNode | null = root.firstChild;
  if (!node) return;
  for (;;) {
    const inside: HtmlNode | null = into(node, depth) ? node.firstChild : null;
    if (inside) {
      node = inside;
      depth++;
      continue;
    }
    if (isElement(node)) out?.(node);
    while (!node.nextSibling) {
      const parent: HtmlNode | null = node.parentNode;
      if (!parent || parent === root) return;
      node = parent;
      depth--;
      if (isElement(node)) out?.(node);
    }
    node = node.nextSibling;
  }
}

/**
 * The part of a page worth reading: what its author marked as the main part; else what Readability finds, unless that is less than half of
 * what the page says outside of links; else all of it but header, footer and menus.
 */
export function mainPartOf(source: string): { root: HtmlElement; isLeftOut: typeof isLeftOut } | undefined {
  // Both tags may be left out, which this parser does not know.
  const html = /<html[\s>]/i.test(source) ? source : `<html>${source}</html>`;
  const { document } = parseHTML(html);
  const body = document.querySelector('body') ?? document.documentElement;
  if (!body) return undefined;
  const marked = heaviest(document, 'main, [role="main"]') ?? only(document, 'article');
  const whole = weigh(body, isFrame);
  if (marked && weigh(marked, isLeftOut) > 0.3 * whole) return { root: marked, isLeftOut };
  const found = isFitForReadability(body) ? readable(html) : undefined;
  if (found && weigh(found, isLeftOut) >= 0.5 * whole) return { root: found, isLeftOut };
  return { root: body, isLeftOut: isFrame };
}

/** It changes what it looks at, hence a document of its own. */
function readable(html: string): HtmlElement | undefined {
  const { document } = parseHTML(html);
  if (!document.querySelector('body')) return undefined;
  const reading = new Readability(document, { serializer: (node) => node, disableJSONLD: true });
  return reading.parse()?.content ?? undefined;
}

/** Where nothing says what the main part is, what stands around it. */
function isFrame(element: HtmlElement): boolean {
  if (isLeftOut(element)) return true;
  if (!/^(?:header|footer|aside)$/.test(element.localName)) return false;
  for (let above = element.parentNode; above; above = above.parentNode)
    if (isElement(above) && /^(?:article|section)$/.test(above.localName)) return false;
  return true;
}

function only(document: HtmlDocument, selector: string): HtmlElement | undefined {
  const found = document.querySelectorAll(selector);
  return found.length === 1 ? found[0] : undefined;
}

function heaviest(document: HtmlDocument, selector: string): HtmlElement | undefined {
  let best: HtmlElement | undefined;
  let most = 0;
  for (const element of document.querySelectorAll(selector)) {
    const letters = isLeftOut(element) ? 0 : weigh(element, isLeftOut);
    if (letters > most) [best, most] = [element, letters];
  }
  return best;
}

/** How many letters stand below `root` outside of links. */
function weigh(root: HtmlElement, leftOut: (element: HtmlElement) => boolean): number {
  let letters = 0;
  walk(root, {
    into(node) {
      if (isElement(node)) return node.localName !== 'a' && !leftOut(node);
      if (isText(node)) letters += node.nodeValue?.trim().length ?? 0;
      return false;
    },
  });
  return letters;
}

function isFitForReadability(root: HtmlElement): boolean {
  let elements = 0;
  let deepest = 0;
  walk(root, {
    into(node, depth) {
      if (isElement(node)) elements++;
      deepest = Math.max(deepest, depth);
      return true;
    },
  });
  return elements <= forReadability.elements && deepest <= forReadability.depth;
}

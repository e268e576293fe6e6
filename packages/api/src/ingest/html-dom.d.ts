// Their own types need the browser's, which no server has; these are the parts that are used.

declare module 'linkedom' {
  export type HtmlNode = {
    readonly nodeType: number;
    readonly nodeValue: string | null;
    readonly firstChild: HtmlNode | null;
    readonly nextSibling: HtmlNode | null;
    readonly parentNode: HtmlNode | null;
  };
  export type HtmlElement = HtmlNode & {
    readonly localName: string;
    getAttribute(name: string): string | null;
    hasAttribute(name: string): boolean;
  };
  export type HtmlDocument = {
    readonly documentElement: HtmlElement | null;
    querySelector(selectors: string): HtmlElement | null;
    querySelectorAll(selectors: string): ArrayLike<HtmlElement> & Iterable<HtmlElement>;
  };
  export function parseHTML(html: string): { document: HtmlDocument };
}

declare module '@mozilla/readability' {
  import type { HtmlDocument, HtmlElement } from 'linkedom';
  export class Readability {
    constructor(
      document: HtmlDocument,
      options: {
        serializer: (node: HtmlElement) => HtmlElement;
        disableJSONLD?: boolean;
        maxElemsToParse?: number;
      },
    );
    parse(): { content: HtmlElement | null | undefined; title: string | null | undefined } | null;
  }
}

import { SaxesParser } from 'saxes';
import { Unreadable } from './reading.ts';

/** What is told of an XML document, in order; names without their prefix, attributes by local name. */
export type XmlHandlers = {
  open: (name: string, attributes: Attributes, position: () => number) => void;
  text: (text: string) => void;
  close: (name: string, position: () => number) => void;
};
export type Attributes = Record<string, string | undefined>;

/** An element with what stands in it, for parts small enough to be held whole. */
export type Element = { name: string; attributes: Attributes; children: (Element | string)[] };

/** Office files nest some twenty levels; deeper ones are made to exhaust a stack. */
const maxDepth = 200;

const bare = (name: string) => name.slice(name.indexOf(':') + 1);

/**
 * Reads XML as it comes. A document type is refused whatever it says: no office file has one, and entities and their floods need one. What
 * is not well-formed is refused too.
 */
export function xmlReader(handlers: XmlHandlers): { write: (text: string) => void; end: () => void } {
  // `fragment: false` and no `xmlns`: prefixes are cut off, since no two vocabularies of an office part share a name that matters.
  const parser = new SaxesParser({ xmlns: false, position: false });
  const position = () => parser.position;
  let depth = 0;
  parser.on('doctype', () => {
    throw new Unreadable(
      'This file holds a document type declaration, which no office program writes. It may be made to do harm.',
    );
  });
  parser.on('error', (error) => {
    throw new Unreadable('This file is damaged: a part of it is not valid XML.', { cause: error });
  });
  parser.on('opentag', ({ name, attributes }) => {
    if (++depth > maxDepth)
      throw new Unreadable('This file is nested too deeply to read. It may be made to do harm.');
    const own: Attributes = Object.create(null);
    // The first of two that differ in their prefix only, but an id of a relation (`r:id`) is called so.
    for (const [key, value] of Object.entries(attributes)) own[key === 'r:id' ? key : bare(key)] ??= value;
    handlers.open(bare(name), own, position);
  });
  parser.on('closetag', ({ name }) => {
    depth--;
    handlers.close(bare(name), position);
  });
  parser.on('text', handlers.text);
  parser.on('cdata', handlers.text);
  return { write: (text) => void parser.write(text), end: () => void parser.close() };
}

type Chunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** Reads the chunks of one part; office files are UTF-8 or, seldom, UTF-16. */
export async function readXml(chunks: Chunks, handlers: XmlHandlers): Promise<void> {
  const xml = xmlReader(handlers);
  let decoder: InstanceType<typeof TextDecoder> | undefined;
  for await (const chunk of chunks) {
    decoder ??= new TextDecoder(encodingOf(chunk));
    xml.write(decoder.decode(chunk, { stream: true }));
  }
  if (!decoder) return;
  xml.write(decoder.decode());
  xml.end();
}

function encodingOf(head: Uint8Array): string {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be';
  return 'utf-8';
}

/** As text what `readXml` reads: for those who need offsets into it. */
export function decodeXml(bytes: Uint8Array): string {
  return new TextDecoder(encodingOf(bytes)).decode(bytes);
}

/** A part as a tree; undefined where it is missing. */
export async function readTree(chunks: Chunks): Promise<Element | undefined> {
  const root: Element = { name: '', attributes: {}, children: [] };
  const open = [root];
  await readXml(chunks, {
    open(name, attributes) {
      const element: Element = { name, attributes, children: [] };
      open.at(-1)!.children.push(element);
      open.push(element);
    },
    text: (text) => void open.at(-1)!.children.push(text),
    close: () => void open.pop(),
  });
  return root.children.find((child) => typeof child !== 'string');
}

/** The elements of that name directly within, or further down a path of names. */
export function within(element: Element | undefined, ...path: string[]): Element[] {
  let found = element ? [element] : [];
  for (const name of path)
    found = found.flatMap(({ children }) =>
      children.filter((child): child is Element => typeof child !== 'string' && child.name === name),
    );
  return found;
}

/** The elements of that name anywhere within, in order; those inside one of them are not looked for. */
export function* anywhere(element: Element, name: string): Generator<Element> {
  for (const child of element.children) {
    if (typeof child === 'string') continue;
    if (child.name === name) yield child;
    else yield* anywhere(child, name);
  }
}

/** Relations of a part by id: what they are (the last word of their type) and the part they point to. */
export type Relations = Map<string, { kind: string; target: string }>;

/** Where the relations of a part are kept; those of the package under `_rels/.rels`. */
export function relationsPart(part: string): string {
  const slash = part.lastIndexOf('/') + 1;
  return `${part.slice(0, slash)}_rels/${part.slice(slash)}.rels`;
}

/** The relations of a part of an Open XML package; those that point outside are left out. */
export async function relationsOf(
  archive: { chunks: (name: string) => Chunks },
  part: string,
): Promise<Relations> {
  const root = await readTree(archive.chunks(relationsPart(part)));
  const relations: Relations = new Map();
  for (const { attributes } of within(root, 'Relationship')) {
    const { Id: id, Type: type, Target: target, TargetMode: mode } = attributes;
    if (id === undefined || type === undefined || target === undefined || mode === 'External') continue;
    relations.set(id, { kind: bare(type.slice(type.lastIndexOf('/') + 1)), target: joined(part, target) });
  }
  return relations;
}

/** `../media/a.png` as seen from `ppt/slides/slide1.xml`: `ppt/media/a.png`. */
function joined(part: string, target: string): string {
  const steps = target.startsWith('/') ? [] : part.split('/').slice(0, -1);
  for (const step of target.split('/')) {
    if (step === '..') steps.pop();
    else if (step !== '.' && step !== '') steps.push(step);
  }
  return steps.join('/');
}

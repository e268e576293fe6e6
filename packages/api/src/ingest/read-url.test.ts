import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { canonical } from '../text/canonical.ts';
import { readDocument, type ReadLimits } from './readers.ts';
import { decodePlaceMap } from './place-map-bytes.ts';
import { readUrl } from './read-url.ts';
import { type FragmentDraft, type Unit, Unreadable } from './reading.ts';

const address = 'https://lab.example/manual';

async function read(html: string | Uint8Array, mediaType = 'text/html') {
  const units: Unit[] = [];
  const fragments = await readUrl(Buffer.from(html), {
    filename: 'page.html',
    mediaType,
    url: address,
    limits: { pages: 1, textBytes: 1 },
    onUnit: async (unit) => void units.push(unit),
    onProgress() {},
    onFacts: async () => {},
  });
  const [unit] = units;
  expect(units).toHaveLength(1);
  expect(unit).toMatchObject({ ordinal: 1, places: { kind: 'offsets', url: address } });
  const text = unit!.text;
  holdsLaws(text, fragments);
  return { text, fragments };
}

/** The laws of readings: text is canonical, every fragment is made of its ranges, and every segment lies inside. */
function holdsLaws(text: string, fragments: FragmentDraft[]) {
  expect(canonical(text)).toBe(text);
  for (const { text: own, ranges, segments } of fragments) {
    expect(ranges.map(({ start, end }) => text.slice(start, end)).join(' ')).toBe(own);
    for (const [start, end] of segments) expect(own.slice(start, end)).not.toBe('');
  }
}

const page = (main: string) =>
  `<!doctype html><html><head><title>T</title></head><body><main>${main}</main></body></html>`;

describe('a web page', () => {
  it('is read as headings, paragraphs, lists and listings, in order', async () => {
    const { text, fragments } = await read(
      page(`<h1>Oven <em>QX</em></h1>
        <p>Set the   temperature
        to 37&nbsp;&deg;C.<br>Wait.</p>
        <h2>Cleaning<a href="#cleaning">¶</a></h2>
        <ol start="3"><li>Open the door.</li><li><p>Wipe it:</p><ul><li>top</li><li>bottom</li></ul></li></ol>
        <dl><dt>E-1</dt><dd>Door open.</dd></dl>
        <pre>
set  temp 37
  wait

run</pre>
        <p>A heap of 10<sup>6</sup> cells, 5 m<sup>2</sup>, H<sub>2</sub>O and the 1<sup>st</sup> rinse.</p>`),
    );
    expect(text).toBe(
      [
        'Oven QX',
        'Set the temperature to 37\u00a0°C.\nWait.',
        'Cleaning\n3.\u00a0Open the door.\n4.\u00a0Wipe it:\n-\u00a0top\n-\u00a0bottom',
        'E-1',
        'Door open.',
        'set  temp 37\n  wait\n\nrun',
        'A heap of 10⁶ cells, 5 m², H2O and the 1st rinse.',
      ].join('\n\n'),
    );
    expect(fragments.map(({ heading }) => heading)[0]).toBe('Oven QX');
  });

  it('leaves out scripts, styles, menus, controls and what is hidden', async () => {
    const { text } = await read(
      page(`<script>secret()</script><style>p{}</style><noscript>no script</noscript><template>t</template>
        <nav>Home</nav><p hidden>hidden</p><p style="color:red; display: none">none</p><p style="visibility:hidden">v</p>
        <p aria-hidden="true">aria</p><span class="a sr-only">ears</span><button>Copy</button><select><option>o</select>
        <svg><text>drawn</text></svg><iframe>f</iframe><dialog>closed</dialog><textarea>typed</textarea>
        <!-- comment --><p>Seen <b>only</b>.</p>`),
    );
    expect(text).toBe('Seen only.');
  });

  it('keeps a table whole with its title and header row, and each row as one segment', async () => {
    const { text, fragments } = await read(
      page(`<p>Limits of all rotors.</p><table><caption>Table 2: Rotors</caption>
        <thead><tr><th>Rotor<th>Speed</tr></thead>
        <tbody><tr><td>RA-24<td>15,000&nbsp;rpm<br>max</tr><tr><td>RA-6<td><p>10,500 rpm</p></tr></tbody></table>`),
    );
    const table = 'Table 2: Rotors\nRotor | Speed\nRA-24 | 15,000\u00a0rpm max\nRA-6 | 10,500 rpm';
    expect(text).toBe(`Limits of all rotors.\n\n${table}`);
    expect(fragments.at(-1)).toMatchObject({ kind: 'table', text: table });
    expect(fragments.at(-1)!.segments.map(([from, to]) => table.slice(from, to))).toEqual(table.split('\n'));
  });

  it('repeats the header row in the heading of each further part of a large table', async () => {
    const rows = Array.from({ length: 400 }, (_, i) => `<tr><td>Part ${i}<td>Costs ${i} and more</tr>`);
    const { fragments } = await read(
      page(`<h2>Parts</h2><table><tr><th>Part<th>Price</tr>${rows.join('')}</table>`),
    );
    expect(fragments.length).toBeGreaterThan(3);
    expect(new Set(fragments.slice(1).map(({ heading }) => heading))).toEqual(
      new Set(['Parts › Part | Price']),
    );
  });

  it('reads through tables that only arrange a page', async () => {
    const { text } = await read(
      page(`<table><tr><td><p>One.</p><p>Two.</p></td></tr></table>
        <table role="presentation"><tr><td>Left.</td><td>Right.</td></tr></table>
        <table><tr><td>Menu<td><table><tr><td>a<td>b</tr></table></tr></table>`),
    );
    expect(text).toBe('One.\n\nTwo.\n\nLeft.\n\nRight.\n\nMenu\n\na | b');
  });

  it('without a marked main part is found among what stands around it', async () => {
    const links = Array.from({ length: 60 }, (_, i) => `<li><a href="/${i}">Other page number ${i}</a></li>`);
    const prose = Array.from(
      { length: 12 },
      (_, i) => `<p>The rotor must be balanced before run ${i}, and the lid stays closed, always.</p>`,
    );
    const { text } = await read(
      `<html><body><header>Company</header><div class="sidebar"><ul>${links.join('')}</ul></div>
        <div class="content"><h1>Rotor care</h1>${prose.join('')}</div><footer>Imprint</footer></body></html>`,
    );
    expect(text).toContain('balanced before run 11');
    expect(text).not.toMatch(/Company|Imprint|Other page/);
    const short = await read('<p>Only this.</p><footer>Imprint</footer>');
    expect(short.text).toBe('Only this.');
  });

  it.each([
    ['the header', 'text/html; charset=ISO-8859-1', Buffer.from('<p>37 \xb0C', 'latin1')],
    ['a BOM, whatever the header says', 'text/html; charset=ISO-8859-1', Buffer.from('\ufeff<p>37 °C')],
    ['<meta charset>', 'text/html', Buffer.from('<meta charset="windows-1252"><p>37 \xb0C', 'latin1')],
    [
      '<meta http-equiv>',
      'text/html; charset=nonsense',
      Buffer.from(
        '<meta http-equiv="content-type" content="text/html; charset=iso-8859-1"><p>37 \xb0C',
        'latin1',
      ),
    ],
    ['its bytes', 'text/html', Buffer.from('<p>37 °C')],
    ['UTF-16 with a BOM', 'text/html', Buffer.from('\ufeff<p>37 °C', 'utf16le')],
    ['nothing, when it is no UTF-8', 'text/html', Buffer.from('<p>37 \xb0C', 'latin1')],
    [
      'the XML declaration',
      'application/xhtml+xml',
      Buffer.from(
        '<?xml version="1.0" encoding="ISO-8859-1"?><html><body><p>37 \xb0C</p></body></html>',
        'latin1',
      ),
    ],
  ])('is decoded by %s', async (_by, mediaType, bytes) => {
    expect((await read(bytes, mediaType)).text).toBe('37 °C');
  });

  it('in XHTML may close elements by themselves', async () => {
    const { text } = await read(
      '<html><head><title/><script src="a.js" /></head><body><a id="x"/><p>One<br/>two</p><p/><p>three</p></body></html>',
      'application/xhtml+xml',
    );
    expect(text).toBe('One\ntwo\n\nthree');
  });

  it('in plain text or Markdown is read like a note', async () => {
    const plain = await read('# no heading\n\nText.', 'text/plain');
    expect(plain.fragments[0]).toMatchObject({ heading: '' });
    const markdown = await read('# Heading\n\nText.', 'text/markdown; charset=utf-8');
    expect(markdown.fragments[0]).toMatchObject({ heading: 'Heading', text: '# Heading\n\nText.' });
  });

  it.each(['<html></html>', '<body><script>app()</script><div id="root"></div></body>', ' '])(
    'without text is refused with advice: %s',
    async (html) => {
      await expect(read(html)).rejects.toThrow(/No text was found on this page/);
    },
  );

  it('with more than 2 MB of text is refused', async () => {
    await expect(read(`<p>${'word '.repeat(500_000)}</p>`)).rejects.toBeInstanceOf(Unreadable);
    await expect(read('word '.repeat(500_000), 'text/plain')).rejects.toBeInstanceOf(Unreadable);
  });

  const text = fc.oneof(
    fc.lorem(),
    fc.constantFrom(
      '37 °C',
      'a | b',
      '1.',
      '- ',
      '&lt;p&gt;',
      '\u0301x',
      '\u200b',
      '\u0001',
      '👩‍🔬',
      'e\u0301',
    ),
    fc.string({ unit: 'grapheme', maxLength: 20 }),
  );
  const tag = fc.constantFrom(
    'p',
    'div',
    'h2',
    'h4',
    'ul',
    'ol',
    'li',
    'table',
    'tr',
    'td',
    'th',
    'caption',
    'pre',
    'code',
    'b',
    'sup',
    'br',
    'section',
    'main',
    'dl',
    'dt',
    'dd',
    'blockquote',
    'a',
    'span',
    'body',
    'script',
    'x-y',
  );
  const soup = fc.array(
    fc.oneof(
      text,
      tag.map((name) => `<${name}>`),
      tag.map((name) => `</${name}>`),
      fc.constantFrom('<!--', '-->', '<', '<a href="#x">¶</a>', '&#0;', '&bogus;', '</'),
    ),
    { maxLength: 60 },
  );
  property.prop([soup], { numRuns: 150 })('of any tags holds the laws or is refused', async (parts) => {
    await read(parts.join(' ')).catch((error: unknown) => {
      if (!(error instanceof Unreadable)) throw error;
    });
  });
});

describe('a page that is made to do harm', () => {
  const ends = async (html: string, limits: Partial<ReadLimits> = {}) => {
    let text = '';
    const order = {
      bytes: Buffer.from(html),
      type: 'url' as const,
      filename: 'page.html',
      mediaType: 'text/html',
      url: address,
      limits,
    };
    try {
      for await (const part of readDocument(order)) {
        if (part.kind !== 'units') continue;
        for (const unit of part.units) {
          expect(decodePlaceMap(unit.places)).toEqual({ kind: 'offsets', url: address });
          text += unit.text;
        }
      }
    } catch (error) {
      expect(error).toBeInstanceOf(Unreadable);
      return undefined;
    }
    return text;
  };

  it.each([
    ['20,000 elements inside each other', `${'<div>'.repeat(20_000)}Text.`, 'Text.'],
    ['lists inside each other', `${'<ul><li>'.repeat(5_000)}Text.`, '-\u00a0Text.'],
    ['tables inside each other', `${'<table><tr><td>'.repeat(3_000)}Text.`, 'Text.'],
    ['10 MB on one line', `<p>${'word '.repeat(2_000_000)}`, undefined],
    ['a flood of entities', `<p>${'&amp;'.repeat(200_000)}`, '&'.repeat(200_000)],
    [
      '100,000 attributes',
      `<p ${Array.from({ length: 20_000 }, (_, i) => `a${i}=1`).join(' ')}>Text.`,
      'Text.',
    ],
    ['2,000 paragraphs', '<p>Word.</p>'.repeat(2_000), Array(2_000).fill('Word.').join('\n\n')],
  ])('by %s is read or refused', async (_by, html, expected) => {
    const text = await ends(html);
    expect([text?.length, text?.slice(0, 99)]).toEqual([expected?.length, expected?.slice(0, 99)]);
  });

  it('ends by its limits when nothing else helps', async () => {
    expect(await ends('<p>'.repeat(3_000_000), { milliseconds: 300 })).toBeUndefined();
  });
});

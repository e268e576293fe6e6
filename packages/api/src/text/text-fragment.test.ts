import { describe, expect, it } from 'vitest';
import { withTextFragment } from './text-fragment.ts';

const url = 'https://lab.example/manual';
/** The fragment that links to the n-th time these words stand in the text. */
function linkTo(text: string, quote: string, nth = 1) {
  let start = -1;
  for (let i = 0; i < nth; i++) start = text.indexOf(quote, start + 1);
  expect(start).toBeGreaterThanOrEqual(0);
  const link = withTextFragment(url, text, [{ start, end: start + quote.length }]);
  expect(link.startsWith(`${url}#:~:text=`)).toBe(true);
  return decodeURIComponent(link.slice(url.length + '#:~:text='.length));
}

describe('a link to the words of a page', () => {
  it('names a short quote whole', () => {
    expect(linkTo('Open the lid. Close the lid.', 'Close the lid.')).toBe('Close the lid.');
  });

  it('encodes what means something in a directive', () => {
    const text = 'Use A-1, B & C (100 %)!';
    expect(withTextFragment(url, text, [{ start: 0, end: text.length }])).toBe(
      `${url}#:~:text=Use%20A%2D1%2C%20B%20%26%20C%20%28100%20%25%29%21`,
    );
  });

  it('goes behind a fragment that the address has', () => {
    expect(withTextFragment(`${url}#part`, 'Text.', [{ start: 0, end: 5 }])).toBe(`${url}#part:~:text=Text.`);
  });

  it('names the words before only where the page says the same earlier', () => {
    const text = 'Rinse. Wait for 5 min.\n\nDry it. Wait for 5 min.\n\nCool it. WAIT for 5 min.';
    expect(linkTo(text, 'Wait for 5 min.')).toBe('Wait for 5 min.');
    expect(linkTo(text, 'Wait for 5 min.', 2)).toBe('it.-,Wait for 5 min.');
    expect(linkTo(text, 'WAIT for 5 min.')).toBe('Cool it.-,WAIT for 5 min.');
  });

  it('names the words behind where those before are the same too', () => {
    const text = 'Wash.\n\nSpin down.\n\nKeep.\n\nWash.\n\nSpin down.\n\nDiscard.';
    expect(linkTo(text, 'Spin down.', 2)).toBe('Wash.-,Spin down.,-Discard.');
  });

  it('names what runs over blocks, cells or many words by its beginning and end', () => {
    const table = 'Rotor | Speed\nRA-24 | 15,000 rpm\nRA-6 | 10,500 rpm';
    expect(linkTo(table, 'RA-24 | 15,000 rpm')).toBe('RA-24,15,000 rpm');
    expect(linkTo(table, 'RA-6 | 10,500 rpm')).toBe('RA-6,10,500 rpm');
    const steps = '1.\u00a0Open the lid.\n2.\u00a0Wipe it:\n-\u00a0top\n-\u00a0bottom';
    expect(linkTo(`Do this:\n${steps}\n\nDone.`, steps)).toBe('Open the lid.,bottom');
    // Such a number stands in the page itself.
    expect(linkTo('Wait.\n\n5. Cleaning', '5. Cleaning')).toBe('5. Cleaning');
    const long = Array.from({ length: 80 }, (_, i) => `word${i}`).join(' ');
    expect(linkTo(`Before. ${long} After.`, long)).toBe(
      'word0 word1 word2 word3,word76 word77 word78 word79',
    );
  });

  it('names more words of a beginning or an end that the page has earlier', () => {
    const a = Array.from({ length: 80 }, (_, i) => `a${i}`).join(' ');
    const quote = `a0 a1 a2 a3 a4 a5 x a76 a77 a78 a79 b ${a}`;
    expect(linkTo(`a0 a1 a2 a3 a4 b.\n\n${quote}`, quote)).toBe('a0 a1 a2 a3 a4 a5,a75 a76 a77 a78 a79');
  });

  it('has a directive for each range, and none for nothing', () => {
    const text = 'One two. Three four.';
    expect(
      withTextFragment(url, text, [
        { start: 0, end: 3 },
        { start: 9, end: 14 },
      ]),
    ).toBe(`${url}#:~:text=One&text=Three`);
    expect(withTextFragment(url, text, [])).toBe(url);
    expect(withTextFragment(url, '\n\n', [{ start: 0, end: 2 }])).toBe(url);
  });
});

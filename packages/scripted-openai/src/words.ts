/** The content words of a text, in order: lower case, without function words, with plain English endings removed. */
export function contentWords(text: string): string[] {
  const words =
    text
      .normalize('NFKC')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+(?:[.,:/'’-][\p{L}\p{N}]+)*/gu) ?? [];
  return words.flatMap((word) => {
    const plain = word.replace(/['’]s$/u, '');
    return functionWords.has(plain) ? [] : [stem(plain)];
  });
}

function stem(word: string): string {
  if (word.length < 5 || /\p{N}/u.test(word)) return word.length > 3 ? word.replace(/(?<!s)s$/u, '') : word;
  return word
    .replace(/ies$/u, 'y')
    .replace(/(?:ing|ed|es|(?<!s)s)$/u, '')
    .replace(/e$/u, '')
    .replace(/([^aeiouls])\1$/u, '$1');
}

const functionWords = new Set(
  `a about after all also an and any are as at be because been before being between both but by can could did do
  does doing down during each few for from get give had has have having he her here his how i if in into is it
  its just let may me might more most much must my no nor not of off on once only or other our out over own
  please same shall she should so some such tell than that the their them then there these they this those
  through to too under until up us use used using very was we were what when where which while who whom whose
  why will with would you your`.split(/\s+/u),
);

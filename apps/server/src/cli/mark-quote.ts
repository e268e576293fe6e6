const around = 300;

/** A passage around a quote, the quote between `»` and `«`, cut at words some 300 characters from it; undefined when the quote is not in it. */
export function markQuote(passage: string, quote: string): string | undefined {
  const start = quote === '' ? -1 : passage.indexOf(quote);
  return start === -1 ? undefined : markRange(passage, start, start + quote.length);
}

/** As `markQuote`, for a quote whose offsets in the passage are known. */
export function markRange(passage: string, start: number, end: number): string {
  const quote = passage.slice(start, end);
  const from = start > around ? passage.indexOf(' ', start - around) : -1;
  const to = end + around < passage.length ? passage.lastIndexOf(' ', end + around) : -1;
  const before =
    from === -1 || from >= start
      ? passage.slice(Math.max(0, start - around), start)
      : passage.slice(from + 1, start);
  const after = to <= end ? passage.slice(end, end + around) : passage.slice(end, to);
  const cut = (is: boolean) => (is ? '… ' : '');
  return `${cut(before.length < start)}${before}»${quote}«${after}${after.length < passage.length - end ? ' …' : ''}`;
}

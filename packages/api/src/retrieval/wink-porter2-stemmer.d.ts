declare module 'wink-porter2-stemmer' {
  /** Porter's second algorithm for a lower-case English word. */
  export default function stem(word: string): string;
}

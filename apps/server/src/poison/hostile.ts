/** A file made to do harm, or damaged. */
export type Hostile = {
  /** What is wrong with it, in a few words. */
  name: string;
  /** Its end tells kinds of text apart; an `.html` is served to be fetched, captions come with a recording, all else is uploaded. */
  filename: string;
  bytes: () => Uint8Array | Promise<Uint8Array>;
};

/** `text` again and again, so many bytes of it. */
export const filled = (bytes: number, text = ' '): Buffer => Buffer.alloc(bytes, text);

/** The first bytes of good files, cut at so many places each. */
export function truncated(good: readonly Hostile[], cuts: number): Hostile[] {
  return good.flatMap(({ filename, bytes }) =>
    Array.from({ length: cuts }, (_, i) => ({
      name: `${filename} cut after ${i + 1} of ${cuts + 1} parts`,
      filename,
      async bytes() {
        const whole = await bytes();
        return whole.subarray(0, Math.floor(((i + 1) * whole.length) / (cuts + 1)));
      },
    })),
  );
}

/** The same bytes each time they are asked for, whatever makes them. */
export function once(file: Hostile): Hostile {
  let made: ReturnType<Hostile['bytes']> | undefined;
  return { ...file, bytes: () => (made ??= file.bytes()) };
}

/** One line of the table: a figure of ours, what a bare floor needed in the same run, and how they must compare. */
export type Measure = {
  name: string;
  ours: string;
  floor?: string;
  /** Ours against the floor, in the direction the limit speaks of. */
  ratio?: number;
  limit?: string;
  /** Absent where there is no limit. */
  met?: boolean;
};

/** The middle of the sorted numbers; of an even count the mean of the two in the middle. */
export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  return (sorted[Math.ceil(half) - 1]! + sorted[Math.floor(half)]!) / 2;
}

export const ms = (value: number) => `${value.toFixed(value < 20 ? 1 : 0)} ms`;

/** The measures as aligned text. */
export function table(measures: readonly Measure[]): string {
  const head = ['what', 'ours', 'bare floor', 'ratio', 'limit', ''];
  const rows = measures.map(({ name, ours, floor, ratio, limit, met }) => [
    name,
    ours,
    floor ?? '',
    ratio?.toFixed(2) ?? '',
    limit ?? '',
    met === undefined ? '' : met ? 'met' : 'MISSED',
  ]);
  const widths = head.map((_, i) => Math.max(...[head, ...rows].map((row) => row[i]!.length)));
  return [head, ...rows]
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

import type { KillsReport } from './kills.ts';
import type { PoisonReport } from './poison.ts';

/** The report as lines: every file with what became of it, then the counts. */
export function table({ outcomes, ...counts }: PoisonReport): string {
  const head = ['file', 'seconds', 'MB', 'what became of it', ''];
  const rows = outcomes
    .toSorted((one, other) => (other.seconds ?? 0) - (one.seconds ?? 0))
    .map(({ file, good, outcome, reason, seconds, tries, peak }) => [
      good ? `${file.filename} (good)` : `${file.filename}: ${file.name}`,
      seconds?.toFixed(1) ?? '',
      peak === undefined ? '' : (peak / 2 ** 20).toFixed(0),
      `${outcome}${tries > 1 ? `, begun ${tries} times` : ''}`,
      reason,
    ]);
  const widths = head.map((_, i) => Math.max(...[head, ...rows].map((row) => Math.min(90, row[i]!.length))));
  const lines = [head, ...rows].map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join('  ')
      .trimEnd(),
  );
  const outcomesOf = Map.groupBy(outcomes, ({ outcome }) => outcome);
  return [
    ...lines,
    '',
    count('files', outcomes.length),
    ...[...outcomesOf].map(([outcome, { length }]) => count(`  ${outcome}`, length)),
    count('stuck', counts.stuck),
    count('crashes of a server', counts.crashes.length),
    count('without a reason', counts.withoutReason),
    count('good documents that were not read', counts.goodUnread),
    count('readers of ordinary priority', counts.hasty),
    count('seconds', counts.seconds.toFixed(0)),
    ...counts.crashes.map((crash) => `CRASH ${crash}`),
  ].join('\n');
}

/** Whether everything held. */
export const held = ({ stuck, crashes, withoutReason, goodUnread, hasty }: PoisonReport): boolean =>
  stuck + crashes.length + withoutReason + goodUnread + hasty === 0;

/** The report of kills as lines of a name and a count, then what did not hold. */
export function killsTable({
  kills,
  neverPassed,
  documents,
  compared,
  violations,
  seconds,
}: KillsReport): string {
  const total = Object.values(kills).reduce((sum, n) => sum + n, 0);
  return [
    count('kills of the worker', total),
    ...Object.entries(kills).map(([point, n]) => count(`  ${point}`, n)),
    count('kinds of documents', documents),
    count('documents compared with an undisturbed run', compared),
    count('violations', violations.length),
    count('seconds', seconds.toFixed(0)),
    ...neverPassed.map((point) => `nobody came by: ${point}`),
    ...violations.map((violation) => `VIOLATION ${violation}`),
  ].join('\n');
}

const count = (name: string, n: number | string) => `${name.padEnd(44)}${String(n).padStart(7)}`;

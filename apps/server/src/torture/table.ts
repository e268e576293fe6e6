import { faultPoints } from './fault-points.ts';
import type { Report } from './torture.ts';

/** The report as lines of a name and a count, then the violations. */
export function table({ counts, neverPassed, violations, seconds }: Report): string {
  const { fleet, network, drops } = counts;
  const total = (some: Record<string, number>) => Object.values(some).reduce((n, m) => n + m, 0);
  const lines: [name: string, count: number | undefined][] = [
    ['answers', counts.answers],
    ...Object.entries(counts.ended)
      .sort(([, one], [, other]) => other - one)
      .map(([how, n]): [string, number] => [`  ended: ${how}`, n]),
    ['readers', counts.readers],
    ['  readers that never read, beside them', counts.neverReading],
    ['documents', counts.documents],
    ['kills of API processes', fleet.killsAtRandom + total(fleet.killsAt)],
    ['  at random', fleet.killsAtRandom],
    ...faultPoints.map((point): [string, number] => [`  at: ${point}`, fleet.killsAt[point]]),
    ['kills of workers', fleet.workerKills],
    ['stops of API processes', fleet.stopsAtRandom + total(fleet.stopsAt)],
    ['  at random', fleet.stopsAtRandom],
    ['  at one of the points', total(fleet.stopsAt)],
    ['stops of workers', fleet.workerStops],
    ['starts that failed', fleet.failedStarts],
    ...(['clients', 'database', 'model'] as const).flatMap((side): [string, number][] => [
      [`broken connections: ${side}`, total(network[side])],
      ...Object.entries(network[side]).map(([fault, n]): [string, number] => [`  ${fault}`, n]),
    ]),
    ['take-overs', counts.takeOvers],
    ['answers begun again before their readers', counts.resets],
    ['connections of readers that ended early', total(drops)],
    ['  left by the reader', drops.left],
    ['  never came about', drops.refused],
    ['  cut', drops.cut],
    ['  given up after 3 s of silence', drops.silent],
    ['lost', counts.lost],
    ['doubled', counts.doubled],
    ['gaps', counts.gaps],
    ['duplicate submits', counts.duplicateSubmits],
    ['duplicate model calls', counts.duplicateModelCalls],
    ['violations', violations.length],
    ['seconds', Math.round(seconds)],
  ];
  return [
    ...lines.map(([name, n]) => `${name.padEnd(44)}${String(n).padStart(7)}`),
    ...neverPassed.map((point) => `nobody came by: ${point}`),
    ...violations.map((violation) => `VIOLATION ${violation}`),
  ].join('\n');
}

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Of util-linux; that of BusyBox does not know what is asked of it. */
const setpriv = '/usr/bin/setpriv';
const asked = ['--pdeathsig', 'KILL'];
let works: boolean | undefined;

/**
 * Has the kernel end a program with the process that starts it, on Linux with util-linux. Otherwise what is busy would not notice that whoever
 * watches its limits was killed, and go on without any.
 */
export function tethered(program: string, args: readonly string[]): [program: string, args: string[]] {
  works ??=
    existsSync(setpriv) && spawnSync(setpriv, [...asked, 'true'], { env: {}, stdio: 'ignore' }).status === 0;
  return works ? [setpriv, [...asked, program, ...args]] : [program, [...args]];
}

import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import type { FFmpeg } from '@rayni/api';

/** Where a program is by the search path of the environment; undefined when it is not installed. */
export function findProgram(name: string, searchPath = process.env.PATH ?? ''): string | undefined {
  return searchPath
    .split(path.delimiter)
    .filter((folder) => path.isAbsolute(folder))
    .map((folder) => path.join(folder, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** ffmpeg and its companion, if both are installed. */
export function findFFmpeg(searchPath?: string): FFmpeg | undefined {
  const [ffmpeg, ffprobe] = [findProgram('ffmpeg', searchPath), findProgram('ffprobe', searchPath)];
  return ffmpeg && ffprobe ? { ffmpeg, ffprobe } : undefined;
}

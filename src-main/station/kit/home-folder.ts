// Where a station keeps everything when nobody says where: the data folder of the person who runs it.
import os from 'node:os';
import path from 'node:path';

/** A folder named Safelight where the platform wants the data of programs. Not made here. */
export function defaultHome(
  platform: NodeJS.Platform = process.platform,
  environment: Readonly<Record<string, string | undefined>> = process.env,
  userFolder: string = os.homedir(),
): string {
  if (platform === 'win32') {
    return path.win32.join(environment['LOCALAPPDATA'] || path.win32.join(userFolder, 'AppData', 'Local'), 'Safelight');
  }
  if (platform === 'darwin') return path.posix.join(userFolder, 'Library', 'Application Support', 'Safelight');
  // The XDG specification: a path that is not absolute is ignored.
  const asked = environment['XDG_DATA_HOME'] ?? '';
  return path.posix.join(asked.startsWith('/') ? asked : path.posix.join(userFolder, '.local', 'share'), 'Safelight');
}

// Where Electron's program is. Never imports the package `electron`: that alone would begin a download.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/**
 * @param projectFolder folder that holds node_modules
 * @returns path of the program, or undefined when it has not been fetched
 */
export function findElectronProgram(
  projectFolder: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string | undefined {
  const electronPackage = path.join(projectFolder, 'node_modules', 'electron');
  const noted = path.join(electronPackage, 'path.txt');
  const inside = existsSync(noted) ? readFileSync(noted, 'utf8').trim() : undefined;
  const elsewhere = environment['ELECTRON_OVERRIDE_DIST_PATH'];
  if (!elsewhere && !inside) return undefined;
  const program = path.join(elsewhere || path.join(electronPackage, 'dist'), inside ?? programName(process.platform));
  return existsSync(program) ? program : undefined;
}

function programName(platform: NodeJS.Platform): string {
  if (platform === 'win32') return 'electron.exe';
  return platform === 'darwin' ? 'Electron.app/Contents/MacOS/Electron' : 'electron';
}

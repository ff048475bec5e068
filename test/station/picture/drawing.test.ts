// Words that are burned into pictures are drawn with the letters that come with the station, also where no others are installed.
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../peers/programs/temporary-folder.ts';

const door = path.resolve(import.meta.dirname, '../../../src-main/station/picture/index.ts');

/** Words as a process draws them that knows these letters and no others. */
async function drawnWith(configuration: string | undefined): Promise<string> {
  const script = `import { drawMask } from ${JSON.stringify(door)};
    const mask = await drawMask([{ kind: 'words', at: [4, 10], lines: ['Größe 12 mm', 'Ελλάς'] }], 320, 120);
    console.log(mask.isWordless, Buffer.from(mask.values).toString('base64'));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
    cwd: path.dirname(door),
    env: { ...process.env, ...(configuration !== undefined && { FONTCONFIG_FILE: configuration }) },
  });
  return stdout;
}

test('words look the same on a machine that has no letters installed', async () => {
  const folder = await temporaryFolder('letters');
  const empty = path.join(folder.path, 'fonts.conf');
  await writeFile(empty, '<?xml version="1.0"?><fontconfig></fontconfig>');
  const there = await drawnWith(undefined);
  expect(there).toMatch(/^false /);
  // Boxes in the place of letters would be something drawn too: pixel by pixel it is the same.
  expect(await drawnWith(empty)).toBe(there);
  await folder.close();
});

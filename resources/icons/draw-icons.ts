// Draws every icon of the installers from the two drawings beside it: `node resources/icons/draw-icons.ts`.
// Its results are kept in the repository; run it again after a change of a drawing.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';

const folder = import.meta.dirname;
const draw = async (drawing: string, size: number): Promise<Buffer> =>
  sharp(await readFile(path.join(folder, drawing)), { density: 288 })
    .resize(size, size)
    .png({ compressionLevel: 9, palette: size >= 512 })
    .toBuffer();

type Picture = { readonly size: number; readonly png: Buffer };

/** Windows' container: a header, one entry of 16 bytes a picture, then the pictures as PNG. */
function toIco(pictures: readonly Picture[]): Buffer {
  const head = Buffer.alloc(6 + 16 * pictures.length);
  head.writeUInt16LE(1, 2);
  head.writeUInt16LE(pictures.length, 4);
  let offset = head.length;
  for (const [i, { size, png }] of pictures.entries()) {
    const at = 6 + 16 * i;
    head.writeUInt8(size % 256, at);
    head.writeUInt8(size % 256, at + 1);
    head.writeUInt16LE(1, at + 4);
    head.writeUInt16LE(32, at + 6);
    head.writeUInt32LE(png.length, at + 8);
    head.writeUInt32LE(offset, at + 12);
    offset += png.length;
  }
  return Buffer.concat([head, ...pictures.map(({ png }) => png)]);
}

/** The types under which Apple's container keeps PNGs, by size. */
const appleTypes = { 32: 'ic11', 64: 'ic12', 128: 'ic07', 256: 'ic08', 512: 'ic09', 1024: 'ic10' } as const;

function toIcns(pictures: readonly Picture[]): Buffer {
  const parts = pictures.flatMap(({ size, png }) => {
    const type = appleTypes[size as keyof typeof appleTypes];
    return [part(type, png.length), png];
  });
  const length = parts.reduce((sum, bytes) => sum + bytes.length, 0);
  return Buffer.concat([part('icns', length), ...parts]);
}

function part(type: string, length: number): Buffer {
  const head = Buffer.alloc(8, type, 'latin1');
  head.writeUInt32BE(length + 8, 4);
  return head;
}

const pictures = (sizes: readonly number[]): Promise<Picture[]> =>
  Promise.all(sizes.map(async (size) => ({ size, png: await draw('lamp.svg', size) })));

await mkdir(path.join(folder, 'linux'), { recursive: true });
for (const { size, png } of await pictures([16, 32, 48, 64, 128, 256, 512])) {
  await writeFile(path.join(folder, 'linux', `${size}x${size}.png`), png);
}
await writeFile(path.join(folder, 'icon.ico'), toIco(await pictures([16, 24, 32, 48, 64, 256])));
await writeFile(path.join(folder, 'icon.icns'), toIcns(await pictures([32, 64, 128, 256, 512, 1024])));
await writeFile(path.join(folder, 'window.png'), await draw('lamp.svg', 256));
await writeFile(path.join(folder, 'tray.png'), await draw('tray.svg', 22));
await writeFile(path.join(folder, 'tray@2x.png'), await draw('tray.svg', 44));

// An ICC input profile of sRGB colours (IEC 61966-2-1), as a Color Softcopy Presentation State must bring one (PS3.3
// C.11.15). Made here, byte for byte the same each time: three matrix columns and a curve of 1,024 steps, version 2.
const curveSteps = 1024;

/** The bytes of the profile. */
export function sRgbProfile(): Buffer {
  const tags: readonly (readonly [string, Buffer])[] = [
    ['desc', description('sRGB IEC61966-2.1')],
    ['cprt', Buffer.concat([head('text'), Buffer.from('No copyright, use freely\0', 'latin1')])],
    ['wtpt', xyz(0.9642, 1, 0.8249)],
    ['rXYZ', xyz(0.43607, 0.22249, 0.01392)],
    ['gXYZ', xyz(0.38515, 0.71687, 0.09708)],
    ['bXYZ', xyz(0.14307, 0.06061, 0.7141)],
    ['rTRC', curve()],
    ['gTRC', curve()],
    ['bTRC', curve()],
  ];
  const table = Buffer.alloc(4 + tags.length * 12);
  table.writeUInt32BE(tags.length, 0);
  let at = 128 + table.length;
  const parts: Buffer[] = [];
  tags.forEach(([name, bytes], n) => {
    table.write(name, 4 + n * 12, 'latin1');
    table.writeUInt32BE(at, 8 + n * 12);
    table.writeUInt32BE(bytes.length, 12 + n * 12);
    const whole = Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
    parts.push(whole);
    at += whole.length;
  });
  const header = Buffer.alloc(128);
  header.writeUInt32BE(at, 0);
  header.writeUInt32BE(0x02100000, 8);
  header.write('scnrRGB XYZ ', 12, 'latin1');
  [2026, 1, 1, 0, 0, 0].forEach((part, n) => header.writeUInt16BE(part, 24 + n * 2));
  header.write('acsp', 36, 'latin1');
  Buffer.from(xyz(0.9642, 1, 0.8249).subarray(8)).copy(header, 68);
  return Buffer.concat([header, table, ...parts]);
}

const head = (type: string) => Buffer.concat([Buffer.from(type, 'latin1'), Buffer.alloc(4)]);

function xyz(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(12);
  values.forEach((value, n) => bytes.writeInt32BE(Math.round(value * 65_536), n * 4));
  return Buffer.concat([head('XYZ '), bytes]);
}

function curve(): Buffer {
  const bytes = Buffer.alloc(4 + curveSteps * 2);
  bytes.writeUInt32BE(curveSteps, 0);
  for (let step = 0; step < curveSteps; step++) {
    const value = step / (curveSteps - 1);
    const light = value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    bytes.writeUInt16BE(Math.round(light * 65_535), 4 + step * 2);
  }
  return Buffer.concat([head('curv'), bytes]);
}

/** A textDescriptionType: ASCII, and empty Unicode and Macintosh parts. */
function description(text: string): Buffer {
  const ascii = Buffer.from(`${text}\0`, 'latin1');
  const length = Buffer.alloc(4);
  length.writeUInt32BE(ascii.length, 0);
  return Buffer.concat([head('desc'), length, ascii, Buffer.alloc(4 + 4 + 2 + 1 + 67)]);
}

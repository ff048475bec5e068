// Text as the verifier reads it, on its own: every way in which bytes may have been meant, by what Node decodes.
//
// Never refuses. It is meant for comparing and searching, not for showing.

const labels: Readonly<Record<string, string>> = {
  '': 'latin1',
  '6': 'latin1',
  '100': 'latin1',
  '101': 'iso-8859-2',
  '109': 'iso-8859-3',
  '110': 'iso-8859-4',
  '144': 'iso-8859-5',
  '127': 'iso-8859-6',
  '126': 'iso-8859-7',
  '138': 'iso-8859-8',
  '148': 'windows-1254',
  '203': 'iso-8859-15',
  '166': 'windows-874',
  '13': 'shift_jis',
  '14': 'latin1',
  '87': 'iso-2022-jp',
  '159': 'euc-jp',
  '149': 'euc-kr',
  '58': 'gb18030',
  '192': 'utf-8',
};

const decoders = new Map<string, InstanceType<typeof TextDecoder>>();

/** The encoding that a value of (0008,0005) stands for; null when it is none that we know. */
function encodingOf(term: string): string | null {
  const plain = term.trim().toUpperCase().replace(/[ _-]/g, '');
  if (plain === 'GB18030' || plain === 'GBK') return 'gb18030';
  if (plain === 'UTF8') return 'utf-8';
  const found = /^(?:ISO(?:2022)?IR([0-9]+))?$/.exec(plain);
  return found ? (labels[found[1] ?? ''] ?? null) : null;
}

function decode(bytes: Uint8Array, label: string): string | null {
  let decoder = decoders.get(label);
  if (!decoder) {
    decoder = new TextDecoder(label, { fatal: true, ignoreBOM: true });
    decoders.set(label, decoder);
  }
  try {
    return decoder.decode(bytes);
  } catch {
    return null;
  }
}

/**
 * The texts that `bytes` may stand for under the character set `terms`, the likeliest first; at least one. Bytes of
 * ASCII alone stand for one.
 */
export function readingsOf(bytes: Buffer, terms: readonly string[]): readonly string[] {
  const raw = bytes.toString('latin1');
  let plain = true;
  for (const byte of bytes) if (byte >= 0x80 || byte === 0x1b) plain = false;
  if (plain) return [raw];
  const readings = new Set<string>();
  const encodings = new Set(terms.length === 0 ? ['latin1'] : terms.map(encodingOf));
  const bare = bytes.includes(0x1b)
    ? Buffer.from(raw.replace(/\x1b[()*+,\-./$][()*+,\-./]?[@-~]/g, ''), 'latin1')
    : bytes;
  if (encodings.has('iso-2022-jp')) {
    // Japanese in G0 comes by escapes; half-width katakana may stand in G1 beside it.
    const text = decode(Buffer.from(raw.replace(/\x1b\(J/g, '\x1b(B'), 'latin1'), 'iso-2022-jp');
    if (text !== null) readings.add(text);
    readings.add(mixedJapanese(raw));
  }
  for (const encoding of encodings) {
    const text = encoding === null || encoding === 'iso-2022-jp' ? null : decode(bare, encoding);
    if (text !== null) readings.add(text);
  }
  const unicode = decode(bytes, 'utf-8');
  if (unicode !== null) readings.add(unicode);
  readings.add(raw);
  return [...readings];
}

/** Katakana of IR 13, kanji of IR 87 and IR 159, by the escape that stands before each run. */
function mixedJapanese(raw: string): string {
  let text = '';
  let mode = 'single';
  for (const part of raw.split(/(\x1b\$B|\x1b\$\(D|\x1b\([BJ]|\x1b\)I)/)) {
    if (part === '\x1b$B') mode = 'kanji';
    else if (part === '\x1b$(D') mode = 'more-kanji';
    else if (part.startsWith('\x1b')) mode = 'single';
    else if (mode === 'single') text += decode(Buffer.from(part, 'latin1'), 'shift_jis') ?? part;
    else {
      const codes = Buffer.from(part, 'latin1');
      const wide: number[] = [];
      for (let i = 0; i + 1 < codes.length; i += 2) {
        if (mode === 'more-kanji') wide.push(0x8f);
        wide.push((codes[i] ?? 0) | 0x80, (codes[i + 1] ?? 0) | 0x80);
      }
      text += decode(Uint8Array.from(wide), 'euc-jp') ?? part;
    }
  }
  return text;
}

/** Without padding and the blanks at both ends. */
export function withoutPadding(text: string): string {
  return text.replace(/^[ \0]+|[ \0]+$/g, '');
}

/** Encodings in which devices write text without saying so. */
const unsaid = (
  'windows-1252 windows-1250 windows-1251 iso-8859-2 iso-8859-5 koi8-r ibm866 iso-8859-7 iso-8859-8 windows-1255 ' +
  'iso-8859-6 windows-1256 iso-8859-9 windows-874 shift_jis euc-jp gb18030 big5 euc-kr iso-2022-jp'
).split(' ');
const mostUnsaidBytes = 65_536;

/** Texts that bytes beyond ASCII may stand for when their character set is not the one that is said. */
export function otherReadingsOf(bytes: Buffer): readonly string[] {
  if (bytes.length > mostUnsaidBytes || !bytes.some((byte) => byte >= 0x80 || byte === 0x1b)) return [];
  const readings = unsaid.map((label) => decode(bytes, label)).filter((text) => text !== null);
  return [...new Set([...readings, codePage850(bytes)])];
}

/** Letters of code pages 437 and 850 that Latin names need; Node has no decoder for them. */
const dosLetters = 'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑ';

function codePage850(bytes: Buffer): string {
  let text = '';
  for (const byte of bytes) {
    text += byte === 0xe1 ? 'ß' : byte < 0x80 ? String.fromCharCode(byte) : (dosLetters[byte - 0x80] ?? ' ');
  }
  return text;
}

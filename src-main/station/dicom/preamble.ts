// The 128 bytes before DICM may be anything (PS3.10 7.1), also the beginning of a program. They are never kept.

/** What a preamble begins like, or null when it is empty, harmless, or a TIFF (dual-personality files are legitimate). */
export function executableKindOf(head: Buffer): string | null {
  const four = head.length >= 4 ? head.readUInt32BE(0) : 0;
  if (four >>> 16 === 0x4d5a) return 'MZ';
  if (four === 0x7f454c46) return 'ELF';
  if ([0xfeedface, 0xfeedfacf, 0xcefaedfe, 0xcffaedfe, 0xcafebabe].includes(four)) return 'Mach-O';
  if (four >>> 16 === 0x2321) return '#!';
  if (four >>> 16 === 0x504b) return 'PK';
  if (/^\s*<[!?a-z]/i.test(head.toString('latin1', 0, 128))) return 'HTML';
  return null;
}

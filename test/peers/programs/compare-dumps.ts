// What dcmdump shows of an object before and after a correction, line by line. Lengths of containers and groups may differ, and
// those of text that was written anew; nothing else outside the named elements may.
import { run } from './run.ts';

export type Dump = { readonly lines: readonly string[]; readonly isUnicode: boolean };

const named = new Set(['0010,0010', '0010,0020', '0400,0561', '0008,0015', '0018,a001']);
const mayGo = new Set(['fffa,fffa', '4ffe,0001', '0010,1000', '0010,1001', '0010,1002', '0010,0024']);
/** What an object says of an order goes with its patient; whether it may is judged by pydicom. */
const ofOrder = [
  ...['0008,0051', '0008,1032', '0008,1110', '0032,1032', '0032,1033', '0032,1060', '0032,1064', '0038,0010'],
  ...['0038,0014', '0040,0007', '0040,0009', '0040,0275', '0040,1001', '0040,1002', '0040,2016', '0040,2017'],
  '0040,a370',
];
for (const tag of ofOrder) mayGo.add(tag);
const uids = new Set(['0008,0016', '0008,0018', '0020,000d', '0020,000e']);
const tagsByKeyword: Readonly<Record<string, string>> = {
  PatientBirthDate: '0010,0030',
  PatientSex: '0010,0040',
  StudyID: '0020,0010',
};

/** @param inUtf8 text brought to UTF-8; null when dcmdump cannot read the file, or not convert it */
export async function dumpOf(file: string, inUtf8 = false): Promise<Dump | null> {
  const { code, output } = await run('dcmdump', [...(inUtf8 ? ['+U8'] : []), '-q', '-Un', '+L', file]);
  if (code !== 0) return null;
  const lines = output.split('\n').filter((line) => /^\s*\(/.test(line));
  return { lines, isUnicode: lines.some((line) => /^\(0008,0005\).*\[ISO_IR 192\]/.test(line)) };
}

type Line = { readonly top: string; readonly tag: string; readonly depth: number; readonly text: string };

export function differencesInDumps(
  before: Dump,
  after: Dump,
  job: { readonly name: string; readonly id: string; readonly also: object },
): string[] {
  const rewritten = after.isUnicode && !before.isUnicode;
  const also = new Set(Object.keys(job.also).map((keyword) => tagsByKeyword[keyword] ?? keyword));
  // The age follows the birth date.
  if (also.has('0010,0030')) also.add('0010,1010');
  const one = parse(before, rewritten);
  const other = parse(after, rewritten);
  const left = new Set(other.map(({ top }) => top));
  const illegal = new Set(
    one.filter(({ tag, depth, text }) => depth === 0 && uids.has(tag) && !isLegal(text)).map(({ tag }) => tag),
  );
  const numbersThatWent = new Set(
    other.filter(({ tag, depth, text }) => depth === 0 && isNumberThatWent(tag, text)).map(({ tag }) => tag),
  );
  const isFree = ({ top, tag }: Line) =>
    named.has(top) ||
    also.has(top) ||
    illegal.has(top) ||
    numbersThatWent.has(top) ||
    (uids.has(top) && !one.some((line) => line.top === top)) ||
    (mayGo.has(top) && !left.has(top)) ||
    tag.endsWith(',0000') ||
    tag === '0008,0001' ||
    (rewritten && tag === '0008,0005') ||
    top.startsWith('0002');
  const a = one.filter((line) => !isFree(line));
  const b = other.filter((line) => !isFree(line));
  const found: string[] = [];
  for (let i = 0; i < Math.max(a.length, b.length) && found.length < 3; i++) {
    if (a[i]?.text === b[i]?.text) continue;
    const isRepeated =
      a[i]?.tag === b[i]?.tag &&
      named.has(b[i]?.tag ?? '') &&
      [job.name, job.id].some((text) => b[i]?.text.includes(text));
    if (!isRepeated) found.push(`dcmdump: ${a[i]?.text ?? 'nothing'} became ${b[i]?.text ?? 'nothing'}`);
    if (a.length !== b.length) break;
  }
  return found;
}

const isNumberThatWent = (tag: string, text: string): boolean =>
  (tag === '0008,0050' && text.includes('(no value available)')) || (tag === '0020,0010' && /\[SL\d{12}\]/.test(text));

function isLegal(text: string): boolean {
  const value = /\[(.*)\]/.exec(text)?.[1] ?? '';
  return value.length <= 64 && /^(?:0|[1-9]\d*)(?:\.(?:0|[1-9]\d*))+$/.test(value);
}

function parse({ lines }: Dump, rewritten: boolean): Line[] {
  let top = '';
  return lines.map((line) => {
    const depth = line.length - line.trimStart().length;
    const tag = line.trim().slice(1, 10).toLowerCase();
    if (depth === 0 && !tag.startsWith('fffe')) top = tag;
    const isContainer = / (?:SQ|na|pi) /.test(line.slice(depth, depth + 16)) && !/\(PixelSequence|PixelItem/.test(line);
    const text = isContainer || rewritten ? line.replace(/#\s*\S+,.*$/, '').replace(/#=\d+\)/, ')') : line;
    return { top, tag, depth, text: text.trimEnd() };
  });
}

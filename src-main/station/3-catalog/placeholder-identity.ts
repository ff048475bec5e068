// Names and IDs that devices and people put where they do not know the patient: TEST^ROOM2, UNKNOWN, 0000. Pure.
//
// Only a value that consists of nothing but such words is one: a Mr Test or a ward in a longer name is left alone.

const words = new Set(
  (
    'ANON ANONYM ANONYMOUS ANONYMIZED ANONYMISED DEFAULT DEMO DUMMY EMERGENCY FEMALE MALE MISSING MUSTER ' +
    'MUSTERMANN NA NEW NIL NN NO NOBODY NONAME NONE NULL PATIENT PHANTOM QA QC ROOM SERVICE STATION TEMP TEMPORARY TEST ' +
    'TESTER TESTING TESTPATIENT TRAUMA UNBEKANNT UNDEFINED UNIDENTIFIED UNKNOWN UNNAMED XX XXX XXXX XXXXX'
  ).split(' '),
);
/** Only beside another one: each of them is somebody's real name. */
const weak = new Set(['NEW', 'NO', 'SERVICE', 'NA', 'FEMALE', 'MALE', 'TRAUMA', 'EMERGENCY', 'ROOM']);

/** True for a name that nobody bears. */
export function isPlaceholderName(name: string): boolean {
  const found = wordsOf(name.split('=')[0] ?? '');
  if (found.length === 0) return /[?*.\-_x0]/i.test(name) && !/[\p{L}\p{N}]/u.test(name.replace(/[x0]/gi, ''));
  return found.every(isPlaceholderWord) && !(found.length === 1 && weak.has(found[0] ?? ''));
}

/** True for an ID that stands for no patient: one character repeated, a counting-up run, or a word. */
export function isPlaceholderId(id: string): boolean {
  const plain = id.trim().toUpperCase();
  if (plain.length === 0) return false;
  if (/^([0-9X?*.\-_])\1*$/.test(plain) && (plain.length >= 3 || /[^1-9X]/.test(plain))) return true;
  if (plain.length >= 6 && '0123456789'.startsWith(plain)) return true;
  if (plain.length >= 5 && '123456789'.startsWith(plain)) return true;
  const found = wordsOf(plain);
  return found.length > 0 && found.every(isPlaceholderWord) && !(found.length === 1 && weak.has(found[0] ?? ''));
}

function wordsOf(text: string): string[] {
  return text
    .toUpperCase()
    .split(/[^\p{L}\p{N}]+/u)
    .map((word) => (/^\p{L}/u.test(word) ? word.replace(/[0-9]+$/, '') : word))
    .filter((word) => word !== '');
}

function isPlaceholderWord(word: string): boolean {
  return words.has(word) || /^([0-9])\1*$/.test(word) || /^X+$/.test(word);
}

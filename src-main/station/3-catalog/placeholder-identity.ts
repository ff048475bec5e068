// Names and IDs that devices and people put where they do not know the patient: TEST^ROOM2, UNKNOWN, 0000. Pure.
//
// Only a value that consists of nothing but such words is one; numbers beside them do not count. A Maria Test or a ward in
// a longer name is left alone.

const words = new Set(
  (
    'ANON ANONYM ANONYMOUS ANONYMIZED ANONYMISED DEFAULT DEMO DUMMY EMERGENCY FEMALE MALE MISSING MUSTER MUSTERMANN NA ' +
    'NAME NEW NIL NN NO NOBODY NONAME NONE NULL PATIENT PHANTOM QA QC ROOM SERVICE STATION TEMP TEMPORARY TEST TESTER ' +
    'TESTING TESTPATIENT TRAUMA UNBEKANNT UNDEFINED UNIDENTIFIED UNKNOWN UNNAMED'
  ).split(' '),
);
/** Only beside another one: each of them is somebody's real name. */
const weak = new Set('EMERGENCY FEMALE MALE NA NAME NEW NO ROOM SERVICE TRAUMA'.split(' '));

/** True for a name that nobody bears. */
export function isPlaceholderName(name: string): boolean {
  const plain = name.split('=')[0] ?? '';
  return isOnlySigns(plain) || isOnlyPlaceholders(plain);
}

/** True for an ID that stands for no patient: zeros, one sign again and again, counting up, or a word. */
export function isPlaceholderId(id: string): boolean {
  const plain = id.trim();
  const isCounting = plain.length >= 6 && ('0123456789'.startsWith(plain) || '1234567890'.startsWith(plain));
  return isOnlySigns(plain) || isCounting || /^(.)\1{3,}$/.test(plain) || isOnlyPlaceholders(plain);
}

/** Something stands there, and no letter or digit but X and zero. */
function isOnlySigns(text: string): boolean {
  const plain = text.replace(/[\^ ]/g, '');
  return plain !== '' && (/^[^\p{L}\p{N}]+$/u.test(plain) || /^x{2,}$/i.test(plain) || /^0+$/.test(plain));
}

function isOnlyPlaceholders(text: string): boolean {
  const found = text
    .toUpperCase()
    .split(/[^\p{L}\p{N}]+/u)
    .map((word) => word.replace(/[0-9]+$/, ''))
    .filter((word) => word !== '');
  const [first] = found;
  if (first === undefined || (found.length === 1 && weak.has(first))) return false;
  return found.every((word) => words.has(word) || /^X{2,}$/.test(word));
}

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

/** What a site says besides: whole values, and single words that count as ours do. */
export type SitePlaceholders = { readonly values: ReadonlySet<string>; readonly words: ReadonlySet<string> };
const noneOfSite: SitePlaceholders = { values: new Set(), words: new Set() };

/** @param texts as somebody typed them: 'ROOM2', 'Kasper^Test', '999999' */
export function sitePlaceholders(texts: readonly string[]): SitePlaceholders {
  const all = texts.map(wordsOf).filter((found) => found.length > 0);
  return {
    values: new Set(all.map((found) => found.join(' '))),
    words: new Set(all.flatMap((found) => (found.length === 1 ? found : [])).flatMap((word) => [word, bare(word)])),
  };
}

/** True for a name that nobody bears. */
export function isPlaceholderName(name: string, site: SitePlaceholders = noneOfSite): boolean {
  const plain = name.split('=')[0] ?? '';
  return isOnlySigns(plain) || isOnlyPlaceholders(plain, site);
}

/** True for an ID that stands for no patient: zeros, one sign again and again, counting up, or a word. */
export function isPlaceholderId(id: string, site: SitePlaceholders = noneOfSite): boolean {
  const plain = id.trim();
  const isCounting = plain.length >= 6 && ('0123456789'.startsWith(plain) || '1234567890'.startsWith(plain));
  return isOnlySigns(plain) || isCounting || /^(.)\1{3,}$/.test(plain) || isOnlyPlaceholders(plain, site);
}

/** Something stands there, and no letter or digit but X and zero. */
function isOnlySigns(text: string): boolean {
  const plain = text.replace(/[\^ ]/g, '');
  return plain !== '' && (/^[^\p{L}\p{N}]+$/u.test(plain) || /^x{2,}$/i.test(plain) || /^0+$/.test(plain));
}

const wordsOf = (text: string) =>
  text
    .toUpperCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');

const bare = (word: string) => word.replace(/[0-9]+$/, '');

function isOnlyPlaceholders(text: string, site: SitePlaceholders): boolean {
  const said = wordsOf(text);
  if (said.length > 0 && site.values.has(said.join(' '))) return true;
  const found = said.map((word) => (site.words.has(word) ? word : bare(word))).filter((word) => word !== '');
  const [first] = found;
  if (first === undefined) return false;
  const isOfSite = (word: string) => word !== '' && site.words.has(word);
  if (found.length === 1 && weak.has(first) && !isOfSite(first)) return false;
  return found.every((word) => words.has(word) || isOfSite(word) || /^X{2,}$/.test(word));
}

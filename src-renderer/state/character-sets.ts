// Whether the character set of an exam can hold what is typed. Only to tell beforehand that it will be stored as
// Unicode: the station decides by encoding. Where this cannot know, it says nothing.

type Holds = (point: number) => boolean;

const latin: Holds = (point) => point >= 0xa0 && point <= 0xff;
const range =
  (from: number, to: number): Holds =>
  (point) =>
    point >= from && point <= to;

const repertoires: Readonly<Record<string, Holds>> = {
  '': () => false,
  '6': () => false,
  '100': latin,
  '144': range(0x401, 0x45f),
  '126': range(0x384, 0x3ce),
  '138': range(0x5d0, 0x5ea),
  '127': range(0x60c, 0x652),
  '166': range(0xe01, 0xe5b),
  '13': range(0xff61, 0xff9f),
};

/** False only when the text surely does not fit the sets that (0008,0005) names. */
export function fitsCharacterSets(text: string, sets: readonly string[]): boolean {
  const names = (sets.length === 0 ? [''] : sets).map((set) => set.trim().replace(/^ISO(?:_IR| 2022 IR) ?/, ''));
  if (names.some((name) => repertoires[name] === undefined)) return true;
  return [...text].every((character) => {
    const point = character.codePointAt(0) ?? 0;
    return point < 0x80 || names.some((name) => repertoires[name]?.(point) === true);
  });
}

// Every picture of the corpus as presentation states and as derived pictures: what DCMTK, pydicom and dciodvfy say of each.
// Prints one table: by kind and wish, how many were made, judged, and are as they should be.
import { corpusIsHere, objects } from '../station/dicom/corpus.ts';
import { judgePresentations, type Judged, type Size, type Wish } from '../peers/programs/judged-presentations.ts';

const mostPixels = 8_000_000;

export const wishesFor = ({ rows, columns }: Size): Wish[] => {
  const [w, h] = [columns, rows];
  const box = { left: Math.floor(w / 8), top: Math.floor(h / 8), right: Math.ceil(w / 2), bottom: Math.ceil(h / 3) };
  const state = (name: string, chosen: Wish['chosen']): Wish => ({ name, kind: 'state', chosen });
  const baked = (name: string, chosen: Wish['chosen']): Wish => ({ name, kind: 'baked', chosen });
  const whole = rows * columns > mostPixels || rows < 8 || columns < 8;
  if (whole) return [];
  return [
    state('as it is', {}),
    state('windowed, inverted', { window: { center: 100, width: 150 }, inverted: true }),
    state('turned by 90', { rotation: 90 }),
    state('turned by 270, flipped, within a circle', {
      ...{ rotation: 270, flipped: true },
      shutter: { kind: 'circle', center: [w / 2, h / 2], radius: Math.max(2, Math.min(w, h) / 3) },
    }),
    state('within a polygon', {
      shutter: {
        kind: 'polygon',
        points: [
          [1, 1],
          [w - 1, h / 4],
          [w / 3, h - 1],
        ],
      },
    }),
    baked('cropped', { crop: box }),
    baked('made black', { redactions: [box] }),
    baked('cropped, made black, turned, flipped', {
      crop: { ...box, left: 0, top: 0 },
      redactions: [box],
      rotation: 90,
      flipped: true,
    }),
  ];
};

/** A derived picture that nobody else could read is proved by nobody. */
export const isGood = ({
  kind,
  dcmtk,
  pydicom,
  wrong = kind === 'baked' ? 1 : 0,
  faults,
  newErrors,
}: Judged): boolean =>
  faults.length === 0 &&
  newErrors.length === 0 &&
  wrong === 0 &&
  (dcmtk === undefined || dcmtk <= 1 || (pydicom ?? 255) <= 1) &&
  (pydicom === undefined || pydicom <= 1 || (dcmtk ?? 255) <= 1);

if (import.meta.main) {
  if (!corpusIsHere) process.exit(0);
  const part = process.argv[2] ?? '';
  const files = objects.filter(({ path: name }) => !name.startsWith('bad/') && name.includes(part));
  const judged = await judgePresentations(
    files.map(({ path: name, file }) => ({ name, file })),
    wishesFor,
  );
  console.log('| kind | wish | made | judged by DCMTK | by pydicom | as they should be |');
  console.log('|---|---|---|---|---|---|');
  for (const [wish, rows] of Map.groupBy(judged, ({ kind, wish: name }) => `${kind} | ${name}`)) {
    const made = rows.filter(({ reason }) => reason === undefined);
    const seen = (key: 'dcmtk' | 'pydicom' | 'wrong') => made.filter((row) => row[key] !== undefined).length;
    const good = made.filter(isGood).length;
    console.log(
      `| ${wish} | ${made.length} of ${rows.length} | ${seen('dcmtk')} | ${seen('pydicom') + seen('wrong')} | ${good} |`,
    );
  }
  const reasons = Map.groupBy(
    judged.filter(({ reason }) => reason !== undefined),
    ({ kind, reason }) => `${kind}: ${reason}`,
  );
  for (const [reason, rows] of reasons)
    console.log(`not made, ${reason}: ${new Set(rows.map(({ name }) => name)).size} files`);
  for (const row of judged.filter((one) => one.reason === undefined && !isGood(one))) console.log(JSON.stringify(row));
}

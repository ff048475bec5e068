// Images come: new ones, late ones, the same again, another one under a UID that is there, of two patients in one study, and
// from files.
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { buildFileMeta } from '#station/dicom/index.ts';
import { randomFrom } from '../../../faults/random.ts';
import { makePicture, people, secondaryCapture, syntax, type Picture } from '../people.ts';
import { active, someone, someObject, type Numbers, type Play, type Plays } from '../step.ts';
import type { Walk } from '../walk.ts';

export const pictureOf = (
  walk: Walk,
  step: Numbers,
  more: Partial<Parameters<typeof makePicture>[0]> = {},
): Picture => {
  const who = more.who ?? someone(step.a);
  return makePicture({
    random: randomFrom(walk.nextNumber()),
    who,
    accession: more.accession ?? `${who.word}-R${walk.nextNumber() % 90}`,
    ...more,
  });
};

const receiveNew: Play = async (walk, step) => {
  const first = pictureOf(walk, step);
  const { StudyInstanceUID, SeriesInstanceUID } = first;
  const same = { StudyInstanceUID, SeriesInstanceUID, accession: first.received.AccessionNumber };
  const others = Array.from({ length: step.b % 3 }, (_, n) => pictureOf(walk, step, { ...same, number: n + 2 }));
  await walk.receive([first, ...others]);
  return 'done';
};

const receiveLate: Play = async (walk, step) => {
  const object = someObject(walk, step.a);
  if (!object) return 'nothing';
  const { StudyInstanceUID, SeriesInstanceUID, received } = object.picture;
  const who = people.find(({ word }) => received.PatientName.startsWith(word)) ?? someone(step.b);
  const isOther = step.c % 4 === 0;
  await walk.receive([
    pictureOf(walk, step, {
      ...{ who: isOther ? someone(step.b) : who, StudyInstanceUID, number: 9 },
      ...{ accession: isOther ? `${someone(step.b).word}-R7` : received.AccessionNumber },
      ...(step.c % 3 === 0 ? {} : { SeriesInstanceUID }),
    }),
  ]);
  return 'done';
};

const receiveAgain: Play = async (walk, step) => {
  const object = someObject(walk, step.a);
  if (!object) return 'nothing';
  await walk.receive([object.picture]);
  return 'done';
};

const receiveConflict: Play = async (walk, step) => {
  const object = someObject(walk, step.a);
  if (!object) return 'nothing';
  const { SOPInstanceUID, StudyInstanceUID, SeriesInstanceUID, received } = object.picture;
  const same = people.find(({ word }) => received.PatientName.startsWith(word)) ?? someone(step.b);
  const who = step.b % 3 === 0 ? someone(step.b) : same;
  await walk.receive([
    pictureOf(walk, step, {
      ...{ who, SOPInstanceUID, StudyInstanceUID, SeriesInstanceUID },
      ...(who === same ? { accession: received.AccessionNumber } : {}),
    }),
  ]);
  return 'done';
};

const receiveTwoPatients: Play = async (walk, step) => {
  const first = pictureOf(walk, step);
  const { StudyInstanceUID, SeriesInstanceUID } = first;
  const other = someone(step.a + 1 + (step.b % (active - 1)));
  await walk.receive([first, pictureOf(walk, step, { who: other, StudyInstanceUID, SeriesInstanceUID, number: 2 })]);
  return 'done';
};

const importFiles: Play = async (walk, step) => {
  const picture = pictureOf(walk, step);
  const folder = path.join(walk.house.folder.path, `import-${walk.nextNumber()}`);
  await mkdir(folder);
  const meta = buildFileMeta({
    ...{ sopClassUid: secondaryCapture, sopInstanceUid: picture.SOPInstanceUID, transferSyntaxUid: syntax },
    sourceAeTitle: 'DISC',
  });
  await writeFile(path.join(folder, 'one.dcm'), Buffer.concat([meta, picture.bytes]));
  await walk.house.ask('imports.begin', { paths: [folder], wait: true });
  walk.model.acknowledged.push(picture);
  walk.meet(picture);
  return 'done';
};

export const arrivals = {
  receiveNew,
  receiveLate,
  receiveAgain,
  receiveConflict,
  receiveTwoPatients,
  importFiles,
} satisfies Plays;

// Devices: kept out for a while, and saying of images that they must not be used.
import { buildRejectionNote } from '#station/4-review/index.ts';
import { newUid } from '#station/kit/ids.ts';
import { pick, someObject, type Play, type Plays } from '../step.ts';
import { secondaryCapture } from '../people.ts';
import { pictureOf } from './arrivals.ts';

/** Ignored or blocked, and let in again: what it sends meanwhile is not taken, and not lost to it. */
const keepOut: Play = async (walk, step) => {
  const decision = step.a % 2 === 0 ? 'ignore' : 'block';
  await walk.house.ask('devices.change', { id: 'device', change: { decision } });
  const picture = pictureOf(walk, step);
  const taken = await walk.house.send([picture]);
  if (taken.length > 0) walk.say(`a device was told ${decision} and could send`);
  await walk.house.ask('devices.change', { id: 'device', change: { decision: 'allow' } });
  await walk.receive([picture]);
  return 'done';
};

const titles = ['113001', '113037', '113039'] as const;
const noteClass = '1.2.840.10008.5.1.4.1.1.88.59';

type Card = { readonly code: string; readonly params: Readonly<Record<string, unknown>> };

/** A device sends a rejection note about an image, and a person follows or dismisses it. */
const deviceNote: Play = async (walk, step) => {
  const object = someObject(walk, step.a);
  if (!object || object.loose || walk.model.isShared(object.uid)) return 'nothing';
  const { StudyInstanceUID, received } = object.picture;
  const [title, SOPInstanceUID] = [pick(titles, step.b) ?? '113001', newUid()];
  const { bytes, dataSetOffset } = buildRejectionNote({
    // A device may say 113039 too, which this station never does.
    ...{ title: title as '113037', reason: title === '113001' ? '111209' : null, text: '' },
    identity: {
      ...{ ...received, IssuerOfPatientID: '', PatientSex: '', StudyDate: '', StudyTime: '', StudyID: '1' },
      ...{ ReferringPhysicianName: '', StudyDescription: '' },
    },
    ...{ StudyInstanceUID, SeriesInstanceUID: newUid(), SOPInstanceUID, by: '', at: '20261123104500', identical: [] },
    rejected: [
      {
        StudyInstanceUID,
        series: [
          {
            SeriesInstanceUID: object.picture.SeriesInstanceUID,
            objects: [{ SOPClassUID: secondaryCapture, SOPInstanceUID: object.uid, valueType: 'IMAGE' }],
          },
        ],
      },
    ],
    station: { name: 'DEVICE', institution: '', softwareVersion: '1' },
  });
  const note = { SOPInstanceUID, bytes: bytes.subarray(dataSetOffset), sopClass: noteClass };
  walk.neverLeaves.add(SOPInstanceUID);
  if ((await walk.house.send([note])).length === 0) walk.say('the note of a device was not taken');
  const [row] = walk.house.rows<{ id: string; examId: string }>(
    'SELECT id, examId FROM object WHERE SOPInstanceUID = ?',
    SOPInstanceUID,
  );
  if (!row) {
    walk.say(`I1 ${SOPInstanceUID} was acknowledged and is not there`);
    return 'done';
  }
  if (title === '113039') return 'done';
  const card = await walk.cardOf(
    row.examId,
    ({ code, params }: Card) => code === 'device-rejects' && params['object'] === row.id,
  );
  if (!card) return 'nothing';
  const choice = step.c % 2 === 0 ? 'follow' : 'dismiss';
  const meant = choice === 'follow' ? walk.meantBy(object) : [];
  await walk.tell('afterRelease.answerNote', { id: row.id, choice });
  for (const one of meant) walk.judged(one, true, title);
  return 'done';
};

export const devices = { keepOut, deviceNote } satisfies Plays;

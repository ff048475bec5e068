// What lies in a new demo before anybody does anything: an exam that was judged and has a note to the reader, and an earlier
// exam of the patient whose ultrasound comes without an ID. Both come by DICOM, and are worked on by the station's own face
// for scripts, as a person would by the window. Every name is invented.
import { setTimeout as pause } from 'node:timers/promises';
import type { Device, Recipient } from './device.ts';

export type Furnishing = {
  readonly url: string;
  readonly token: string;
  readonly to: Recipient;
  readonly scanner: Device;
  readonly ultrasound: Device;
  readonly signal: AbortSignal;
};

type Exam = { readonly id: string; readonly counts: { readonly objects: number }; readonly state: string };

const dayMs = 86_400_000;
const earlierDays = 210;
const lookAgainMs = 150;
const mostWaitMs = 30_000;
const motionBlur = '111210';

/** Resolves when both are there. Rejects when the station says no, or when the demo ends. */
export async function furnishDemo(furnishing: Furnishing): Promise<void> {
  const { scanner, ultrasound } = furnishing;
  const earlier = await arrive(furnishing, ultrasound, new Date(Date.now() - earlierDays * dayMs));
  await correct(furnishing, earlier, {
    ...{
      PatientID: '118843',
      IssuerOfPatientID: 'DEMO',
      PatientName: 'Brandt^Ute',
      PatientBirthDate: '19700102',
      PatientSex: 'F',
    },
    ...{ AccessionNumber: '26-031-0117', StudyDescription: 'US abdomen complete' },
  });
  await ask(furnishing, 'POST', `/exams/${earlier}/approval`, {});

  const judged = await arrive(furnishing, scanner, new Date());
  await correct(furnishing, judged, {
    ...{ PatientID: '552301', PatientName: 'Novak^Petra', PatientBirthDate: '19610814', PatientSex: 'F' },
    ...{ AccessionNumber: '26-118-0439', StudyDescription: 'MR head' },
  });
  const images = await objectsOf(furnishing, judged);
  const [first, ...others] = images;
  if (first === undefined) return;
  await ask(furnishing, 'POST', '/objects/judgement', { objectIds: [first], verdict: 'rejected', reason: motionBlur });
  await ask(furnishing, 'POST', '/objects/judgement', { objectIds: others.slice(0, -1), verdict: 'accepted' });
  await ask(furnishing, 'PUT', `/exams/${judged}/note`, {
    text: 'Patient moved at the start of the series; the first slice is left out. No contrast, known allergy.',
  });
}

/** Sends the images of a device, and gives the exam once it is whole. */
async function arrive(furnishing: Furnishing, device: Device, at: Date): Promise<string> {
  const { signal, to } = furnishing;
  const known = new Set((await exams(furnishing)).map(({ id }) => id));
  await device.send(to, { at, atOnce: true });
  await device.sent();
  const { images } = device.status();
  for (const end = Date.now() + mostWaitMs; Date.now() < end; await pause(lookAgainMs, undefined, { signal })) {
    const found = (await exams(furnishing)).find(({ id, counts }) => !known.has(id) && counts.objects === images);
    if (found === undefined) continue;
    if (found.state === 'arriving') await ask(furnishing, 'POST', `/exams/${found.id}/complete`, {});
    return found.id;
  }
  throw new Error(`no exam of ${device.id}`);
}

const correct = (furnishing: Furnishing, id: string, attributes: Readonly<Record<string, string>>) =>
  ask(furnishing, 'POST', `/exams/${id}/corrections`, { attributes, reason: 'CORRECT' });

const exams = async (furnishing: Furnishing) =>
  (await ask<{ readonly exams: readonly Exam[] }>(furnishing, 'GET', '/exams?limit=50')).exams;

async function objectsOf(furnishing: Furnishing, id: string): Promise<readonly string[]> {
  const exam = await ask<{ readonly series: readonly { readonly objects: readonly { readonly id: string }[] }[] }>(
    ...([furnishing, 'GET', `/exams/${id}`] as const),
  );
  return exam.series.flatMap(({ objects }) => objects.map((object) => object.id));
}

async function ask<T>(
  { url, token, signal }: Furnishing,
  method: 'GET' | 'POST' | 'PUT',
  route: string,
  body?: object,
): Promise<T> {
  const answer = await fetch(new URL(`/api${route}`, url), {
    ...{ method, signal },
    headers: { Authorization: `Bearer ${token}`, ...(body && { 'Content-Type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`the demo's station answered ${answer.status} to ${method} ${route}`);
  return (await answer.json()) as T;
}

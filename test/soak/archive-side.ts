// R16 at the archive's side: whatever is sent again, by a device or because an answer was lost, an archive holds each
// object once. A device sends the same images over and over to a station that forwards to a real Orthanc, while answers of
// that Orthanc are cut off on their way. Prints a table of figures; ends with 1 when one is missed.
//   node test/soak/archive-side.ts [RESENDS]   (10,000 when left out)
import { pathToFileURL } from 'node:url';
import { openAssociation } from '#station/dicom/network/index.ts';
import { openForward } from '#station/5-forward/index.ts';
import { systemClock } from '#station/kit/clock.ts';
import { silentLog } from '#station/kit/log.ts';
import { startFaultProxy, type FaultProxy } from '../faults/fault-proxy.ts';
import { settingsFor, startStation, type RunningStation } from '../journeys/support/station.ts';
import { secondaryCaptureClass, smallImage, startOrthanc, type Orthanc } from '../peers/programs/index.ts';
import { many, settingsWith, Shelf } from '../station/5-forward/approved-exam.ts';

/** `extra` are objects in the archive that should not be there, `missing` those that should. */
export type ArchiveSide = {
  readonly objects: number;
  readonly resentByDevice: number;
  readonly resentAfterLostAnswers: number;
  readonly stored: number;
  readonly extra: number;
  readonly missing: number;
  readonly seconds: number;
};

const explicitLittle = '1.2.840.10008.1.2.1';

/** Half of `count` are sent again by a device, half because their answers were lost. */
export async function runArchiveSide(count: number): Promise<ArchiveSide> {
  const began = performance.now();
  const byDevice = await resentByDevice(Math.ceil(count / 2));
  const byOutage = await resentAfterLostAnswers(Math.ceil(count / 2));
  const sum = (key: 'objects' | 'stored' | 'extra' | 'missing') => byDevice[key] + byOutage[key];
  return {
    objects: sum('objects'),
    resentByDevice: byDevice.resent,
    resentAfterLostAnswers: byOutage.resent,
    stored: sum('stored'),
    extra: sum('extra'),
    missing: sum('missing'),
    seconds: (performance.now() - began) / 1000,
  };
}

/** How many times the archive was given an object, and what it holds. */
async function look(orthanc: Orthanc, expected: ReadonlySet<string>) {
  const held: string[] = [];
  for (const id of (await orthanc.get('/instances')) as string[]) {
    const tags = (await orthanc.get(`/instances/${id}/simplified-tags`)) as { readonly SOPInstanceUID: string };
    held.push(tags.SOPInstanceUID);
  }
  const distinct = new Set(held);
  return {
    stored: held.length,
    extra: held.length - [...distinct].filter((uid) => expected.has(uid)).length,
    missing: [...expected].filter((uid) => !distinct.has(uid)).length,
  };
}

/** The device sends all, the exam is approved, and the device sends all of it again and again. */
async function resentByDevice(resends: number) {
  const orthanc = await startOrthanc({ aet: 'ARCHIVE' });
  const archive = { aeTitle: 'ARCHIVE', port: orthanc.dicomPort, confirm: 'query' } as const;
  const station = await startStation(settingsFor(archive));
  try {
    const uids = { StudyInstanceUID: '2.25.81', SeriesInstanceUID: '2.25.82' };
    const objects = Array.from({ length: Math.max(5, Math.min(100, Math.ceil(resends / 20))) }, (_, n) => {
      const SOPInstanceUID = `2.25.83${n}`;
      return { SOPInstanceUID, bytes: smallImage({ ...uids, SOPInstanceUID }) };
    });
    const send = async (times: number) => {
      const opening = await openAssociation({
        host: '127.0.0.1',
        port: station.dicomPort,
        callingAeTitle: 'AGAIN',
        calledAeTitle: station.aeTitle,
        contexts: [{ abstractSyntaxUid: secondaryCaptureClass, transferSyntaxUids: [explicitLittle] }],
      });
      if (opening.kind !== 'accepted') throw new Error(JSON.stringify(opening));
      for (let n = 0; n < times; n++) {
        const object = objects[n % objects.length];
        if (!object) continue;
        const outcome = await opening.association.store({
          sopClassUid: secondaryCaptureClass,
          sopInstanceUid: object.SOPInstanceUID,
          transferSyntaxUid: explicitLittle,
          lengthBytes: object.bytes.length,
          source: [object.bytes],
        });
        if (outcome.kind !== 'answered' || outcome.status !== 0) throw new Error(JSON.stringify(outcome));
      }
      await opening.association.release();
    };
    await send(objects.length);
    await approve(station);
    await whenProved(station, objects.length);
    await send(resends);
    // Nothing new waits for a decision, and nothing new leaves.
    await whenProved(station, objects.length);
    const { exams } = (await station.ask('/api/exams?limit=10')) as {
      readonly exams: readonly { readonly counts: { readonly objects: number } }[];
    };
    const shown = exams.map(({ counts }) => counts.objects);
    if (shown.length !== 1 || shown[0] !== objects.length) throw new Error(`in the exams: ${shown.join()}`);
    const expected = new Set(objects.map(({ SOPInstanceUID }) => SOPInstanceUID));
    return { objects: objects.length, resent: resends, ...(await look(orthanc, expected)) };
  } finally {
    await station.close();
    await orthanc.close();
  }
}

async function approve(station: RunningStation): Promise<void> {
  for (;;) {
    const { exams } = (await station.ask('/api/exams?limit=10')) as { readonly exams: readonly { id: string }[] };
    const [exam] = exams;
    if (exam) {
      const answer = await fetch(new URL(`/api/exams/${exam.id}/approval`, station.url), {
        method: 'POST',
        headers: { authorization: `Bearer ${station.token}`, 'content-type': 'application/json' },
        body: '{}',
      });
      if (answer.ok) return;
      if (answer.status !== 409) throw new Error(`${answer.status} ${await answer.text()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function whenProved(station: RunningStation, objects: number): Promise<void> {
  const endMs = Date.now() + 120_000;
  for (;;) {
    const page = (await station.ask('/api/deliveries?limit=1000')) as {
      readonly deliveries: readonly { readonly state: string }[];
    };
    const proved = page.deliveries.filter(({ state }) => state === 'committed').length;
    if (proved === objects && page.deliveries.length === objects) return;
    if (Date.now() > endMs) throw new Error(JSON.stringify(page.deliveries.slice(0, 3)));
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Every answer to a C-STORE may be lost on its way: the archive holds the object, and is sent it again. */
async function resentAfterLostAnswers(resends: number) {
  const orthanc = await startOrthanc({ aet: 'ARCHIVE' });
  let resent = 0;
  let untilCut = 3;
  const proxy: FaultProxy = await startFaultProxy(orthanc.dicomPort, {
    faultFor: ({ way, type }) => {
      if (way !== 'to-client' || type !== 4 || resent >= resends || --untilCut > 0) return undefined;
      resent++;
      untilCut = 1 + (resent % 3);
      return { kind: 'cut' };
    },
  });
  const shelf = new Shelf();
  const forward = openForward({
    book: shelf.book,
    clock: systemClock,
    log: silentLog,
    ports: { openRevision: shelf.openRevision },
    options: { retry: { firstMs: 5, mostMs: 20 }, probeMs: 10, refusingProbeMs: 20, gatherMs: 100 },
  });
  try {
    await forward.applySettings(settingsWith({ id: 'archive', port: proxy.port, confirm: 'query', associations: 1 }));
    const objects = Math.max(10, Math.ceil(resends / 4));
    const exam = shelf.exam(
      many(objects, {
        sopClass: secondaryCaptureClass,
        make: (uids: Parameters<typeof smallImage>[0]) => smallImage(uids),
      }),
    );
    forward.enqueue(exam.id, exam.revisions);
    const endMs = Date.now() + 60_000 + resends * 500;
    for (;;) {
      const rows = forward.deliveries({ limit: 100_000, offset: 0 }).deliveries;
      if (rows.every(({ state }) => state === 'committed')) {
        if (resent >= resends) break;
        forward.changeExam({ examId: exam.id }, { action: 'send-again', reason: '' });
      }
      // An object whose answer was cut off five times waits for a person: here they say at once that it shall go on.
      if (rows.some(({ state }) => state === 'blocked')) {
        forward.changeExam({ examId: exam.id }, { action: 'retry', reason: '' });
      }
      if (Date.now() > endMs) throw new Error(`${resent} re-sends, ${JSON.stringify(rows[0])}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const expected = new Set(exam.revisions.map(({ uid }) => uid));
    return { objects, resent, ...(await look(orthanc, expected)) };
  } finally {
    await forward.close(1000);
    await proxy.close();
    await orthanc.close();
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const figures = await runArchiveSide(Number(process.argv[2] ?? 10_000));
  console.log('| R16, at the archive | |\n|---|---|');
  for (const [name, value] of Object.entries(figures)) console.log(`| ${name} | ${Math.round(value)} |`);
  if (figures.extra !== 0 || figures.missing !== 0) process.exitCode = 1;
}

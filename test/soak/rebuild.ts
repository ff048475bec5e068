// R29: the catalog of a home is deleted and made anew. Prints a table of figures.
//   node test/soak/rebuild.ts [OBJECTS]   (100,000 when left out)
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildFileMeta, encodeElements, explicitLittleEndian } from '#station/dicom/index.ts';
import { rebuildBook, type RebuildReport } from '#station/flow/rebuild-book.ts';
import { systemClock } from '#station/kit/clock.ts';
import { newId } from '#station/kit/ids.ts';
import { silentLog } from '#station/kit/log.ts';
import { JournalWriter } from '#station/records/journal.ts';
import { openBook } from '#station/records/index.ts';

const sopClassUid = '1.2.840.10008.5.1.4.1.1.7';
const objectsInExam = 100;

/** A home of small distinct objects with their journal, and no catalog. Gives the digest of each. */
export function makeLostHome(home: string, objects: number): Map<string, string> {
  const digests = new Map<string, string>();
  const journal = new JournalWriter(path.join(home, 'journal'), 0);
  const startMs = Date.now() - 86_400_000;
  const pixels = Buffer.alloc(32 * 32 * 2);
  const sourceId = newId();
  let arrivals: string[] = [
    JSON.stringify(['+', 'source', { id: sourceId, kind: 'dicom', label: 'SOAK', address: '10.0.0.1' }]),
  ];
  let line = 0;
  let examId = '';
  for (let n = 0; n < objects; n++) {
    const exam = Math.floor(n / objectsInExam);
    if (n % objectsInExam === 0) examId = newId(startMs + n);
    const folder = path.join(home, 'objects', String(Math.floor(n / 4096)).padStart(6, '0'));
    if (n % 4096 === 0) mkdirSync(folder, { recursive: true });
    const id = newId(startMs + n);
    const sopInstanceUid = `2.25.7000${n}`;
    pixels.writeUInt32LE(n, 0);
    const dataSet = encodeElements(
      [
        { keyword: 'SOPClassUID', value: sopClassUid },
        { keyword: 'SOPInstanceUID', value: sopInstanceUid },
        { keyword: 'StudyDate', value: '20261123' },
        { keyword: 'AccessionNumber', value: `A${exam}` },
        { keyword: 'Modality', value: 'OT' },
        { keyword: 'PatientName', value: `Soak^Exam${exam}` },
        { keyword: 'PatientID', value: `S${exam}` },
        { keyword: 'PatientBirthDate', value: '19700101' },
        { keyword: 'PatientSex', value: 'F' },
        { keyword: 'StudyInstanceUID', value: `2.25.5000${exam}` },
        { keyword: 'SeriesInstanceUID', value: `2.25.6000${exam}` },
        { keyword: 'InstanceNumber', value: String(n % objectsInExam) },
        { keyword: 'PixelData', vr: 'OW', value: pixels },
      ],
      { explicit: true, littleEndian: true, characterSet: [] },
    );
    const meta = buildFileMeta({
      sopClassUid,
      sopInstanceUid,
      transferSyntaxUid: explicitLittleEndian,
      sourceAeTitle: 'SOAK',
    });
    writeFileSync(path.join(folder, `${id}.dcm`), Buffer.concat([meta, dataSet]));
    const dataSetSha256 = createHash('sha256').update(dataSet).digest('hex');
    digests.set(id, dataSetSha256);
    const arrivedAt = new Date(startMs + n).toISOString();
    const arrival = { id, examId, sourceId, TransferSyntaxUID: explicitLittleEndian, dataSetSha256, arrivedAt };
    arrivals.push(JSON.stringify(['+', 'arrival', arrival]));
    if (arrivals.length < 64 && n < objects - 1) continue;
    journal.append(++line, arrivals, false);
    arrivals = [];
  }
  journal.close();
  return digests;
}

/** Objects of which the catalog says another digest than they were made with, or nothing. */
export function wrongDigests(home: string, digests: ReadonlyMap<string, string>): number {
  const book = openBook(path.join(home, 'catalog.db'));
  try {
    const rows = book.sql<{ id: string; sha256: string }>('SELECT id, dataSetSha256 AS sha256 FROM object').all();
    const right = rows.filter(({ id, sha256 }) => digests.get(id) === sha256).length;
    return digests.size - right + (rows.length - right);
  } finally {
    book.close();
  }
}

const removeCatalog = (home: string, ...more: string[]) => {
  for (const name of ['catalog.db', 'catalog.db-wal', 'catalog.db-shm', ...more]) {
    rmSync(path.join(home, name), { recursive: true, force: true });
  }
};

type Measured = { readonly seconds: number; readonly cpuSeconds: number; readonly report: RebuildReport };

async function measure(home: string): Promise<Measured> {
  const startedMs = performance.now();
  const before = process.cpuUsage();
  const report = await rebuildBook({ home, clock: systemClock, log: silentLog });
  const { user, system } = process.cpuUsage(before);
  return { seconds: (performance.now() - startedMs) / 1000, cpuSeconds: (user + system) / 1e6, report };
}

async function main(objects: number): Promise<void> {
  const home = mkdtempSync(path.join(os.tmpdir(), 'safelight-rebuild-'));
  try {
    const digests = makeLostHome(home, objects);
    const rows: Record<string, unknown>[] = [];
    const take = async (from: string, ...without: string[]) => {
      removeCatalog(home, ...without);
      const { seconds, cpuSeconds, report } = await measure(home);
      rows.push({
        from,
        objects: report.objects,
        read: report.adopted,
        seconds: seconds.toFixed(1),
        'CPU seconds': cpuSeconds.toFixed(1),
        'wrong digests': wrongDigests(home, digests),
        held: report.held,
        'catalog MB': Math.round(statSync(path.join(home, 'catalog.db')).size / 1e6),
      });
    };
    await take('images and journal', 'snapshots');
    await take('snapshot and journal');
    await take('images alone', 'snapshots', 'journal');
    console.table(rows);
    console.log(
      `load ${os.loadavg()[0]?.toFixed(1)}, peak memory ${Math.round(process.resourceUsage().maxRSS / 1000)} MB, ${readdirSync(home).length} entries`,
    );
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main(Number(process.argv[2] ?? 100_000));

// Arrivals made for tests, and a catalogue with a clock of its own.
import { createHash } from 'node:crypto';
import { openCatalog, type Arrival } from '#station/3-catalog/index.ts';
import { unpackHeader } from '#station/3-catalog/header-text.ts';
import { systemClock } from '#station/kit/clock.ts';
import { newId } from '#station/kit/ids.ts';
import type { ObjectHeader } from '#station/model/object-header.ts';
import { openBook } from '#station/records/index.ts';

export function openTestCatalog(quietTimeMs = 10_000) {
  let nowMs = Date.parse('2026-03-01T08:00:00.000Z');
  const clock = {
    ...systemClock,
    now: () => new Date(nowMs).toISOString(),
    epochMs: () => nowMs,
    monotonicMs: () => nowMs,
  };
  const book = openBook(':memory:');
  const catalog = openCatalog({ book, clock, quietTimeMs: () => quietTimeMs });
  return { book, catalog, clock, pass: (ms: number) => (nowMs += ms) };
}

export type Made = Partial<Omit<Arrival, 'header'>> & {
  readonly header?: Partial<ObjectHeader>;
  readonly content?: string;
};

let made = 0;

/** An object with a patient of its own wish; `content` stands for its bytes. */
export function arrival({ header = {}, content, ...rest }: Made = {}): Arrival {
  const number = ++made;
  const full: ObjectHeader = {
    ...unpackHeader('{}'),
    PatientName: 'Lovelace^Ada',
    PatientID: '0012305',
    PatientBirthDate: '18151210',
    PatientSex: 'F',
    StudyInstanceUID: '2.25.100',
    SeriesInstanceUID: '2.25.200',
    SOPInstanceUID: `2.25.3${number}`,
    SOPClassUID: '1.2.840.10008.5.1.4.1.1.7',
    Modality: 'US',
    Rows: 64,
    Columns: 64,
    hasPixelData: true,
    ...(header.PatientBirthDate === undefined ? { PatientBirthDate: '19151210' } : {}),
    ...header,
  };
  const objectId = newId();
  return {
    objectId,
    file: `000000/${objectId}.dcm`,
    sizeBytes: 1000,
    dataSetOffset: 300,
    dataSetSha256: createHash('sha256')
      .update(content ?? `content ${number}`)
      .digest('hex'),
    transferSyntaxUid: '1.2.840.10008.1.2.1',
    source: { kind: 'dicom', label: 'US_ROOM2', address: '127.0.0.1' },
    ...rest,
    header: full,
  };
}

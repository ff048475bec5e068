// A picture file (JPEG, PNG, TIFF) made a DICOM object: VL Photographic Image for colour, Secondary Capture for grey.
//
// A JPEG baseline file whose pixels lie upright is kept byte for byte, encapsulated. Everything else becomes
// uncompressed: a photo that lies on its side is decoded and turned (so nothing is lost a second time), PNG and TIFF
// keep their values, grey of 16 bits stays 16 bits. What once was lossy says so. The patient is left empty, for a person
// to fill in. The object has all attributes of type 1 and 2 of its IOD (PS3.3 A.8.1, A.32.4).
//
// Refuses by Problem: 'unsupported-file', 'picture-undecodable', 'path-refused', 'not-found'. What the file is, is told
// by its bytes; its name is not believed and not written into the object.
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { systemClock, type Clock } from '#station/kit/clock.ts';
import { newUid } from '#station/kit/ids.ts';
import { dateAndTime, dateTimeWithZone } from '#station/kit/local-time.ts';
import { Problem } from '#station/kit/problem.ts';
import { encodeElements, explicitLittleEndian, type NewElement } from '#station/dicom/index.ts';
import { encapsulatedPixelElement, nativePixelElement } from '#station/dicom/codecs/index.ts';
import { readPicture, type Picture, type PictureChange } from '#station/picture/index.ts';

/** A file larger than this is no photo. */
const mostFileBytes = 256 * 1024 * 1024;

const jpegBaseline = '1.2.840.10008.1.2.4.50';
const vlPhotographic = '1.2.840.10008.5.1.4.1.1.77.1.4';
const secondaryCapture = '1.2.840.10008.5.1.4.1.1.7';

/** What the pictures that were dropped together share. Make one with newPictureBatch(). */
export type PictureBatch = {
  readonly studyInstanceUid: string;
  /** Of the colour pictures. */
  readonly seriesInstanceUid: string;
  /** Of the grey ones: another modality is another series. */
  readonly greySeriesInstanceUid: string;
  /** Date and time of the study, milliseconds since the epoch. */
  readonly startedMs: number;
};

export function newPictureBatch(clock: Clock = systemClock): PictureBatch {
  return {
    studyInstanceUid: newUid(),
    seriesInstanceUid: newUid(),
    greySeriesInstanceUid: newUid(),
    startedMs: clock.epochMs(),
  };
}

/** Who makes the object, for Contributing Equipment (PS3.3 C.12.1). */
export type Importer = {
  readonly manufacturer: string;
  readonly modelName: string;
  readonly softwareVersion: string;
  readonly stationName?: string;
  readonly institutionName?: string;
  /** CID 7005: from a medium or folder, a film digitizer, a document scanner, a video. */
  readonly purpose?: keyof typeof purposes;
};

const purposes = {
  MEDIM: 'Portable Media Importer Equipment',
  FILMD: 'Film Digitizer',
  DOCD: 'Document Digitizer Equipment',
  VIDD: 'Video Tape Digitizer Equipment',
} as const;

/** How the picture came into the computer (PS3.3 C.8.6.1), for Secondary Capture. */
export type ConversionType = 'DV' | 'DI' | 'DF' | 'WSD' | 'SD' | 'SI' | 'DRW' | 'SYN';

export type PictureInput = {
  /** The file, or its bytes. */
  readonly source: string | Buffer;
  /** What the file is called where it came from; only for messages. */
  readonly fileName: string;
  readonly batch: PictureBatch;
  /** Counts the pictures of the batch from 1. */
  readonly instanceNumber: number;
  readonly importer: Importer;
  readonly conversionType?: ConversionType;
  /** Only when somebody has looked. Left out it means that nobody knows (PS3.3 C.7.6.1). */
  readonly burnedInAnnotation?: 'YES' | 'NO';
  readonly clock?: Clock;
};

export type DicomFromPicture = {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly transferSyntaxUid: string;
  /** The data set in the transfer syntax, in pieces to be written one after the other; no File Meta. */
  readonly dataSet: readonly Buffer[];
  readonly sizeBytes: number;
  /** What had to be changed in the picture, to be told. */
  readonly changes: readonly PictureChange[];
};

/** Reads the picture and makes the object. Nothing is written anywhere. */
export async function makeDicomFromPicture(input: PictureInput): Promise<DicomFromPicture> {
  const bytes = typeof input.source === 'string' ? await readWhole(input.source, input.fileName) : input.source;
  if (bytes.length > mostFileBytes) throw new Problem('picture-undecodable', { reason: 'too-large' });
  const picture = await readPicture(bytes, input.fileName);
  const sopInstanceUid = newUid();
  const sopClassUid = picture.samples === 3 ? vlPhotographic : secondaryCapture;
  const header = encodeElements(
    [
      ...identity(input, picture, sopClassUid, sopInstanceUid),
      ...pixelDescription(picture),
      ...history(input, picture),
    ],
    { explicit: true, littleEndian: true, characterSet: ['ISO_IR 192'] },
  );
  const pixels = picture.isBaseline
    ? encapsulatedPixelElement(bytes)
    : nativePixelElement(picture.pixels, picture.bits);
  const dataSet = [header, ...pixels];
  return {
    sopClassUid,
    sopInstanceUid,
    transferSyntaxUid: picture.isBaseline ? jpegBaseline : explicitLittleEndian,
    dataSet,
    sizeBytes: dataSet.reduce((sum, piece) => sum + piece.length, 0),
    changes: picture.changes,
  };
}

async function readWhole(path: string, fileName: string): Promise<Buffer> {
  // Neither a link is followed nor a pipe waited for.
  const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;
  const file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch((error: unknown) => {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new Problem(isMissing ? 'not-found' : 'path-refused', isMissing ? { what: fileName } : { name: fileName }, {
      cause: error,
    });
  });
  try {
    const found = await file.stat();
    if (!found.isFile()) throw new Problem('path-refused', { name: fileName });
    if (found.size > mostFileBytes) throw new Problem('picture-undecodable', { reason: 'too-large' });
    return await file.readFile();
  } finally {
    await file.close();
  }
}

function identity(input: PictureInput, picture: Picture, sopClass: string, sopInstance: string): NewElement[] {
  const { batch, clock = systemClock } = input;
  const now = dateAndTime(new Date(clock.epochMs()));
  const study = dateAndTime(new Date(batch.startedMs));
  const taken = picture.facts.takenAt;
  const isPhoto = picture.samples === 3;
  const isAsTaken = picture.changes.every((change) => change === 'turned-upright');
  return [
    { keyword: 'SpecificCharacterSet', value: 'ISO_IR 192' },
    { keyword: 'ImageType', value: [isAsTaken && isPhoto ? 'ORIGINAL' : 'DERIVED', isPhoto ? 'PRIMARY' : 'SECONDARY'] },
    { keyword: 'InstanceCreationDate', value: now.date },
    { keyword: 'InstanceCreationTime', value: now.time },
    { keyword: 'SOPClassUID', value: sopClass },
    { keyword: 'SOPInstanceUID', value: sopInstance },
    { keyword: 'StudyDate', value: study.date },
    { keyword: 'StudyTime', value: study.time },
    { keyword: 'ContentDate', value: taken?.slice(0, 8) ?? now.date },
    { keyword: 'ContentTime', value: taken?.slice(8, 14) ?? now.time },
    ...(taken ? [{ keyword: 'AcquisitionDateTime', value: taken }] : []),
    { keyword: 'AccessionNumber' },
    { keyword: 'Modality', value: isPhoto ? 'XC' : 'OT' },
    ...(isPhoto ? [] : [{ keyword: 'ConversionType', value: input.conversionType ?? 'DI' }]),
    { keyword: 'Manufacturer', value: picture.facts.make ?? '' },
    ...(picture.facts.model ? [{ keyword: 'ManufacturerModelName', value: picture.facts.model }] : []),
    { keyword: 'ReferringPhysicianName' },
    { keyword: 'PatientName' },
    { keyword: 'PatientID' },
    { keyword: 'PatientBirthDate' },
    { keyword: 'PatientSex' },
    { keyword: 'StudyInstanceUID', value: batch.studyInstanceUid },
    { keyword: 'SeriesInstanceUID', value: isPhoto ? batch.seriesInstanceUid : batch.greySeriesInstanceUid },
    { keyword: 'StudyID' },
    { keyword: 'SeriesNumber', value: isPhoto ? 1 : 2 },
    { keyword: 'InstanceNumber', value: input.instanceNumber },
    { keyword: 'PatientOrientation' },
    { keyword: 'Laterality' },
    ...(isPhoto ? [{ keyword: 'AcquisitionContextSequence', vr: 'SQ', items: [] }] : []),
    ...(input.burnedInAnnotation ? [{ keyword: 'BurnedInAnnotation', value: input.burnedInAnnotation }] : []),
  ];
}

function pixelDescription(picture: Picture): NewElement[] {
  const isColour = picture.samples === 3;
  // VL Photographic allows YBR_FULL_422 and not YBR_FULL, however the stream is subsampled (PS3.3 C.8.12.1.1.1).
  const photometric = !isColour ? 'MONOCHROME2' : picture.isYbr ? 'YBR_FULL_422' : 'RGB';
  return [
    { keyword: 'SamplesPerPixel', value: picture.samples },
    { keyword: 'PhotometricInterpretation', value: photometric },
    ...(isColour ? [{ keyword: 'PlanarConfiguration', value: 0 }] : []),
    { keyword: 'Rows', value: picture.rows },
    { keyword: 'Columns', value: picture.columns },
    { keyword: 'BitsAllocated', value: picture.bits },
    { keyword: 'BitsStored', value: picture.bits },
    { keyword: 'HighBit', value: picture.bits - 1 },
    { keyword: 'PixelRepresentation', value: 0 },
    ...(picture.icc && isColour ? [{ keyword: 'ICCProfile', value: picture.icc }] : []),
  ];
}

function history(input: PictureInput, picture: Picture): NewElement[] {
  const { importer, clock = systemClock } = input;
  const purpose = importer.purpose ?? 'MEDIM';
  const lossy: NewElement[] = picture.isLossy
    ? [
        { keyword: 'LossyImageCompression', value: '01' },
        { keyword: 'LossyImageCompressionRatio', value: Number(Math.max(1, picture.ratio).toFixed(2)) },
        { keyword: 'LossyImageCompressionMethod', value: 'ISO_10918_1' },
      ]
    : // Of type 2 for photographs: a PNG may have been a JPEG once, so it is left empty and not denied.
      picture.samples === 3
      ? [{ keyword: 'LossyImageCompression' }]
      : [];
  const texts = [
    ['InstitutionName', importer.institutionName],
    ['StationName', importer.stationName],
    ['ManufacturerModelName', importer.modelName],
    ['SoftwareVersions', importer.softwareVersion],
  ] as const;
  return [
    ...lossy,
    {
      keyword: 'ContributingEquipmentSequence',
      vr: 'SQ',
      items: [
        [
          { keyword: 'Manufacturer', value: importer.manufacturer },
          ...texts.flatMap(([keyword, value]) => (value ? [{ keyword, value }] : [])),
          { keyword: 'ContributionDateTime', value: dateTimeWithZone(new Date(clock.epochMs())) },
          {
            keyword: 'PurposeOfReferenceCodeSequence',
            vr: 'SQ',
            items: [
              [
                { keyword: 'CodeValue', value: purpose },
                { keyword: 'CodingSchemeDesignator', value: 'DCM' },
                { keyword: 'CodeMeaning', value: purposes[purpose] },
              ],
            ],
          },
        ],
      ],
    },
  ];
}

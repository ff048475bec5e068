// The Store Instances Response (PS3.18 10.5.3.2): what became of each instance, read from DICOM JSON (PS3.18 F), which is
// what we ask for, or from the XML that some services answer all the same (PS3.19 A.1).
//
// Never throws. Says `none` for no body at all and `unreadable` for everything that is not such a response: a page of some
// proxy must not pass for a success.
import { readNativeXml } from './native-xml.ts';

export type StoreAnswer =
  | { readonly kind: 'none' }
  | { readonly kind: 'unreadable' }
  | {
      readonly kind: 'read';
      /** Warning Reason (0008,1196) by SOP Instance UID; undefined for one that was stored without. */
      readonly stored: ReadonlyMap<string, number | undefined>;
      /** Failure Reason (0008,1197) by SOP Instance UID; 0110H where it gave none. */
      readonly failed: ReadonlyMap<string, number>;
    };

const referenced = '00081199';
const failedSequence = '00081198';
const instanceUid = '00081155';
const warningReason = '00081196';
const failureReason = '00081197';
const processingFailure = 0x0110;
const isXml = /^\s*(?:application\/(?:dicom\+)?xml|text\/xml)\b/i;

export function readStoreAnswer(body: Buffer, contentType: string): StoreAnswer {
  if (body.length === 0) return { kind: 'none' };
  const parsed = isXml.test(contentType) ? readNativeXml(body.toString('utf8')) : readJson(body, contentType);
  const dataSet = Array.isArray(parsed) && parsed.length === 1 ? (parsed[0] as unknown) : parsed;
  if (!isRecord(dataSet)) return { kind: 'unreadable' };
  const stored = new Map<string, number | undefined>();
  for (const item of itemsOf(dataSet[referenced])) {
    const uid = textOf(item[instanceUid]);
    if (uid !== undefined) stored.set(uid, numberOf(item[warningReason]));
  }
  const failed = new Map<string, number>();
  for (const item of itemsOf(dataSet[failedSequence])) {
    const uid = textOf(item[instanceUid]);
    if (uid !== undefined) failed.set(uid, numberOf(item[failureReason]) ?? processingFailure);
  }
  // An object that names nothing may be anybody's.
  const isOne = referenced in dataSet || failedSequence in dataSet || '00081190' in dataSet;
  return isOne ? { kind: 'read', stored, failed } : { kind: 'unreadable' };
}

/** The body as JSON when it says that it is; undefined otherwise. */
export function readJson(body: Buffer, contentType: string): unknown {
  if (!/^application\/(dicom\+)?json\b/i.test(contentType.trim())) return undefined;
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}

type Json = Readonly<Record<string, unknown>>;

export function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function valuesOf(element: unknown): readonly unknown[] {
  if (!isRecord(element)) return [];
  const values = element['Value'];
  return Array.isArray(values) ? values : [];
}

function itemsOf(element: unknown): readonly Json[] {
  return valuesOf(element).filter(isRecord);
}

/** The first value of an element as text, without the padding of a UID. */
export function textOf(element: unknown): string | undefined {
  const [value] = valuesOf(element);
  return typeof value === 'string' && value !== '' ? value.replace(/[\0 ]+$/, '') : undefined;
}

/** The first value of an element as a number that is not negative; some write it as text. */
export function numberOf(element: unknown): number | undefined {
  const [value] = valuesOf(element);
  const number = typeof value === 'string' && /^\d{1,9}$/.test(value.trim()) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}

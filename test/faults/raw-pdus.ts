// DICOM upper layer PDUs made and read by hand, byte by byte, so that they can also be what no library would write. Shares
// no code with the station, so that a mistake there is not repeated here.

export type RawContext = { readonly id: number; readonly abstract: string; readonly transfer: readonly string[] };

const item = (type: number, value: Buffer): Buffer => {
  const header = Buffer.from([type, 0, 0, 0]);
  header.writeUInt16BE(value.length, 2);
  return Buffer.concat([header, value]);
};
const uint16 = (value: number) => Buffer.from([value >> 8, value & 255]);
const uint32 = (value: number) => Buffer.from([value >>> 24, (value >> 16) & 255, (value >> 8) & 255, value & 255]);

export const pdu = (type: number, value: Buffer): Buffer =>
  Buffer.concat([Buffer.from([type, 0]), uint32(value.length), value]);

export type RawRequest = {
  readonly contexts: readonly RawContext[];
  readonly called?: string;
  readonly calling?: string;
  readonly maxPdu?: number;
  readonly version?: number;
  readonly applicationContext?: string;
  readonly asyncWindow?: readonly [number, number];
  readonly roles?: readonly { readonly abstract: string; readonly scu: number; readonly scp: number }[];
  readonly moreItems?: Buffer;
};

export function associateRequest(request: RawRequest): Buffer {
  const user = [item(0x51, uint32(request.maxPdu ?? 16_384)), item(0x52, Buffer.from('1.2.3.4'))];
  if (request.asyncWindow) user.push(item(0x53, Buffer.concat(request.asyncWindow.map(uint16))));
  for (const { abstract, scu, scp } of request.roles ?? [])
    user.push(item(0x54, Buffer.concat([uint16(abstract.length), Buffer.from(abstract), Buffer.from([scu, scp])])));
  user.push(request.moreItems ?? Buffer.alloc(0));
  return pdu(
    1,
    Buffer.concat([...associationHead(request), ...contextItems(request), item(0x50, Buffer.concat(user))]),
  );
}

/** One context of an A-ASSOCIATE-AC. `transfer` is written also for a rejected one. */
export type RawResult = { readonly id: number; readonly result: number; readonly transfer?: string };

export type RawAccept = {
  readonly results: readonly RawResult[];
  readonly maxPdu?: number;
  readonly moreItems?: Buffer;
};

export function associateAccept({ results, maxPdu = 16_384, moreItems = Buffer.alloc(0) }: RawAccept): Buffer {
  const user = [item(0x51, uint32(maxPdu)), item(0x52, Buffer.from('1.2.3.4')), moreItems];
  const contexts = results.map(({ id, result, transfer = '1.2.840.10008.1.2' }) =>
    item(0x21, Buffer.concat([Buffer.from([id, 0, result, 0]), item(0x40, Buffer.from(transfer))])),
  );
  return pdu(2, Buffer.concat([...associationHead({ contexts: [] }), ...contexts, item(0x50, Buffer.concat(user))]));
}

/** Accepts every context of a whole A-ASSOCIATE-RQ with the first transfer syntax it offers. */
export function acceptAll(request: Buffer, maxPdu?: number): Buffer {
  const results = readRequest(request).map(({ id, transfer }) => ({ id, result: 0, transfer: transfer[0] ?? '' }));
  return associateAccept({ results, ...(maxPdu === undefined ? {} : { maxPdu }) });
}

export const associateReject = (result: number, source: number, reason: number): Buffer =>
  pdu(3, Buffer.from([0, result, source, reason]));
export const releaseRequest = (): Buffer => pdu(5, Buffer.alloc(4));
export const releaseResponse = (): Buffer => pdu(6, Buffer.alloc(4));
export const abort = (source = 0, reason = 0): Buffer => pdu(7, Buffer.from([0, 0, source, reason]));

/** The contexts that a whole A-ASSOCIATE-RQ proposes. */
export function readRequest(bytes: Buffer): RawContext[] {
  return items(bytes.subarray(74))
    .filter(({ type }) => type === 0x20)
    .map(({ value }) => {
      const inner = items(value.subarray(4));
      const texts = (type: number) =>
        inner.filter((one) => one.type === type).map((one) => one.value.toString('latin1'));
      return { id: value[0] ?? 0, abstract: texts(0x30)[0] ?? '', transfer: texts(0x40) };
    });
}

function associationHead(request: RawRequest): Buffer[] {
  const titles = (request.called ?? 'SAFELIGHT').padEnd(16) + (request.calling ?? 'DEVICE').padEnd(16);
  return [
    uint16(request.version ?? 1),
    uint16(0),
    Buffer.from(titles, 'latin1'),
    Buffer.alloc(32),
    item(0x10, Buffer.from(request.applicationContext ?? '1.2.840.10008.3.1.1.1')),
  ];
}

function contextItems(request: RawRequest): Buffer[] {
  return request.contexts.map(({ id, abstract, transfer }) =>
    item(
      0x20,
      Buffer.concat([
        Buffer.from([id, 0, 0, 0]),
        item(0x30, Buffer.from(abstract)),
        ...transfer.map((uid) => item(0x40, Buffer.from(uid))),
      ]),
    ),
  );
}

export type RawAcceptance = {
  readonly maxPdu: number;
  readonly grantsAsync: boolean;
  readonly contexts: ReadonlyMap<number, { readonly result: number; readonly transfer: string }>;
  readonly roles: ReadonlyMap<string, readonly [number, number]>;
};

export function readAcceptance(bytes: Buffer): RawAcceptance {
  const contexts = new Map<number, { result: number; transfer: string }>();
  const roles = new Map<string, readonly [number, number]>();
  let maxPdu = 0;
  let grantsAsync = false;
  for (const { type, value } of items(bytes.subarray(74))) {
    if (type === 0x21) {
      const transfer = items(value.subarray(4))[0]?.value.toString() ?? '';
      contexts.set(value[0] ?? 0, { result: value[2] ?? 0, transfer });
    }
    if (type !== 0x50) continue;
    for (const user of items(value)) {
      if (user.type === 0x51) maxPdu = user.value.readUInt32BE(0);
      if (user.type === 0x53) grantsAsync = true;
      if (user.type === 0x54) {
        const length = user.value.readUInt16BE(0);
        roles.set(user.value.toString('latin1', 2, 2 + length), [
          user.value[2 + length] ?? 0,
          user.value[3 + length] ?? 0,
        ]);
      }
    }
  }
  return { maxPdu, grantsAsync, contexts, roles };
}

function items(bytes: Buffer): { type: number; value: Buffer }[] {
  const found: { type: number; value: Buffer }[] = [];
  for (let offset = 0; offset + 4 <= bytes.length;) {
    const length = bytes.readUInt16BE(offset + 2);
    found.push({ type: bytes[offset] ?? 0, value: bytes.subarray(offset + 4, offset + 4 + length) });
    offset += 4 + length;
  }
  return found;
}

export const fragment = (contextId: number, flags: number, value: Buffer): Buffer =>
  Buffer.concat([uint32(value.length + 2), Buffer.from([contextId, flags]), value]);

export const data = (...fragments: readonly Buffer[]): Buffer => pdu(4, Buffer.concat(fragments));

/** A command set: element number to text or number. */
export function command(fields: Readonly<Record<number, string | number>>): Buffer {
  const elements = Object.entries(fields).map(([element, value]) => {
    const text = typeof value === 'string' && value.length % 2 === 1 ? `${value}\0` : value;
    const bytes = typeof text === 'string' ? Buffer.from(text, 'latin1') : Buffer.from([text & 255, text >> 8]);
    const header = Buffer.alloc(8);
    header.writeUInt16LE(Number(element), 2);
    header.writeUInt32LE(bytes.length, 4);
    return Buffer.concat([header, bytes]);
  });
  const body = Buffer.concat(elements);
  const length = Buffer.alloc(12);
  length.writeUInt32LE(4, 4);
  length.writeUInt32LE(body.length, 8);
  return Buffer.concat([length, body]);
}

export const storeCommand = (sopClass: string, instance = '1.2.3', messageId = 1): Buffer =>
  command({ 0x0002: sopClass, 0x0100: 1, 0x0110: messageId, 0x0700: 0, 0x0800: 0x0102, 0x1000: instance });
export const echoCommand = (messageId = 1): Buffer =>
  command({ 0x0002: '1.2.840.10008.1.1', 0x0100: 0x30, 0x0110: messageId, 0x0800: 0x0101 });

/** Element to value of a command set in one P-DATA-TF. */
export function readCommand(bytes: Buffer): ReadonlyMap<number, number | string> {
  const found = new Map<number, number | string>();
  for (let offset = 12; offset + 8 <= bytes.length;) {
    const element = bytes.readUInt16LE(offset + 2);
    const length = bytes.readUInt32LE(offset + 4);
    const value = bytes.subarray(offset + 8, offset + 8 + length);
    found.set(
      element,
      length === 2 && element !== 0x0902 ? value.readUInt16LE(0) : value.toString('latin1').replace(/[\0 ]+$/, ''),
    );
    offset += 8 + length;
  }
  return found;
}

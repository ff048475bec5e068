// node test/bench/raw-limit.ts FOLDER: what anything durable costs at least. Prints its port.
//
// The bytes of each object go to a file of their own as they come, then fdatasync and an fsync of the folder (both at
// once), then the answer. No index, no digest, nothing is looked at: of DICOM just so much is spoken that storescu sends
// to it as to any other. Not a receiver: it believes every byte, and one peer that lies would bring it down.
import { close, fdatasync, fsync, open, openSync, writev } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';

const [folder = '.'] = process.argv.slice(2);
const opening = promisify(open);
const writing = promisify(writev);
const syncing = promisify(fdatasync);
const syncingFolder = promisify(fsync);
const folderFd = openSync(folder, 'r');
let files = 0;

const item = (type: number, body: Buffer) => {
  const head = Buffer.alloc(4);
  head[0] = type;
  head.writeUInt16BE(body.length, 2);
  return Buffer.concat([head, body]);
};
const pdu = (type: number, body: Buffer) => {
  const head = Buffer.alloc(6);
  head[0] = type;
  head.writeUInt32BE(body.length, 2);
  return Buffer.concat([head, body]);
};

/** Every context is accepted with its first transfer syntax. */
function accept(request: Buffer): Buffer {
  const items = [item(0x10, Buffer.from('1.2.840.10008.3.1.1.1'))];
  for (let at = 74; at + 4 <= request.length; at += 4 + request.readUInt16BE(at + 2)) {
    if (request[at] !== 0x20) continue;
    const abstractLength = request.readUInt16BE(at + 10);
    const syntax = at + 12 + abstractLength;
    const uid = request.subarray(syntax + 4, syntax + 4 + request.readUInt16BE(syntax + 2));
    items.push(item(0x21, Buffer.concat([Buffer.from([request[at + 4] ?? 0, 0, 0, 0]), item(0x40, uid)])));
  }
  const most = Buffer.alloc(4);
  most.writeUInt32BE(131_072);
  items.push(item(0x50, Buffer.concat([item(0x51, most), item(0x52, Buffer.from('2.25.1'))])));
  return pdu(2, Buffer.concat([request.subarray(6, 74), ...items]));
}

/** C-STORE-RSP, success: the command that came with another field, no data set, and a status. */
function answer(contextId: number, command: Buffer): Buffer {
  const elements: Buffer[] = [];
  const add = (element: number, value: Buffer) => {
    const head = Buffer.alloc(8);
    head.writeUInt16LE(element, 2);
    head.writeUInt32LE(value.length, 4);
    elements.push(head, value);
  };
  const short = (value: number) => Buffer.from([value & 0xff, value >> 8]);
  for (let at = 0; at + 8 <= command.length; at += 8 + command.readUInt32LE(at + 4)) {
    const element = command.readUInt16LE(at + 2);
    const value = command.subarray(at + 8, at + 8 + command.readUInt32LE(at + 4));
    if (element === 0x0002 || element === 0x1000) add(element, value);
    if (element === 0x0100) add(0x0100, short(0x8001));
    if (element === 0x0110) add(0x0120, value);
    if (element === 0x0110) add(0x0800, short(0x0101));
    if (element === 0x0110) add(0x0900, short(0));
  }
  const body = Buffer.concat(elements);
  const length = Buffer.alloc(12);
  length.writeUInt32LE(4, 4);
  length.writeUInt32LE(body.length, 8);
  const head = Buffer.alloc(6);
  head.writeUInt32BE(body.length + 14, 0);
  head[4] = contextId;
  head[5] = 3;
  return pdu(4, Buffer.concat([head, length, body]));
}

function serve(socket: net.Socket): void {
  const head = Buffer.alloc(12);
  let filled = 0;
  let [leftInPdu, leftInPdv] = [0, 0];
  let control: Buffer[] = [];
  let command: Buffer[] = [];
  let lastCommand = Buffer.alloc(0);
  let pieces: Buffer[] = [];
  let waitingBytes = 0;
  let file: Promise<number> | undefined;
  let written = Promise.resolve();
  let at = 0;

  const write = () => {
    const given = pieces;
    const [position, bytes] = [at, waitingBytes];
    at += bytes;
    pieces = [];
    waitingBytes = 0;
    file ??= opening(path.join(folder, `${files++}.dcm`), 'w', 0o600);
    const opened = file;
    socket.pause();
    written = written.then(async () => {
      await writing(await opened, given, position);
      socket.resume();
    });
  };
  const finish = async (contextId: number) => {
    write();
    const opened = file;
    file = undefined;
    at = 0;
    await written;
    if (!opened) return;
    const fd = await opened;
    await Promise.all([syncing(fd), syncingFolder(folderFd)]);
    close(fd);
    socket.write(answer(contextId, lastCommand));
  };
  const fragment = (piece: Buffer, isEnd: boolean) => {
    const [contextId, flags] = [head[10] ?? 0, head[11] ?? 0];
    if (flags & 1) command.push(piece);
    else {
      pieces.push(piece);
      waitingBytes += piece.length;
      if (waitingBytes >= 640 * 1024) write();
    }
    if (!isEnd) return;
    if (flags === 3) {
      lastCommand = Buffer.concat(command);
      command = [];
    } else if (flags === 2) void finish(contextId);
  };
  socket.on('error', () => socket.destroy());
  socket.on('data', (bytes: Buffer) => {
    for (let offset = 0; offset < bytes.length;) {
      const wanted =
        leftInPdv > 0
          ? leftInPdv
          : leftInPdu > 0 && head[0] !== 4
            ? leftInPdu
            : leftInPdu > 0
              ? 12 - filled
              : 6 - filled;
      const piece = bytes.subarray(offset, offset + Math.min(wanted, bytes.length - offset));
      offset += piece.length;
      if (leftInPdv > 0) {
        leftInPdv -= piece.length;
        leftInPdu -= piece.length;
        if (leftInPdv === 0) filled = leftInPdu > 0 ? 6 : 0;
        fragment(piece, leftInPdv === 0);
      } else if (leftInPdu > 0 && head[0] !== 4) {
        leftInPdu -= piece.length;
        control.push(Buffer.from(piece));
        if (leftInPdu > 0) continue;
        filled = 0;
        const whole = Buffer.concat([head.subarray(0, 6), ...control]);
        control = [];
        if (whole[0] === 1) socket.write(accept(whole));
        else if (whole[0] === 5) socket.end(pdu(6, Buffer.alloc(4)));
        else socket.destroy();
      } else {
        piece.copy(head, filled);
        filled += piece.length;
        if (filled === 6 && leftInPdu === 0) leftInPdu = head.readUInt32BE(2);
        if (filled < 12) continue;
        leftInPdv = head.readUInt32BE(6) - 2;
        leftInPdu -= 6;
      }
    }
  });
}

const server = net.createServer({ noDelay: true }, serve);
server.listen(0, '127.0.0.1', () => console.log((server.address() as net.AddressInfo).port));

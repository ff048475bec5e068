// Orders of a hospital that does not exist, for people who do not exist: what the two sample devices are taken for. They come
// as HL7 messages over MLLP, as those of a real hospital do, and are for today and now.
import { localDateTime } from '#station/kit/local-time.ts';
import net from 'node:net';

const people = [
  ['118843', 'Brandt^Ute', '19700102', 'F', '26-118-0442', 'US abdomen complete', 'US', 'US_ROOM2', 0],
  ['0012305', 'Smith^John', '19680213', 'M', '26-118-0443', 'XR lower leg', 'CR', 'CR_READER', 5],
  ['471190', 'Hoffmann^Karl', '19551130', 'M', '26-118-0444', 'US thyroid', 'US', 'US_ROOM2', 45],
  ['881204', 'Okafor^Chidi', '19881204', 'M', '26-118-0445', 'XR chest', 'CR', 'CR_READER', 60],
  ['300417', 'Haddad^Leila', '20030417', 'F', '26-118-0446', 'US abdomen', 'US', 'US_ROOM2', 90],
] as const;

const answerMs = 5_000;

/** One message for each order. @param now orders are for this time and the next two hours */
export function demoOrders(now: Date): string[] {
  return people.map(([id, name, born, sex, accession, procedure, modality, device, minutes], n) => {
    const at = localDateTime(now);
    const start = localDateTime(new Date(now.getTime() + minutes * 60_000));
    return [
      `MSH|^~\\&|DEMORIS|DEMO|SAFELIGHT|DEMO|${at}||OMI^O23^OMI_O23|DEMO${n}${at}|P|2.5.1||||||UNICODE UTF-8`,
      `PID|1||${id}^^^DEMO^MR||${name}||${born}|${sex}`,
      `ORC|NW|P${n}^DEMORIS|F${n}^DEMORIS`,
      `TQ1|1||||||${start}`,
      `OBR|1|P${n}^DEMORIS|F${n}^DEMORIS|D${n}^${procedure}^99DEMO`,
      `IPC|${accession}|RP${n}|2.25.${777_000 + n}|SPS${n}|${modality}|||DEMO|${device}`,
      '',
    ].join('\r');
  });
}

/** Tells a station all of them, and ends when they are answered. Rejects when it does not answer. */
export async function tellOrders(port: number, messages: readonly string[]): Promise<void> {
  const socket = net.connect({ host: '127.0.0.1', port });
  socket.setTimeout(answerMs, () => socket.destroy(new Error('no answer to an order of the demo')));
  let answers = 0;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.on('error', reject);
  socket.on('close', () => reject(new Error('the connection of the demo ended')));
  socket.on('data', (bytes: Buffer) => {
    answers += bytes.filter((byte) => byte === 0x1c).length;
    if (answers >= messages.length) resolve();
  });
  for (const message of messages) socket.write(`\u000b${message}\u001c\r`);
  try {
    await promise;
  } finally {
    socket.destroy();
  }
}

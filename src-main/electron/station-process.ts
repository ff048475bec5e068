// The station in a process of its own, so that nothing the window or the shell does can hold up reception.
//
// Says `ready` when it receives, or `refused` with the problem and ends. Each window brings a port over which the
// contract is spoken; each request for bytes brings one of its own. `close` finishes the object at hand and ends.
import { RPCHandler } from '@orpc/server/message-port';
import '#station/kit/thread-pool.ts';
// Brings process.parentPort into the types.
import type { ParentPort } from 'electron';
import { isProblem } from '#station/kit/problem.ts';
import { openStation, type Station } from '#station/station.ts';
import { answerBytes } from './answer-bytes.ts';
import type { FromStation, ToStation } from './messages.ts';
import { readHome } from './read-home.ts';

const shell: ParentPort = process.parentPort;
const say = (message: FromStation) => shell.postMessage(message);

try {
  const station = await openStation({ home: readHome(process.argv) });
  listen(station);
  say({ kind: 'ready', ...station.listening() });
} catch (error) {
  if (!isProblem(error)) throw error;
  say({ kind: 'refused', problem: error.toNote() });
  // The message leaves with the next turns of the loop; an exit at once would overtake it.
  setTimeout(() => process.exit(1), 200);
}

function listen(station: Station): void {
  const speech = new RPCHandler(station.router);
  let closing: Promise<void> | undefined;
  shell.on('message', ({ data, ports }) => {
    const message = data as ToStation;
    const [port] = ports;
    if (message.kind === 'close') closing ??= station.close().finally(() => process.exit(0));
    else if (!port) return;
    else if (message.kind === 'bytes') void answerBytes(port, message, (request) => station.bytes(request));
    else {
      speech.upgrade(port, { context: {} });
      port.start();
    }
  });
}

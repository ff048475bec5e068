// Free ports on the loopback, and waiting for a program to listen on one.
import { randomInt } from 'node:crypto';
import dgram from 'node:dgram';
import net from 'node:net';

// Below the ports that systems give to whoever asks for any (from 32768 on Linux): what listens on port 0 and what connects
// elsewhere does not take a number between the look at it and its use.
const first = 20_000;
const last = 32_000;

/**
 * A port on 127.0.0.1 that nobody listens on at this moment, nor is given to who asks for any. Until this process ends nobody
 * else gets it from here, in no process of this machine: a program needs a second to take it.
 */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 1000; tries++) {
    const port = randomInt(first, last);
    if ((await reserve(port)) && (await isFree(port))) return port;
  }
  throw new Error('no port');
}

/** Puts a sign on a port: its number of the other protocol, which nothing here listens on. False where there is one already. */
function reserve(port: number): Promise<boolean> {
  const sign = dgram.createSocket('udp4');
  return new Promise((resolve) => {
    sign.once('error', () => {
      sign.close();
      resolve(false);
    });
    sign.bind({ port, address: '127.0.0.1', exclusive: true }, () => {
      sign.unref();
      resolve(true);
    });
  });
}

async function isFree(port: number): Promise<boolean> {
  const server = net.createServer();
  const isOurs = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => resolve(true));
  });
  if (isOurs) await new Promise((resolve) => server.close(resolve));
  return isOurs;
}

/** Resolves when something accepts on `port`; throws after `withinMs` or when `ended()` says that the program is gone. */
export async function listening(port: number, ended: () => boolean, withinMs = 60_000): Promise<void> {
  const until = Date.now() + withinMs;
  for (;;) {
    if (await accepts(port)) return;
    if (ended()) throw new Error(`the program ended before it listened on ${port}`);
    if (Date.now() > until) throw new Error(`nothing listens on ${port} after ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ host: '127.0.0.1', port });
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

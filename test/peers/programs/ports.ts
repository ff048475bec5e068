// Free ports on the loopback, and waiting for a program to listen on one.
import net from 'node:net';

/** A port on 127.0.0.1 that nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Resolves when something accepts on `port`; throws after `withinMs` or when `ended()` says that the program is gone. */
export async function listening(port: number, ended: () => boolean, withinMs = 20_000): Promise<void> {
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

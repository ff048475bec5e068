// The decoder threads when something goes wrong in one of them. The worker here is a small one that obeys the path.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openFrameReader, type FrameReader, type FrameReaderOptions } from '#station/dicom/codecs/index.ts';

const script = `
import { parentPort, threadId } from 'node:worker_threads';
parentPort.on('message', ({ path }) => {
  if (path === 'hang') for (;;);
  if (path === 'throw') throw new Error('boom');
  if (path === 'exit') process.exit(3);
  if (path === 'eat') { const all = []; for (;;) all.push(new Array(1e5).fill(all.length + 0.5)); }
  const answer = () => parentPort.postMessage({ kind: 'not-drawable', reason: path + threadId });
  const ms = { slow: 50, late: 700 }[path];
  if (ms) setTimeout(answer, ms); else answer();
});`;

let folder: string;
let reader: FrameReader | undefined;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'workers-'));
  writeFileSync(path.join(folder, 'worker.mjs'), script);
});
afterEach(() => reader?.close());
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const open = (options: FrameReaderOptions = {}) => {
  reader = openFrameReader({ workerUrl: pathToFileURL(path.join(folder, 'worker.mjs')), workers: 1, ...options });
  return (what: string, urgency?: 'urgent' | 'later') =>
    reader!
      .frame({ path: what, dataSetOffset: 0, transferSyntax: '', frame: 0 }, urgency)
      .then((answer) => (answer.kind === 'frame' ? 'frame' : answer.reason));
};

describe('a decoder', () => {
  it('that hangs is ended, and the next picture is shown', async () => {
    const ask = open({ timeoutMs: 1000 });
    const [hung, next] = await Promise.all([ask('hang'), ask('fine')]);
    expect(hung).toBe('took-too-long');
    expect(next).toMatch(/^fine/);
  });

  it('that has to wait for a busy machine is waited for', async () => {
    const ask = open({ timeoutMs: 500 });
    expect(await ask('late')).toMatch(/^late/);
  });

  it('that throws or exits is replaced, and the next picture is shown', async () => {
    const ask = open();
    expect(await ask('throw')).toBe('decoder-crashed');
    expect(await ask('exit')).toBe('decoder-crashed');
    expect(await ask('fine')).toMatch(/^fine/);
  });

  it('that eats memory is ended at its ceiling', async () => {
    const ask = open({ memoryMiB: 32 });
    expect(await ask('eat')).toBe('decoder-crashed');
    expect(await ask('fine')).toMatch(/^fine/);
  });

  it('is used again for the next picture', async () => {
    const ask = open();
    expect(await ask('fine')).toBe(await ask('fine'));
  });

  it('takes what a person waits for before what fills the inbox', async () => {
    const ask = open();
    const order: string[] = [];
    const note = (answer: string) => order.push(answer.replace(/\d+$/, ''));
    await Promise.all([
      ask('slow').then(note),
      ask('thumbnail', 'later').then(note),
      ask('opened', 'urgent').then(note),
    ]);
    expect(order).toEqual(['slow', 'opened', 'thumbnail']);
  });

  it('is free for whoever opens an exam while small pictures take their time', async () => {
    const ask = open({ workers: 2, laterTimeoutMs: 60_000 });
    const small = [ask('hang', 'later'), ask('hang', 'later')];
    expect(await ask('fine')).toMatch(/^fine/);
    await reader!.close();
    expect(await Promise.all(small)).toEqual(['closed', 'closed']);
  });

  it('gives a small picture less time than one that somebody waits for', async () => {
    const ask = open({ timeoutMs: 60_000, laterTimeoutMs: 500 });
    expect(await ask('hang', 'later')).toBe('took-too-long');
  });

  it('answers what waits when the station closes', async () => {
    const ask = open();
    const waiting = [ask('hang'), ask('fine')];
    await reader!.close();
    expect(await Promise.all(waiting)).toEqual(['closed', 'closed']);
    expect(await ask('fine')).toBe('closed');
  });

  it('is let go when there is nothing to do, and comes back', async () => {
    const ask = open({ idleMs: 1 });
    const first = await ask('fine');
    await expect.poll(() => ask('fine')).not.toBe(first);
  });
});

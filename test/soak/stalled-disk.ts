// Memory while the disk stands still: 64 associations send objects of 4 MB as fast as they are taken, and for a while no
// write, no sync and no change of a name comes back. Nothing is answered meanwhile, the station answers a C-ECHO, and
// afterwards every object is acknowledged. Prints one table; ends with 1 when the station needed more than the goal.
//
// The store is stalled from within, so the station runs from its source, and reading that takes memory of its own: what
// counts is what the built station has at rest and what this one needs beside its own rest.
//   node test/soak/stalled-disk.ts [ASSOCIATIONS] [SECONDS of standing still]
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { loadavg } from 'node:os';
import { realDisk, type Disk } from '#station/2-store/index.ts';
import { explicitLittleEndian } from '#station/dicom/index.ts';
import { openAssociation } from '#station/dicom/network/index.ts';
import { newUid } from '#station/kit/ids.ts';
import { costOf, startStation } from '../bench/processes.ts';
import { makeObject, secondaryCapture } from '../crash/sender.ts';
import { temporaryFolder } from '../peers/programs/temporary-folder.ts';

const objectBytes = 4_000_000;
const goalMiB = 200;
const verification = '1.2.840.10008.1.1';

type Said = { readonly dicomPort: number; readonly aeTitle: string };

/** The station, as a process of its own whose store stands still when its parent says so. */
async function beStation(home: string): Promise<void> {
  // As everywhere else: before anything uses the pool.
  await import('#station/kit/thread-pool.ts');
  const { openStation } = await import('#station/station.ts');
  let gate: PromiseWithResolvers<void> | undefined;
  for (const [name, call] of Object.entries(realDisk) as [keyof Disk, (...words: unknown[]) => Promise<unknown>][]) {
    Object.assign(realDisk, {
      [name]: async (...words: unknown[]) => {
        await gate?.promise;
        return call(...words);
      },
    });
  }
  const station = await openStation({ home, dicomPort: 0, settings: { station: { dicomHost: '127.0.0.1' } } });
  process.on('message', (word) => {
    if (word === 'stand still') gate = Promise.withResolvers();
    else if (word === 'go on') gate?.resolve();
    if (word === 'go on') gate = undefined;
    if (word === 'end') void station.close().then(() => process.exit(0));
  });
  process.send?.(station.listening());
}

/** Gives how many were acknowledged. */
async function sendOne(said: Said): Promise<number> {
  const [study, series] = [newUid(), newUid()];
  const opening = await openAssociation({
    ...{ host: '127.0.0.1', port: said.dicomPort, callingAeTitle: 'DEVICE', calledAeTitle: said.aeTitle },
    ...{ contexts: [{ abstractSyntaxUid: secondaryCapture, transferSyntaxUids: [explicitLittleEndian] }] },
  });
  if (opening.kind !== 'accepted') throw new Error(`no association: ${opening.kind}`);
  const { object, bytes } = makeObject(study, series, objectBytes);
  const outcome = await opening.association.store({
    ...{ sopClassUid: secondaryCapture, sopInstanceUid: object.SOPInstanceUID },
    ...{ transferSyntaxUid: explicitLittleEndian, lengthBytes: bytes.length, source: [bytes] },
  });
  await opening.association.release();
  return outcome.kind === 'answered' && outcome.status === 0 ? 1 : 0;
}

async function echoMs(said: Said): Promise<number> {
  const began = performance.now();
  const opening = await openAssociation({
    ...{ host: '127.0.0.1', port: said.dicomPort, callingAeTitle: 'DEVICE', calledAeTitle: said.aeTitle },
    contexts: [{ abstractSyntaxUid: verification, transferSyntaxUids: [explicitLittleEndian] }],
  });
  if (opening.kind !== 'accepted') throw new Error(`no association: ${opening.kind}`);
  await opening.association.echo();
  const took = performance.now() - began;
  await opening.association.release();
  return took;
}

async function builtAtRest(): Promise<number> {
  const station = await startStation({ station: { dicomHost: '127.0.0.1' } });
  try {
    await pause(1000);
    return costOf(station.pid).peakMiB;
  } finally {
    await station.close();
  }
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

async function measure(associations: number, seconds: number): Promise<boolean> {
  const built = await builtAtRest();
  const folder = await temporaryFolder('stalled-disk');
  const child: ChildProcess = fork(import.meta.filename, ['station', `${folder.path}/home`], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const exited = once(child, 'exit');
  try {
    const [said] = (await once(child, 'message')) as [Said];
    const atRest = costOf(child.pid ?? 0).peakMiB;
    child.send('stand still');
    let answered = 0;
    const all = Array.from({ length: associations }, () => sendOne(said).then((taken) => (answered += taken)));
    await pause(seconds * 1000);
    const whileStalled = answered;
    const echo = await echoMs(said);
    const stalled = costOf(child.pid ?? 0).peakMiB;
    child.send('go on');
    await Promise.all(all);
    const after = costOf(child.pid ?? 0).peakMiB;
    const whole = built + after - atRest;
    const reached = whole <= goalMiB && answered === associations && whileStalled === 0;
    console.log(`Load ${loadavg()[0]?.toFixed(1)}; ${associations} associations, ${objectBytes / 1e6} MB each\n`);
    console.log('| | | goal |\n|---|---|---|');
    console.log(`| MiB more after ${seconds} s of standing still | ${(stalled - atRest).toFixed(0)} | |`);
    console.log(`| MiB more when all was taken | ${(after - atRest).toFixed(0)} | |`);
    console.log(
      `| with the ${built.toFixed(0)} MiB of the built station at rest | ${whole.toFixed(0)} | <= ${goalMiB} |`,
    );
    console.log(`| C-ECHO meanwhile, ms | ${echo.toFixed(0)} | |`);
    console.log(`| answered meanwhile | ${whileStalled} | 0 |`);
    console.log(`| acknowledged in the end | ${answered} | ${associations} |`);
    console.log(`\n${reached ? 'Reached.' : 'NOT reached.'}`);
    return reached;
  } finally {
    if (child.connected) child.send('end');
    await Promise.race([exited, pause(20_000)]);
    if (child.exitCode === null) child.kill('SIGKILL');
    await folder.close();
  }
}

const [first, second] = process.argv.slice(2);
if (first === 'station') await beStation(second ?? '');
else process.exit((await measure(Number(first ?? 64), Number(second ?? 10))) ? 0 : 1);

// The world around: settings, the clock, kills and lost books.
import { approveShown } from '../approving.ts';
import { changeSettings } from '../settings.ts';
import { Refused } from '../station-host.ts';
import { pictureOf } from './arrivals.ts';
import { lookAtEverything } from '../resting.ts';
import { loseBook } from '../losing.ts';
import { openExam, type Play, type Plays } from '../step.ts';

const settingsChange: Play = async (walk, step) => {
  await changeSettings(walk, step.a, step.b);
  return 'done';
};

const jump: Play = async (walk, step) => {
  const hours = [1, 6, 25, 80][step.a % 4] ?? 1;
  await walk.house.jump(hours * 3_600_000);
  return 'done';
};

const quiet: Play = async (walk) => {
  await lookAtEverything(walk);
  return 'done';
};

const kill: Play = async (walk) => {
  await walk.house.kill();
  await walk.house.start();
  return 'done';
};

/** The next command is cut off by a kill and given again. */
const killNext: Play = async (walk, step) => {
  walk.killAfterMs = step.a % 12;
  return 'done';
};

const rebuild: Play = async (walk) => {
  await loseBook(walk);
  return 'done';
};

/** What makes the book anew is killed on its way, and begun again. */
const killInRebuild: Play = async (walk, step) => {
  await loseBook(walk, { killAfterMs: step.a % 400 });
  return 'done';
};

/** Time comes for what may be forgotten, and the station is killed in the middle of it. */
const killInPurge: Play = async (walk, step) => {
  await walk.house.jump(80 * 3_600_000);
  await new Promise((resolve) => setTimeout(resolve, step.a % 60));
  await walk.house.kill();
  await walk.house.start();
  return 'done';
};

/** The home is copied to another place, and goes on there. */
const moveHome: Play = async (walk) => {
  await walk.house.end();
  await walk.house.moveHome();
  await walk.house.start();
  return 'done';
};

/** Room is short for a while: nothing is taken in when it is red, and what people decide goes on. */
const fillDisk: Play = async (walk, step) => {
  const room = step.a % 3 === 0 ? 'amber' : 'red';
  await walk.house.end();
  await walk.house.start(undefined, room);
  const picture = pictureOf(walk, step);
  const taken = await walk.house.send([picture]);
  if (room === 'red' && taken.length > 0) walk.say('an image was taken in while there was no room');
  walk.model.acknowledged.push(...taken);
  for (const one of taken) walk.meet(one);
  const exam = openExam(walk, step.b);
  try {
    if (exam) await approveShown(walk, exam, 'state');
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
  }
  await walk.house.end();
  await walk.house.start();
  return 'done';
};

export const world = {
  settingsChange,
  jump,
  quiet,
  kill,
  killNext,
  rebuild,
  killInRebuild,
  killInPurge,
  moveHome,
  fillDisk,
} satisfies Plays;

// The world around: settings, the clock, kills and lost books.
import { changeSettings } from '../settings.ts';
import { lookAtEverything } from '../resting.ts';
import { loseBook } from '../losing.ts';
import type { Play, Plays } from '../step.ts';

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

export const world = { settingsChange, jump, quiet, kill, killNext, rebuild } satisfies Plays;

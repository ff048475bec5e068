// Ports for programs that cannot be told to take any: whoever asks gets a number that nobody else was given.
import { expect, test } from 'vitest';
import { freePort } from '../peers/programs/index.ts';

test('whoever asks for a port gets one that nobody else was given', async () => {
  const ports = new Set<number>();
  for (let n = 0; n < 400; n++) ports.add(await freePort());
  expect(ports.size).toBe(400);
});

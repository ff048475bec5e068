// Who may import whom. The plan is layers/import-table.ts; each folder of fixtures/ is a small house with one breach.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { findBreaches } from './layers/find-breaches.ts';
import { rooms } from './layers/import-table.ts';

const fixtures = path.join(import.meta.dirname, 'fixtures');

describe('the plan of the house', () => {
  it('is kept by every file', () => {
    expect(findBreaches(path.resolve(import.meta.dirname, '../..'))).toEqual([]);
  });

  it('names only rooms that it knows', () => {
    const named = Object.values(rooms).flatMap((room) => [...room.rooms, ...(room.types ?? [])]);
    expect(named.filter((name) => !(name in rooms))).toEqual([]);
  });
});

describe('a house with one breach is found out', () => {
  for (const name of readdirSync(fixtures)) {
    it(name.replaceAll('-', ' '), () => {
      const expected = readFileSync(path.join(fixtures, name, 'breach.txt'), 'utf8')
        .trim()
        .split('\n');
      expect(findBreaches(path.join(fixtures, name))).toEqual(expected.filter((line) => line !== 'none'));
    });
  }
});

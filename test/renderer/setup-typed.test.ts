// What is typed in Setup stays: an answer that was asked for before it does not take its place.
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Settings } from '#contract/shapes/settings.ts';
import type { Connection } from '#ui/backend/index.ts';
import { Setup } from '#ui/state/setup.svelte.ts';

beforeAll(() => {
  // Outside of a compiled window its runes are plain values.
  const plain = (value: unknown) => value;
  vi.stubGlobal('$state', Object.assign(plain, { raw: plain, snapshot: (value: unknown) => structuredClone(value) }));
});
afterAll(() => void vi.unstubAllGlobals());

const settingsOf = (operator: string) =>
  ({ station: { operator, aeTitle: 'ROOM2' }, destinations: [] }) as unknown as Settings;

/** A station whose answers come when the test says so. */
function open() {
  const answers: (() => void)[] = [];
  let stored = settingsOf('Anna');
  const later = () => new Promise<void>((resolve) => answers.push(resolve));
  const setup = new Setup({
    hear: () => undefined,
    station: {
      setup: {
        read: () => later().then(() => ({ settings: stored, configured: true })),
        save: async (settings: Settings) => {
          stored = structuredClone(settings);
          await later();
          return { settings: stored, configured: true };
        },
      },
    },
  } as unknown as Connection);
  return { setup, answer: () => answers.shift()?.(), store: (operator: string) => (stored = settingsOf(operator)) };
}

async function read({ setup, answer }: ReturnType<typeof open>) {
  const done = setup.read();
  answer();
  await done;
  const { draft } = setup;
  if (draft === undefined) throw new Error('not read');
  return draft;
}

test('what is typed while settings are read stays, and is still to be saved', async () => {
  const house = open();
  const draft = await read(house);
  const done = house.setup.read();
  draft.station.operator = 'Berta';
  house.answer();
  await done;
  expect(house.setup.draft?.station.operator).toBe('Berta');
  expect(house.setup.changed).toBe(true);
});

test('what is typed while settings are saved stays, and only that is still to be saved', async () => {
  const house = open();
  const draft = await read(house);
  draft.station.operator = 'Berta';
  const saved = house.setup.save();
  draft.station.aeTitle = 'ROOM3';
  house.answer();
  expect(await saved).toBe(true);
  expect(house.setup.draft?.station).toMatchObject({ operator: 'Berta', aeTitle: 'ROOM3' });
  expect(house.setup.changed).toBe(true);
  house.setup.undo();
  expect(house.setup.draft?.station).toMatchObject({ operator: 'Berta', aeTitle: 'ROOM2' });
});

test('what another window saved is read, and an answer that says nothing new leaves every field where it is', async () => {
  const house = open();
  const draft = await read(house);
  expect(await read(house)).toBe(draft);
  house.store('Clara');
  expect((await read(house)).station.operator).toBe('Clara');
});

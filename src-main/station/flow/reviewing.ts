// Decisions about exams, wired to what they need: the files of the store, what the catalogue and the devices know.
import { readFile } from 'node:fs/promises';
import type { Store } from '#station/2-store/index.ts';
import type { Catalog } from '#station/3-catalog/index.ts';
import { openReview, type Review, type ReviewPorts } from '#station/4-review/index.ts';
import type { Clock } from '#station/kit/clock.ts';
import type { Book } from '#station/records/index.ts';
import type { Devices } from './devices.ts';

export type ReviewingRooms = Pick<ReviewPorts, 'station' | 'routeOf' | 'objectsAround'> & {
  readonly book: Book;
  readonly clock: Clock;
  readonly store: Store;
  readonly catalog: Catalog;
  readonly devices: Pick<Devices, 'departmentOf' | 'defaultsOf'>;
};

export function openReviewing({ book, clock, store, catalog, devices, ...ports }: ReviewingRooms): Review {
  return openReview({
    book,
    clock,
    ports: {
      ...ports,
      departmentOf: devices.departmentOf,
      defaultsOf: devices.defaultsOf,
      standingProblems: catalog.standingProblems,
      objectFile: catalog.objectFile,
      objectPath: store.pathOf,
      writeRecipe: store.writeRecipe,
      readRecipe: (file) => readFile(store.pathOfRecipe(file)),
      dropRecipe: store.dropRecipe,
    },
  });
}

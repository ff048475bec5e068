// Store, catalogue and corridor of arrivals, opened in a folder of their own for a test.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { openAudit } from '#station/audit/index.ts';
import { openArrivals, type Arrivals } from '#station/flow/when-object-arrives.ts';
import { whenStationStarts, type StartReport } from '#station/flow/when-station-starts.ts';
import { openStore, type Store, type StoreOptions } from '#station/2-store/index.ts';
import { openCatalog, type Catalog } from '#station/3-catalog/index.ts';
import { systemClock } from '#station/kit/clock.ts';
import { silentLog } from '#station/kit/log.ts';
import { openBook, type Book } from '#station/records/index.ts';

export type Rooms = {
  readonly home: string;
  readonly book: Book;
  readonly store: Store;
  readonly catalog: Catalog;
  readonly arrivals: Arrivals;
  /** Exams that were told to have changed. */
  readonly changed: string[];
  readonly started: StartReport;
  close(): Promise<void>;
};

export async function openRooms(
  home: string,
  options: Partial<StoreOptions> & {
    readonly quietTimeMs?: number;
    /** How the log of the book is synced. */
    readonly syncBook?: (fd: number) => Promise<void>;
    /** Whether a journal is kept. */
    readonly journal?: boolean;
  } = {},
): Promise<Rooms> {
  const { quietTimeMs = 10_000, clock = systemClock, syncBook, journal = false, ...rest } = options;
  mkdirSync(home, { recursive: true });
  const book = openBook(path.join(home, 'catalog.db'), {
    ...(syncBook && { fdatasync: syncBook }),
    ...(journal && { journal: path.join(home, 'journal') }),
  });
  const store = await openStore({ home, clock, log: silentLog, ...rest });
  const catalog = openCatalog({ book, clock, quietTimeMs: () => quietTimeMs });
  const audit = openAudit({ book, clock });
  const changed: string[] = [];
  const onChanged = (ids: readonly string[]) => void changed.push(...ids);
  const started = await whenStationStarts({ store, catalog, book, log: silentLog });
  const arrivals = openArrivals({ store, catalog, book, audit, clock, log: silentLog, onChanged });
  return {
    home,
    book,
    store,
    catalog,
    arrivals,
    changed,
    started,
    close: async () => {
      arrivals.close();
      await store.close();
      book.close();
    },
  };
}

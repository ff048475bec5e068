// Work whose every step is a row: goes over all that is open, again when something moved meanwhile, one run at a time.
//
// Never throws to who calls `advance`: what fails is told, stays open, and is looked at again at the next call and the next
// start. Begins after the answers of this turn are on their way.
export type Advancing = {
  /** Goes on with what is open. Never throws. */
  advance(): void;
  /** Resolves when nothing can be done at the moment. */
  settled(): Promise<void>;
  /** Nothing is begun any more; resolves when what is at hand is done. */
  close(): Promise<void>;
};

export type OpenWork<T> = {
  readonly open: () => readonly T[];
  /** False: things changed while it was done, and all that is open is looked at once more. */
  readonly goOn: (one: T) => Promise<unknown>;
  readonly onFailed: (error: unknown) => void;
};

/** So often a run begins anew because of what changed meanwhile; then it waits for the next call. */
const mostRenewed = 10;

export function openAdvancing<T>({ open, goOn, onFailed }: OpenWork<T>): Advancing {
  let running: Promise<void> | undefined;
  let again = false;
  let isClosed = false;
  const work = async (): Promise<void> => {
    let renewed = 0;
    do {
      again = false;
      for (const one of open()) {
        if (isClosed) return;
        try {
          if ((await goOn(one)) === false && renewed++ < mostRenewed) again = true;
        } catch (error) {
          onFailed(error);
        }
      }
    } while (again);
  };
  const advance = (): void => {
    if (isClosed) return;
    again = true;
    running ??= new Promise<void>((resolve) => setImmediate(resolve))
      .then(() => (isClosed ? undefined : work()))
      .catch(onFailed)
      .finally(() => {
        running = undefined;
        // Called between the last look and here.
        if (again) advance();
      });
  };
  return {
    advance,
    settled: async () => {
      while (running) await running;
    },
    close: async () => {
      isClosed = true;
      await running;
    },
  };
}

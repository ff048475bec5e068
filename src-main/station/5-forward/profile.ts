// The profiler: examines a destination when a person wants it, or when one that was examined refuses, and keeps what it
// found.
//
// Guarantees: an examination ends within its time with a report, whatever the peer does; it uses associations of its own
// and blocks nothing; one destination is examined once at a time; a test image is sent only when a person said so. What
// was found under another address or title is kept to be read and not relied upon.
import type { Profile } from '#contract/shapes/profile.ts';
import { addressOf } from '#contract/shapes/web.ts';
import type { CommitmentReport } from '#station/dicom/network/index.ts';
import type { Clock } from '#station/kit/clock.ts';
import type { Log } from '#station/kit/log.ts';
import type { Book } from '#station/records/index.ts';
import type { ForwardPorts } from './ports.ts';
import {
  nothingFound,
  profileTimes,
  type ExaminedTarget,
  type Found,
  type HeldKind,
  type ProfileTimes,
} from './profile-association.ts';
import { examineByDicom } from './profile-dicom.ts';
import { Report } from './profile-line.ts';
import { examineByWeb } from './profile-web.ts';

export type { ExaminedTarget } from './profile-association.ts';

export type ProfilerNeeds = {
  readonly book: Book;
  readonly clock: Clock;
  readonly log: Log;
  readonly ports: Pick<ForwardPorts, 'openAssociation' | 'readCalling' | 'readSecret'>;
  readonly times?: Partial<ProfileTimes>;
};

export type Profiler = {
  /**
   * Examines a destination as it is given, saved or not; a second call meanwhile gets the report of the first. Kept when
   * `keep`. Throws the Problem of certificate files or a secret that cannot be used, and AbortError when closed.
   */
  examine(wish: {
    readonly target: ExaminedTarget;
    readonly callingAeTitle: string;
    readonly sendTestImage: boolean;
    readonly keep: boolean;
  }): Promise<Profile>;
  /** What was found last of each destination that was ever examined. */
  profiles(targets: readonly ExaminedTarget[]): Profile[];
  /** What a destination is known to take of one kind; undefined when nobody knows, or it was found 30 days ago. */
  accepts(
    target: ExaminedTarget,
    sopClassUid: string,
    transferSyntaxUid: string,
  ): 'yes' | 'class' | 'syntax' | undefined;
  /** For the listener: a commitment report that an examination waits for; undefined when none does. */
  reported(report: CommitmentReport): number | undefined;
  /** Takes back what is under way. */
  close(): Promise<void>;
};

/** What was found longer ago is read, and not relied upon. */
const reliedUponForMs = 30 * 86_400_000;
/** So many of the newest objects say what is held here. */
const newestObjects = 5_000;

export function openProfiler({ book, clock, log, ports, times: chosen }: ProfilerNeeds): Profiler {
  const times: ProfileTimes = { ...profileTimes, ...chosen };
  const underWay = new Map<string, Promise<Profile>>();
  const waiting = new Map<string, (report: CommitmentReport) => void>();
  const closing = new AbortController();

  const lateReport = (transactionUid: string, signal: AbortSignal) =>
    new Promise<CommitmentReport>((resolve, reject) => {
      waiting.set(transactionUid, resolve);
      const forget = () => {
        waiting.delete(transactionUid);
        reject(new DOMException('over', 'AbortError'));
      };
      signal.addEventListener('abort', forget, { once: true });
    });

  const examine: Profiler['examine'] = async ({ target, callingAeTitle, sendTestImage, keep }) => {
    const secure = target.tls && (await ports.readCalling?.(target.tls));
    if (target.web && target.web.auth.kind !== 'none') await ports.readSecret?.(target.web.auth);
    const [at, startedMs] = [clock.now(), clock.monotonicMs()];
    const report = new Report(clock);
    const over = new AbortController();
    const takeBack = clock.after(times.wholeMs, () => over.abort());
    const signal = AbortSignal.any([over.signal, closing.signal]);
    let found: Found = nothingFound;
    const learn = (more: Partial<Found>) => void (found = { ...found, ...more });
    const shared = { clock, ports, report, secure, sendTestImage, signal, calling: callingAeTitle };
    try {
      if (target.protocol === 'dicomweb' && target.web) {
        const { stalledMs = 8_000, answerMs = 8_000 } = times;
        const timeouts = { stalledMs, answerMs, readMs: answerMs, continueMs: 1_000 };
        await examineByWeb({ ...shared, web: target.web, confirm: target.confirm, timeouts }, learn);
      } else {
        await examineByDicom({ ...shared, target, times, lateReport, kinds: kindsHeld(book) }, learn);
      }
    } catch (error) {
      if (closing.signal.aborted || !over.signal.aborted) throw error;
      report.say('time', 'bad', 'time-over', { seconds: Math.round(times.wholeMs / 1000) });
    } finally {
      takeBack();
    }
    const tookMs = Math.round(clock.monotonicMs() - startedMs);
    const profile: Profile = { destinationId: target.id, at, tookMs, current: true, lines: report.lines, ...found };
    const worst = report.lines.some(({ result }) => result === 'bad') ? 'bad' : 'well';
    log.info('destination-examined', { destinationId: target.id, reason: worst, tookMs });
    if (keep) {
      book
        .sql(
          `INSERT INTO destination_profile (destinationId, address, at, profile) VALUES (?, ?, ?, ?) ON CONFLICT (destinationId)
           DO UPDATE SET address = excluded.address, at = excluded.at, profile = excluded.profile`,
        )
        .run(target.id, examinedAs(target), at, JSON.stringify(profile));
    }
    return profile;
  };

  /** The same sum for each kind of an association: one row, and nothing of it when it does not count any more. */
  const kindsTaken = (target: ExaminedTarget): Profile['kinds'] => {
    const row = book
      .sql<{ at: string; profile: string }>(
        'SELECT at, profile FROM destination_profile WHERE destinationId = ? AND address = ?',
      )
      .get(target.id, examinedAs(target));
    const counts = row !== undefined && clock.epochMs() - Date.parse(row.at) < reliedUponForMs;
    return counts ? (JSON.parse(row.profile) as Profile).kinds : [];
  };

  const readAll = (targets: readonly ExaminedTarget[]): Profile[] => {
    const byId = new Map(targets.map((target) => [target.id, target]));
    return book
      .sql<{ destinationId: string; address: string; profile: string }>(
        'SELECT destinationId, address, profile FROM destination_profile ORDER BY destinationId',
      )
      .all()
      .map((row) => {
        const target = byId.get(row.destinationId);
        const current = target !== undefined && examinedAs(target) === row.address;
        return { ...(JSON.parse(row.profile) as Profile), current };
      });
  };

  return {
    examine: (wish) => {
      const key = JSON.stringify([wish.target.id, examinedAs(wish.target), wish.sendTestImage]);
      const running = underWay.get(key);
      if (running) return running;
      const begun = examine(wish).finally(() => underWay.delete(key));
      underWay.set(key, begun);
      return begun;
    },
    profiles: readAll,
    accepts: (target, sopClassUid, transferSyntaxUid) =>
      kindsTaken(target).find(
        (kind) => kind.sopClassUid === sopClassUid && kind.transferSyntaxUid === transferSyntaxUid,
      )?.accepted,
    reported: (report) => {
      const wanted = waiting.get(report.transactionUid);
      if (!wanted) return undefined;
      waiting.delete(report.transactionUid);
      wanted(report);
      return 0x0000;
    },
    close: async () => {
      closing.abort();
      await Promise.allSettled(underWay.values());
    },
  };
}

const examinedAs = (target: ExaminedTarget): string => JSON.stringify([addressOf(target), target.tls ?? null]);

function kindsHeld(book: Book): HeldKind[] {
  return book
    .sql<HeldKind>(
      `SELECT SOPClassUID AS sopClassUid, TransferSyntaxUID AS transferSyntaxUid, count(*) AS objects
       FROM (SELECT SOPClassUID, TransferSyntaxUID FROM object ORDER BY arrivedAt DESC LIMIT ?)
       WHERE SOPClassUID <> '' AND TransferSyntaxUID <> ''
       GROUP BY sopClassUid, transferSyntaxUid ORDER BY objects DESC, sopClassUid, transferSyntaxUid`,
    )
    .all(newestObjects);
}

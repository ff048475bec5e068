// Destinations are examined: when a person asks, and by itself when one that was examined before begins to refuse. What
// was asked for is in the trail, a test image above all.
import type { ExamineAsked, Profile } from '#contract/shapes/profile.ts';
import type { Settings } from '#contract/shapes/settings.ts';
import { addressOf } from '#contract/shapes/web.ts';
import {
  openProfiler,
  type ExaminedTarget,
  type ForwardPorts,
  type Profiler,
  type ProfilerNeeds,
} from '#station/5-forward/index.ts';
import type { Audit } from '#station/audit/index.ts';
import type { Clock } from '#station/kit/clock.ts';
import type { Log } from '#station/kit/log.ts';
import { isProblem } from '#station/kit/problem.ts';
import type { Book } from '#station/records/index.ts';

export type ExaminationParts = {
  readonly book: Book;
  readonly clock: Clock;
  readonly log: Log;
  readonly settings: () => Settings;
  readonly audit: Pick<Audit, 'append'>;
  readonly by: () => string;
  readonly ports: Pick<ForwardPorts, 'readCalling' | 'readSecret'>;
  /** How patient it is; for tests. */
  readonly times?: ProfilerNeeds['times'];
};

export type Examinations = {
  /** Throws the Problem of its certificate files or secret. */
  examine(wish: ExamineAsked): Promise<Profile>;
  list(): Profile[];
  /** What a destination is known to take; undefined when nobody knows. */
  accepts(
    destinationId: string,
    sopClassUid: string,
    transferSyntaxUid: string,
  ): 'yes' | 'class' | 'syntax' | undefined;
  /** A destination is not as it was. */
  changed(destination: { readonly id: string; readonly state: string } | undefined): void;
  /** A commitment report that came to our listener; undefined when it is none of ours. */
  reported: Profiler['reported'];
  close(): Promise<void>;
};

/** One that refuses is not examined again and again by itself. */
const restMs = 3_600_000;

export function openExaminations(parts: ExaminationParts): Examinations {
  const { audit, by, clock, log, settings } = parts;
  const { times, ...needs } = parts;
  const profiler = openProfiler({ ...needs, ...(times ? { times } : {}) });
  const list = () => profiler.profiles(settings().destinations);
  const find = (id: string) => settings().destinations.find((destination) => destination.id === id);
  const examine = async (target: ExaminedTarget, sendTestImage: boolean, who: string): Promise<Profile> => {
    const saved = find(target.id);
    const keep = saved !== undefined && sameWay(saved, target);
    const about = { destinationId: target.id, address: addressOf(target) };
    audit.append({ by: who, action: sendTestImage ? 'test-image-sent' : 'destination-examined', params: about });
    return profiler.examine({ target, callingAeTitle: settings().station.aeTitle, sendTestImage, keep });
  };
  return {
    examine: ({ destination, sendTestImage }) => examine(destination, sendTestImage, by()),
    list,
    accepts: (id, sopClassUid, transferSyntaxUid) => {
      const target = find(id);
      return target && profiler.accepts(target, sopClassUid, transferSyntaxUid);
    },
    changed: (destination) => {
      if (destination?.state !== 'refusing') return;
      const target = find(destination.id);
      const known = list().find(({ destinationId }) => destinationId === destination.id);
      if (!target || !known?.current || clock.epochMs() - Date.parse(known.at) < restMs) return;
      examine(target, false, 'station').catch((error: unknown) => {
        const isOver = error instanceof Error && error.name === 'AbortError';
        if (!isOver && !isProblem(error)) log.error('examination-failed', { destinationId: destination.id }, error);
      });
    },
    reported: profiler.reported,
    close: profiler.close,
  };
}

const sameWay = (one: ExaminedTarget, other: ExaminedTarget): boolean =>
  addressOf(one) === addressOf(other) && JSON.stringify(one.tls) === JSON.stringify(other.tls);

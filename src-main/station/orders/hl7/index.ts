// The HL7 feed: messages of the hospital about patients and orders, listened for over MLLP.
//
// When `apply` resolves, it listens where the settings say, or the status says why not; it tries again by itself. What
// was answered AA is durable: the patients, the orders, and what follows from them for exams (`patientChanged`).
import type { Hl7Feed, Hl7MessageRow, Hl7Setting, Hl7Status, HospitalPatient } from '#contract/shapes/hl7.ts';
import type { SecureTerms } from '#station/dicom/network/index.ts';
import type { Clock } from '#station/kit/clock.ts';
import type { Log } from '#station/kit/log.ts';
import { isProblem, Problem } from '#station/kit/problem.ts';
import type { Book } from '#station/records/index.ts';
import { characterSetOf, decodeBytes } from './character-set.ts';
import type { OrderPorts } from './feed-orders.ts';
import { Intake, type PatientChange, type Sender } from './intake.ts';
import { openHl7Listener, type Hl7Listener, type ListenerEvent } from './listener.ts';
import type { ListenerLimits } from './limits.ts';
import { readHeader } from './message.ts';
import { MessageLog } from './message-log.ts';
import { Patients } from './patients.ts';

export type { PatientChange } from './intake.ts';
export type { PatientKey } from './patients.ts';

export type Hl7Parts = {
  readonly book: Book;
  readonly clock: Clock;
  readonly log: Log;
  readonly orders: OrderPorts['orders'];
  /** Inside the transaction of the message. Must not wait. */
  readonly patientChanged: (change: PatientChange) => void;
  /** The status is another one; called often. */
  readonly onChanged: () => void;
  readonly limits?: Partial<ListenerLimits>;
};

export type Hl7Wish = {
  readonly setting: Hl7Setting;
  /** Of the station's certificate; undefined when it has none that is usable. */
  readonly secure: SecureTerms | undefined;
};

export type PatientIndex = {
  /** Who is meant by an identifier today, merges followed. Without an issuer only when no two patients share the ID. */
  find(PatientID: string, IssuerOfPatientID: string): HospitalPatient | undefined;
  /** Those in whose names and identifiers all words are found, 50 at most. */
  search(text: string): HospitalPatient[];
};

export type Hl7 = {
  readonly patients: PatientIndex;
  apply(wish: Hl7Wish): Promise<void>;
  status(): Hl7Status;
  /** Whether it listens as it should; ISO since when it does not. */
  truth(): { readonly port: number; readonly downSince: string | null };
  /** ISO: when this feed said anything last; null for never, as far as is remembered. */
  lastFrom(feedId: string): string | null;
  /** @throws Problem 'not-found' */
  message(id: number): Hl7MessageRow & { readonly raw: string | null };
  close(): Promise<void>;
};

const tryAgainMs = 5000;
const mostDropped = 10;
const mostShown = 100;

export function openHl7(parts: Hl7Parts): Hl7 {
  const { book, clock, log, onChanged } = parts;
  const patients = new Patients(book, clock);
  const messages = new MessageLog(book);
  const counts = { taken: 0, refused: 0, repeated: 0 };
  let wish: Hl7Wish | undefined;
  let listener: Hl7Listener | undefined;
  let lastAt: string | null = null;
  let downSince: string | null = null;
  let dropped: readonly Hl7Status['dropped'][number][] = [];
  let isClosed = false;
  let takeBackRetry = () => {};

  const feeds = () => wish?.setting.feeds ?? [];
  const intake = new Intake({
    ...{ book, clock, log, patients, messages, orders: parts.orders, patientChanged: parts.patientChanged },
    feedOf: (sender) => feeds().find((feed) => isFrom(feed, sender)),
    answered: ({ answer }, repeated) => {
      lastAt = clock.now();
      counts[repeated ? 'repeated' : answer === 'AA' ? 'taken' : 'refused']++;
      onChanged();
    },
  });

  const onEvent = (event: ListenerEvent) => {
    const drop = (address: string, why: string) => {
      dropped = [{ at: clock.now(), address, why }, ...dropped].slice(0, mostDropped);
      log.warn('hl7-connection-dropped', { address, reason: why });
    };
    if (event.kind === 'dropped') drop(event.address, event.why);
    if (event.kind === 'handshake-refused') drop(event.refusal.address, event.refusal.reason);
    onChanged();
  };

  const open = async (wanted: Hl7Wish) => {
    const { host, port, tls, mostBytes } = wanted.setting.listen;
    try {
      if (tls && !wanted.secure) throw new Problem('secure-listener-down', { port });
      const opened = await openHl7Listener(
        { host, port, secure: tls ? wanted.secure : undefined, limits: { ...parts.limits, mostBytes } },
        {
          admits: (address) => feeds().some((feed) => feed.host === '' || feed.host === address),
          take: (raw, address) => intake.take(raw, address),
          reject: (head, words) => intake.reject(head, words),
          onEvent,
        },
      );
      // Settings may have changed while it opened.
      if (isClosed || wish !== wanted) return opened.close();
      listener = opened;
      downSince = null;
      log.info('hl7-listening', { address: host, port: opened.port, code: tls ? 'tls' : 'plain' });
    } catch (error) {
      downSince ??= clock.now();
      log.warn('hl7-listener-down', { port, reason: isProblem(error) ? error.code : 'unknown' });
      takeBackRetry = clock.after(tryAgainMs, () => {
        if (!isClosed && wish === wanted) void open(wanted).then(onChanged);
      });
    }
  };

  const apply = async (next: Hl7Wish) => {
    const before = wish;
    wish = next;
    const stays = listener !== undefined && before !== undefined && isSamePlace(before, next);
    if (stays) {
      if (next.secure) listener?.renew(next.secure);
      return onChanged();
    }
    takeBackRetry();
    const left = listener;
    listener = undefined;
    await left?.close();
    downSince = null;
    if (next.setting.listen.enabled && !isClosed) await open(next);
    onChanged();
  };

  let applying: Promise<void> = Promise.resolve();
  return {
    patients: {
      find: (PatientID, IssuerOfPatientID) => patients.find(PatientID, IssuerOfPatientID),
      search: (text) => patients.search(text),
    },
    apply(next) {
      // One after the other: two of them must not open the same port.
      // One that failed does not stand in the way of the next.
      applying = applying.catch(() => undefined).then(() => apply(next));
      return applying;
    },
    status: () => ({
      state: listener ? 'listening' : wish?.setting.listen.enabled ? 'down' : 'off',
      port: listener?.port ?? wish?.setting.listen.port ?? 0,
      secure: wish?.setting.listen.tls ?? false,
      connections: listener?.connections ?? 0,
      ...{ ...counts, lastAt, dropped: [...dropped] },
      lastFault: messages.lastRefused(),
      patients: patients.count(),
      messages: messages.list(mostShown),
    }),
    truth: () => ({ port: wish?.setting.listen.port ?? 0, downSince }),
    lastFrom: (feedId) => messages.lastFrom(feedId),
    message: (id) => {
      const found = messages.find(id);
      if (!found) throw new Problem('not-found', { what: 'message' });
      const feed = feeds().find(({ id: feedId }) => feedId === found.row.feedId);
      return { ...found.row, raw: found.raw && shown(found.raw, feed) };
    },
    close: async () => {
      isClosed = true;
      takeBackRetry();
      await applying.catch(() => undefined);
      await listener?.close();
      listener = undefined;
    },
  };
}

function isFrom(feed: Hl7Feed, { address, application, facility }: Sender): boolean {
  return (
    (feed.host === '' || feed.host === address) &&
    (feed.application === '' || feed.application === application) &&
    (feed.facility === '' || feed.facility === facility)
  );
}

function isSamePlace(a: Hl7Wish, b: Hl7Wish): boolean {
  const of = ({ setting: { listen }, secure }: Hl7Wish) =>
    JSON.stringify([listen.enabled, listen.host, listen.port, listen.tls, listen.mostBytes, listen.tls && !secure]);
  return of(a) === of(b);
}

/** For people: in its own character set where that can be, else in Latin-1. */
function shown(raw: Buffer, feed: Hl7Feed | undefined): string {
  const { characterSets } = readHeader(raw);
  const set = characterSetOf(characterSets) ?? feed?.characterSet ?? '8859/1';
  const decoded = decodeBytes(raw, set);
  const text = decoded.kind === 'text' ? decoded.text : raw.toString('latin1');
  return text.replace(/\r\n?/g, '\n');
}

// What an import hands on to be made safe and catalogued, and what it hears back. Types only; flow/ fulfils them.
import type { ProblemNote } from '#contract/problems.ts';
import type { ObjectHeader } from '#station/model/object-header.ts';

/** An object from a file: its whole Part 10 content, or its data set alone behind a `lead` of ours. */
export type ArrivingFile = {
  readonly source: { readonly kind: 'file' | 'picture'; readonly label: string; readonly address: null };
  /** Shown name, for problems. */
  readonly name: string;
  readonly expectedBytes: number;
  /** File Meta of ours, when the file has none. */
  readonly lead?: Buffer;
  /** Where the data set begins in what is kept; `lead` counts. */
  readonly dataSetOffset: number;
  readonly transferSyntaxUid: string;
  readonly pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  /** What was seen on the way, beside what the header shows. */
  readonly flaws: readonly ProblemNote[];
  /** Looks at the header of what is kept; throws a Problem to have nothing kept. */
  readonly judge?: (header: ObjectHeader) => void;
};

export type ArrivedFile = {
  /** `resent`: the same content was here already, as `objectId`. */
  readonly kind: 'new' | 'resent' | 'conflict';
  readonly objectId: string;
  readonly examId: string;
  /** What stands against the object by itself. */
  readonly problems: readonly ProblemNote[];
};

/** Durable when it resolves; when it throws, nothing of the file is kept. */
export type ArriveFile = (file: ArrivingFile) => Promise<ArrivedFile>;

// The note to the reader: what is asked, and what becomes of it.
import { sayWhen } from './formats.ts';
import type { NotesSetting, ReaderNote } from '#contract/shapes/reader-notes.ts';

const kinds = { 'key-object': 'a key object note', document: 'a text report' } as const;

export const noteTexts = {
  open: 'Note',
  openWritten: 'Note, written',
  title: 'Note to the reader',
  more: 'What whoever reads the images should know: what did not work, what was seen, what was asked for.',
  label: 'Note',
  kept: 'Kept as you type.',
  notKept: 'Not kept yet.',
  fate: {
    kept: 'It stays with the exam on this station. Setup can let notes leave with the images.',
    'key-object': 'It leaves with the images at the approval, as a key object note.',
    document: 'It leaves with the images at the approval, as a text report.',
  } satisfies Record<NotesSetting, string>,
  released: {
    kept: 'The images have left. It stays with the exam on this station.',
    'key-object': 'The images have left. It can follow them as a new key object note; notes that left are not changed.',
    document: 'The images have left. It can follow them as a new text report; notes that left are not changed.',
  } satisfies Record<NotesSetting, string>,
  send: 'Send as a new note',
  close: 'Close',
  sentTitle: 'What left',
  sent: ({ kind, by, at, objectId }: ReaderNote['sent'][number], now: number) =>
    objectId === null
      ? `Being made as ${kinds[kind]}`
      : `As ${kinds[kind]}, ${[by, sayWhen(at, now)].filter(Boolean).join(', ')}`,
  along: (leaves: NotesSetting) => (leaves === 'kept' ? '' : `The note to the reader goes along as ${kinds[leaves]}.`),
  setting: 'Notes to the reader',
  settings: {
    kept: 'Stay on this station',
    'key-object': 'Leave as a key object note',
    document: 'Leave as a text report',
  } satisfies Record<NotesSetting, string>,
} as const;

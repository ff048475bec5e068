// The plan of the house as data: which files make a room, and what that room may import. What is not listed is
// forbidden. There is no list of exemptions: to break a rule, change this table in a commit that says why.

export type Room = {
  /** Files of the room: every one below a folder (ends in `/`), or one file, which then is not of the folder's room. */
  readonly at: readonly string[];
  /** Rooms that it may import. */
  readonly rooms: readonly string[];
  /** Rooms of which it may import types and nothing else. */
  readonly types?: readonly string[];
  /** Node's own modules. */
  readonly node?: boolean;
  /** Libraries, by package name. */
  readonly packages?: readonly string[];
  /** Other rooms come in by an `index.ts` only. */
  readonly door?: boolean;
};

const letterbox = ['contract', 'contract/plain'] as const;
const floor = [...letterbox, 'kit', 'model', 'dicom', 'picture', 'records'] as const;
const stages = [
  '1-receive',
  '2-store',
  '3-catalog',
  '4-review',
  '5-forward',
  '6-purge',
  'orders',
  'notices',
  'statistics',
  'priors',
  'presentation',
  'quality',
  'access',
  'audit',
] as const;

const station = (name: string) => [`src-main/station/${name}/`];
const ui = (name: string) => [`src-renderer/${name}/`];

/** A stage of the way through the house, or a room beside it: stands on the floor, never on a sibling. */
const stage = (name: string, packages: readonly string[] = []): Room => ({
  at: station(name),
  rooms: floor,
  node: true,
  packages,
  door: true,
});

export const rooms: Readonly<Record<string, Room>> = {
  contract: { at: ['src-main/contract/'], rooms: ['contract/plain'], packages: ['zod', '@orpc/contract'] },
  // Constants and rules that the window needs too: no validator library comes with them.
  'contract/plain': {
    at: [
      ...['answer-keys', 'correctable', 'measured-words', 'measuring', 'other-person', 'reject-reasons'],
      ...['study-of-copies', 'value-rules'],
    ].map((name) => `src-main/contract/shapes/${name}.ts`),
    rooms: [],
    types: ['contract'],
  },

  // The floor
  kit: { at: station('kit'), rooms: letterbox, node: true },
  model: { at: station('model'), rooms: letterbox },
  dicom: {
    at: station('dicom'),
    rooms: [...letterbox, 'kit', 'model'],
    node: true,
    packages: ['dcmjs', 'dcmjs-dimse', 'dcmjs-codecs'],
    door: true,
  },
  picture: {
    at: station('picture'),
    rooms: [...letterbox, 'kit', 'model'],
    node: true,
    packages: ['sharp', 'dejavu-fonts-ttf'],
    door: true,
  },
  records: {
    at: station('records'),
    rooms: [...letterbox, 'kit', 'model'],
    node: true,
    packages: ['better-sqlite3', 'lowdb'],
    door: true,
  },

  // The way of an object, and the rooms beside it
  '1-receive': stage('1-receive'),
  '2-store': stage('2-store'),
  '3-catalog': stage('3-catalog'),
  '4-review': stage('4-review'),
  '5-forward': stage('5-forward'),
  '6-purge': stage('6-purge'),
  notices: stage('notices'),
  // Reports on paper, and the letters they are written in.
  statistics: stage('statistics', ['pdfkit', 'dejavu-fonts-ttf']),
  orders: stage('orders'),
  // Earlier exams: archives, and a cache that is nobody else's.
  priors: stage('priors'),
  // What people and checks think of images, and what is counted of it.
  quality: stage('quality'),
  presentation: stage('presentation'),
  access: stage('access'),
  audit: stage('audit', ['zod']),

  // The corridor, the desk, the composition root
  flow: { at: station('flow'), rooms: [...floor, ...stages], node: true },
  desk: {
    at: station('desk'),
    rooms: [...letterbox, 'kit', 'model', 'flow', ...stages],
    packages: ['@orpc/server', 'zod'],
  },
  station: { at: ['src-main/station/station.ts'], rooms: [...floor, ...stages, 'flow', 'desk'], node: true },

  // The porches
  pages: { at: ['src-main/headless/pages.ts'], rooms: [], node: true },
  electron: {
    at: ['src-main/electron/'],
    rooms: ['contract', 'kit', 'station', 'pages'],
    node: true,
    packages: ['electron', '@orpc/server'],
  },
  headless: {
    at: ['src-main/headless/'],
    rooms: ['contract', 'kit', 'station', 'pages'],
    node: true,
    packages: ['@orpc/server', '@orpc/openapi', '@orpc/zod', 'ws'],
  },
  // It writes figures of earlier weeks into the book of a new home, before a station opens it.
  demo: { at: ['src-main/demo/'], rooms: ['contract', 'kit', 'dicom', 'records', 'station', 'headless'], node: true },
  launch: { at: ['src-main/launch/'], rooms: ['contract', 'kit', 'headless'], node: true },

  // The windows
  'ui/main': {
    at: [
      'src-renderer/main.ts',
      'src-renderer/App.svelte',
      'src-renderer/index.html',
      'src-renderer/env.d.ts',
      'src-renderer/public/',
    ],
    rooms: ['ui/backend', 'ui/state', 'ui/screens', 'ui/parts', 'ui/viewer', 'ui/commands', 'ui/text', 'ui/style'],
    types: ['contract'],
    packages: ['svelte'],
  },
  'ui/backend': {
    at: ui('backend'),
    rooms: [],
    types: ['contract'],
    packages: ['@orpc/client', '@orpc/contract', 'svelte'],
  },
  'ui/state': { at: ui('state'), rooms: ['contract/plain', 'ui/backend'], types: ['contract'], packages: ['svelte'] },
  'ui/screens': {
    at: ui('screens'),
    rooms: ['contract/plain', 'ui/state', 'ui/parts', 'ui/viewer', 'ui/commands', 'ui/text', 'ui/style'],
    types: ['contract'],
    packages: ['svelte'],
  },
  'ui/parts': { at: ui('parts'), rooms: ['ui/text', 'ui/style'], packages: ['svelte'] },
  // What may be drawn on a picture, and what it measures, is what the contract says: what leaves says the same.
  'ui/viewer': {
    at: ui('viewer'),
    rooms: ['contract/plain', 'ui/text', 'ui/style'],
    types: ['contract'],
    packages: ['svelte'],
  },
  'ui/commands': { at: ui('commands'), rooms: [], packages: ['svelte'] },
  'ui/text': { at: ui('text'), rooms: ['contract/plain'], types: ['contract', 'ui/commands'] },
  'ui/style': { at: ui('style'), rooms: [] },
};

/** Where the house stands. Every file below must lie in a room. */
export const grounds: readonly string[] = ['src-main', 'src-renderer'];

// Walks a house and says what stands against its plan, one line a breach. Empty means that the plan is kept.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import path from 'node:path';
import { grounds, rooms, type Room } from './import-table.ts';
import { readImports, type Import } from './read-imports.ts';

const aliases = { '#contract/': 'src-main/contract/', '#station/': 'src-main/station/', '#ui/': 'src-renderer/' };
const isCode = (file: string) => /\.(ts|js|mjs|cjs|svelte)$/.test(file);

type Named = Room & { readonly name: string };

/** The rooms a file lies in: one, unless the plan is wrong. A file that is named itself lies in that room alone. */
function roomsOf(file: string): readonly Named[] {
  const named = Object.entries(rooms).map(([name, room]) => ({ name, ...room }));
  const itself = named.filter((room) => room.at.includes(file));
  if (itself.length > 0) return itself;
  return named.filter((room) => room.at.some((place) => place.endsWith('/') && file.startsWith(place)));
}

/** @param house folder that holds src-main and src-renderer. */
export function findBreaches(house: string): readonly string[] {
  const breaches: string[] = [];
  const graph = new Map<string, string[]>();
  for (const file of grounds.flatMap((ground) => filesBelow(house, ground))) {
    const [room, second] = roomsOf(file);
    if (!room || second) breaches.push(`${file}: lies in ${room ? 'two rooms' : 'no room'}`);
    if (!room || !isCode(file)) continue;
    const reached: string[] = [];
    graph.set(file, reached);
    for (const found of readImports(file, readFileSync(path.join(house, file), 'utf8'))) {
      const target = resolveTarget(file, found);
      if (target) reached.push(target);
      const why = target ? judgeFile(house, room, found, target) : judgeOther(room, found);
      if (why) breaches.push(`${file}: ${why}`);
    }
  }
  return [...breaches, ...findCycles(graph)];
}

function filesBelow(house: string, folder: string): readonly string[] {
  const full = path.join(house, folder);
  if (!existsSync(full)) return [];
  return readdirSync(full, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(house, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, '/'))
    .sort();
}

/** The file of the house that is meant, or undefined for a library, a module of Node or what cannot be told. */
function resolveTarget(file: string, { target }: Import): string | undefined {
  if (target === null) return undefined;
  const plain = target.replace(/\?.*$/, '');
  if (plain.startsWith('.')) return path.posix.join(path.posix.dirname(file), plain);
  const alias = Object.entries(aliases).find(([from]) => plain.startsWith(from));
  return alias && alias[1] + plain.slice(alias[0].length);
}

function judgeFile(house: string, room: Named, found: Import, target: string): string | undefined {
  if (found.target?.startsWith('../../')) return `climbs by ${found.target}; use # and the folder`;
  if (!existsSync(path.join(house, target))) return `imports ${target}, which is not there`;
  const [other] = roomsOf(target);
  if (!other) return `imports ${target}, which lies in no room`;
  if (other.name === room.name) return undefined;
  if (!room.rooms.includes(other.name)) {
    if (!room.types?.includes(other.name)) return `${room.name} may not import ${other.name} (${target})`;
    if (!found.typesOnly) return `${room.name} may import only types of ${other.name} (${target})`;
  }
  if (other.door && path.posix.basename(target) !== 'index.ts')
    return `comes into ${other.name} past its door (${target})`;
  return undefined;
}

function judgeOther(room: Named, { target }: Import): string | undefined {
  if (target === null) return 'imports what cannot be told from the text';
  if (target.startsWith('#')) return `imports ${target}, which no alias knows`;
  if (target.startsWith('node:')) return room.node ? undefined : `${room.name} may not import Node's ${target}`;
  if (isBuiltin(target)) return `imports ${target} without node:`;
  const library = target.split('/', target.startsWith('@') ? 2 : 1).join('/');
  return room.packages?.includes(library) ? undefined : `${room.name} may not import the library ${library}`;
}

/** Every circle of files once, as the way round it. */
function findCycles(graph: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const done = new Set<string>();
  const way: string[] = [];
  const cycles: string[] = [];
  const visit = (file: string): void => {
    const since = way.indexOf(file);
    if (since >= 0) cycles.push(`${[...way.slice(since), file].join(' > ')}: a circle`);
    if (since >= 0 || done.has(file)) return;
    way.push(file);
    for (const next of graph.get(file) ?? []) visit(next);
    way.pop();
    done.add(file);
  };
  for (const file of graph.keys()) visit(file);
  return cycles;
}

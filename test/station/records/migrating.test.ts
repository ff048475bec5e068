// A book of the first release becomes one of today, whatever happens meanwhile.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { isSound, listSnapshots, openBook } from '#station/records/index.ts';
import { firstBook } from '#station/records/migrations/0001-first-book.ts';
import { migrations } from '#station/records/migrations/index.ts';
import { temporaryFolder, type TemporaryFolder } from '../../peers/programs/temporary-folder.ts';

let folder: TemporaryFolder;
beforeEach(async () => void (folder = await temporaryFolder('migrating')));
afterEach(() => folder.close());

const exams = 300;

/** A book as the first release left it, with something in it. */
function makeFirstBook(file: string): void {
  const db = new Database(file);
  db.pragma('journal_mode = WAL');
  db.exec(firstBook);
  db.pragma('user_version = 1');
  db.exec(`INSERT INTO source VALUES ('s', 'dicom', 'US', '10.0.0.1', 'then', 'then', 1);
    INSERT INTO patient VALUES ('p', '4711', '', 'A^B', '', '');`);
  const put = db.transaction(() => {
    for (let n = 0; n < exams; n++) {
      db.prepare(
        `INSERT INTO exam (id, StudyInstanceUID, patientId, sourceId, received, firstArrivedAt, lastArrivedAt, completeAt, objects, undecided)
         VALUES (?, ?, 'p', 's', '{}', 'then', 'then', 'then', 1, 1)`,
      ).run(`e${n}`, `2.25.${n}`);
      db.prepare(`INSERT INTO series VALUES (?, ?, '2.25.1', 'US', '', '')`).run(`r${n}`, `e${n}`);
      db.prepare(
        `INSERT INTO object (id, examId, seriesId, sourceId, patientId, SOPInstanceUID, SOPClassUID, TransferSyntaxUID,
           InstanceNumber, state, file, sizeBytes, dataSetOffset, dataSetSha256, header, received, arrivedAt)
         VALUES (?, ?, ?, 's', 'p', ?, '', '', '', 'received', ?, 1, 0, 'digest', '{}', '{}', 'then')`,
      ).run(`o${n}`, `e${n}`, `r${n}`, `2.25.9${n}`, `000000/${n}.dcm`);
    }
  });
  put();
  db.close();
}

const count = (file: string) => {
  const book = openBook(file);
  const found = book
    .sql<{ n: number; version: number }>(
      'SELECT (SELECT count(*) FROM object) AS n, user_version AS version FROM pragma_user_version',
    )
    .get();
  book.close();
  return found;
};

it('has everything it had, and is kept as it was before', () => {
  const file = path.join(folder.path, 'catalog.db');
  makeFirstBook(file);
  expect(count(file)).toEqual({ n: exams, version: migrations.length });
  const [before, ...more] = listSnapshots(path.join(folder.path, 'snapshots'));
  expect(more).toEqual([]);
  expect(before?.beforeMigration).toBe(1);
  expect(isSound(before?.file ?? '')).toBe(true);
  count(file);
  expect(listSnapshots(path.join(folder.path, 'snapshots'))).toHaveLength(1);
});

it('is whole when the program is killed before or within a step', async () => {
  const first = path.join(folder.path, 'first.db');
  makeFirstBook(first);
  const home = path.join(folder.path, 'home');
  const script = path.join(folder.path, 'migrate.mjs');
  const door = path.resolve(import.meta.dirname, '../../../src-main/station/records/index.ts');
  const cwd = path.dirname(door);
  writeFileSync(
    script,
    `import { createRequire } from 'node:module';
     const Database = createRequire(${JSON.stringify(door)})('better-sqlite3');
     const { openBook } = await import(${JSON.stringify(door)});
     const [step, moment] = process.argv.slice(2);
     const exec = Database.prototype.exec;
     let steps = 0;
     Database.prototype.exec = function (sql) {
       const now = ++steps === Number(step);
       if (now && moment === 'before') process.kill(process.pid, 'SIGKILL');
       const done = exec.call(this, sql);
       if (now) process.kill(process.pid, 'SIGKILL');
       return done;
     };
     openBook(${JSON.stringify(path.join(home, 'catalog.db'))});`,
  );
  const versions: number[] = [];
  for (const [step, moment] of [
    ['1', 'before'],
    ['1', 'within'],
    ['3', 'within'],
    ['4', 'before'],
  ] as const) {
    rmSync(home, { recursive: true, force: true });
    cpSync(first, path.join(home, 'catalog.db'));
    const child = spawn(process.execPath, [script, step, moment], { cwd, stdio: 'ignore' });
    await once(child, 'exit');
    expect(child.signalCode).toBe('SIGKILL');
    const db = new Database(path.join(home, 'catalog.db'));
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
    versions.push(Number(db.pragma('user_version', { simple: true })));
    db.close();
    expect(count(path.join(home, 'catalog.db'))).toEqual({ n: exams, version: migrations.length });
    for (const { file } of listSnapshots(path.join(home, 'snapshots'))) expect(isSound(file)).toBe(true);
  }
  expect(versions).toEqual([1, 1, 3, 4]);
});

it('each step comes whole or not at all', () => {
  const file = path.join(folder.path, 'catalog.db');
  makeFirstBook(file);
  const db = new Database(file);
  // The second step makes this table: it cannot.
  db.exec('CREATE TABLE new_device (x TEXT)');
  db.close();
  expect(() => openBook(file)).toThrow();
  const after = new Database(file);
  expect(after.pragma('user_version', { simple: true })).toBe(1);
  expect(after.prepare("SELECT count(*) FROM pragma_table_info('source') WHERE name = 'resent'").pluck().get()).toBe(0);
  after.close();
});

it('a new book comes with all its steps or with none', () => {
  const file = path.join(folder.path, 'catalog.db');
  const db = new Database(file);
  // The second step makes this table: it cannot.
  db.exec('CREATE TABLE new_device (x TEXT)');
  db.close();
  expect(() => openBook(file)).toThrow();
  const after = new Database(file);
  expect(after.pragma('user_version', { simple: true })).toBe(0);
  expect(after.prepare("SELECT count(*) FROM pragma_table_info('source')").pluck().get()).toBe(0);
  after.exec('DROP TABLE new_device');
  after.close();
  expect(count(file)).toEqual({ n: 0, version: migrations.length });
});

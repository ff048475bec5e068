// Names of files: whole words that say what a thing does in the house.
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';

const project = path.resolve(import.meta.dirname, '../..');
const files = ['src-main', 'src-renderer', 'test']
  .flatMap((ground) => readdirSync(path.join(project, ground), { recursive: true, encoding: 'utf8' }))
  .map((file) => path.basename(file).replace(/\.(test\.|svelte\.|d\.)?\w+$/, ''));

const emptyWords = new Set('handle handler process manager util utils helper helpers data info misc common'.split(' '));
// What a thing is called where it comes from: a DICOM data set, and Electron's process for the station.
const termsOfArt = [/data-sets?\b/, /station-process/, /utility-process/, /processes/];

const isEmpty = (name: string): boolean =>
  !termsOfArt.some((term) => term.test(name)) && name.split('-').some((word) => emptyWords.has(word.toLowerCase()));

it('no file is called by a word that says nothing', () => {
  expect(files.filter(isEmpty)).toEqual([]);
  expect(
    ['string-utils', 'DataManager'.toLowerCase(), 'helper', 'patient-info'].filter((name) => !isEmpty(name)),
  ).toEqual(['datamanager']);
});

it('files are in kebab-case, components in PascalCase', () => {
  const names = ['src-main', 'src-renderer']
    .flatMap((ground) => readdirSync(path.join(project, ground), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name);
  const isWell = (name: string) =>
    name.endsWith('.svelte') ? /^[A-Z][A-Za-z0-9]*\.svelte$/.test(name) : /^[a-z0-9][a-z0-9-]*(\.[a-z]+)+$/.test(name);
  expect(names.filter((name) => !isWell(name))).toEqual([]);
});

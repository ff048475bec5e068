// What a station's lists offer, what is meant by what was typed, and what is said of which kind of image.
import { expect, it } from 'vitest';
import { settingsShape } from '#contract/shapes/settings.ts';
import { stationListsShape } from '#contract/shapes/station-lists.ts';
import { asEntries, readEntries, writeEntry } from '#ui/state/station-list-lines.ts';
import { entriesFor, findEntry, procedureCodeOf, saidOf } from '#ui/state/station-lists.ts';

const lists = stationListsShape.parse({ departments: ['Ultrasound'], operators: ['Keller, Rosa'] });
const mammogram = '1.2.840.10008.5.1.4.1.1.1.2';
const computed = '1.2.840.10008.5.1.4.1.1.1';

it('settings without lists have those of the standard', () =>
  expect(settingsShape.parse({}).lists.bodyParts.length).toBeGreaterThan(50));

it('a field offers its list, and who is here first among the operators', () => {
  expect(entriesFor(lists, 'InstitutionalDepartmentName')).toEqual(['Ultrasound']);
  expect(entriesFor(lists, 'OperatorsName', 'Anna Weber')).toEqual(['Anna Weber', 'Keller, Rosa']);
  expect(entriesFor(lists, 'PatientID')).toEqual([]);
});

it('procedures that were kept as plain lines are offered as before, and one with a code brings it', () => {
  const coded = {
    label: 'CT head',
    term: '',
    code: { CodeValue: 'CTH', CodingSchemeDesignator: '99K', CodeMeaning: 'CT' },
  };
  const read = stationListsShape.parse({ procedures: ['US abdomen', coded] });
  expect(entriesFor(read, 'StudyDescription')).toEqual(['US abdomen', 'CT head']);
  expect(procedureCodeOf(read.procedures, ' CT head ')).toMatchObject({ CodeValue: 'CTH', CodingSchemeVersion: '' });
  expect(procedureCodeOf(read.procedures, 'US abdomen')).toBeNull();
  expect(procedureCodeOf(read.procedures, 'CT')).toBeNull();
  expect(readEntries(read.procedures.map(writeEntry).join('\n'))).toEqual(read.procedures);
  expect(asEntries(['US abdomen', coded])).toEqual(read.procedures);
  expect(() => stationListsShape.parse({ procedures: ['same', { label: 'same', term: '' }] })).toThrow();
});

it('the beginning of a label or a term is enough', () => {
  expect(findEntry(lists.bodyParts, 'kn')?.term).toBe('KNEE');
  expect(findEntry(lists.bodyParts, 'cspine')?.label).toBe('Cervical spine');
  expect(findEntry(lists.breastViews, 'mlo')?.code?.CodeMeaning).toBe('medio-lateral oblique');
  expect(findEntry(lists.bodyParts, 'nothing such')).toBeUndefined();
});

it('a mammogram says side and view of the image with their codes, a computed radiograph the side of its series', () => {
  const bodyPart = findEntry(lists.bodyParts, 'breast');
  const view = findEntry(lists.breastViews, 'cc');
  expect(saidOf(mammogram, { bodyPart, side: 'B', view })).toMatchObject({
    attributes: { BodyPartExamined: 'BREAST', ImageLaterality: 'B', ViewPosition: 'CC' },
    codes: { AnatomicRegionSequence: { CodeValue: '76752008' }, ViewCodeSequence: { CodeValue: '399162004' } },
  });
  const said = saidOf(computed, { bodyPart: undefined, side: 'L', view: findEntry(lists.views, 'ap') });
  expect(said).toEqual({ attributes: { Laterality: 'L', ViewPosition: 'AP' }, codes: {} });
  expect(saidOf(computed, { bodyPart: undefined, side: 'B', view: undefined }).attributes).toEqual({});
});

it('a list reads back from its lines as it was, and a line that is none is named', () => {
  expect(readEntries(lists.bodyParts.map(writeEntry).join('\n'))).toEqual(lists.bodyParts);
  expect(readEntries('Big toe; TOE\n\nToe; toe')).toBe(3);
  expect(readEntries('Big toe; TOE; 1; SCT')).toBe(1);
  expect(readEntries('Big toe')).toEqual([{ label: 'Big toe', term: '' }]);
});

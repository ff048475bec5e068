// Accept, repeat, reject, and the way back, without a mouse: with the exposure and what checks noticed beside the picture.
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { expect, test, type Page } from '@playwright/test';
import { runDcmsend, temporaryFolder } from '../peers/programs/index.ts';
import { makeObject, patient } from '../station/dicom/objects.ts';
import { drawLetter, drawLimb, elementsOf, type Drawn } from '../station/quality/pictures.ts';
import { enter } from './support/house.ts';
import { settingsFor, startStation, type RunningStation } from './support/station.ts';

const faults = async (page: Page) => {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`);
};

/** A radiograph of the right hand, taken and sent by a device. */
async function take(station: RunningStation, folder: string, number: number, index: string, drawn: Drawn) {
  const said = {
    ...{
      SOPInstanceUID: `2.25.900${number}`,
      SOPClassUID: '1.2.840.10008.5.1.4.1.1.7',
      InstanceNumber: String(number),
    },
    ...{ Modality: 'DX', BodyPartExamined: 'HAND', ViewPosition: 'PA', ImageLaterality: 'R' },
    ...{ ExposureIndex: index, TargetExposureIndex: '250', DeviationIndex: '0.2' },
  };
  const elements = [
    ...patient.filter((element) => !('keyword' in element) || !(element.keyword in said)),
    ...Object.entries(said).map(([keyword, value]) => ({ keyword, value })),
    ...elementsOf(drawn),
  ];
  const file = path.join(folder, `${number}.dcm`);
  await writeFile(file, makeObject(elements));
  const ran = await runDcmsend({ port: station.dicomPort, called: station.aeTitle, calling: 'DX1' }, [file]);
  if (ran.code !== 0) throw new Error(ran.output);
}

test('images are judged by keyboard alone, with their exposure, and a repeat finds its image', async ({ page }) => {
  const ownReasons = [{ label: 'Thumb cut off', code: '111209' }];
  const station = await startStation({ ...settingsFor(), judging: { ownReasons } });
  const folder = await temporaryFolder('judged');
  try {
    const written = drawLimb();
    for (let n = 0; n < 12; n++) drawLetter(written, { left: 230 + n * 14, top: 20, height: 14 }, 4000);
    await take(station, folder.path, 1, '620', written);
    await page.addInitScript(() => localStorage.setItem('safelight-look', 'system'));
    await page.emulateMedia({ colorScheme: 'dark' });
    await enter(page, station);
    await page.getByRole('row').nth(1).focus();
    await page.keyboard.press('Enter');
    await expect(page.locator('canvas[data-drawn]')).toBeVisible();

    const bar = page.getByRole('region', { name: 'Quality of this image' });
    await expect(bar).toContainText('DI +3.9, far over exposed');
    await expect(bar).toContainText('The device says +0.2');
    await expect(bar.locator('[data-hint="burned-in-text"]')).toContainText('Text in the picture');
    await expect(page.locator('[data-hint-place="burned-in-text"]')).toBeVisible();

    await page.keyboard.press('Shift+X');
    await expect(page.getByRole('dialog')).toContainText('Why is it taken again?');
    await expect(page.getByRole('dialog').getByRole('button').first()).toContainText('Thumb cut off');
    expect(await faults(page)).toEqual([]);
    await page.keyboard.press('1');
    await expect(bar).toContainText('Repeat: Thumb cut off.');
    await expect(bar).toContainText('Waits for its new image.');

    await take(station, folder.path, 2, '255', drawLimb());
    await expect(bar).toContainText('Taken again as image 2');
    // The repeat stands beside it by itself.
    await expect(page.locator('[data-viewport]')).toHaveCount(2);
    await page.keyboard.press('ArrowDown');
    await expect(bar).toContainText('Repeat of image 1');
    await expect(bar).toContainText('DI +0.1, on target');
    await page.keyboard.press('k');
    await expect(bar).toContainText('accepted');
    await page.keyboard.press('Alt+q');
    await expect(bar).not.toContainText('accepted');
    await page.keyboard.press('k');
    await expect(bar).toContainText('1 of 1 accepted');
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await faults(page)).toEqual([]);
    }
    await page.keyboard.press('F2');
    await expect(page.getByRole('row').nth(1)).toContainText('1 of 1 accepted');
  } finally {
    await folder.close();
    await station.close();
  }
});

import { defineConfig } from 'rolldown';

// What stays outside the bundles: native code, workers that resolve their own files, the libraries behind dicom/, and what
// reads files of its own package.
const external = [
  /^node:/,
  'electron',
  'better-sqlite3',
  'sharp',
  /^dcmjs(\/|$)/,
  'dcmjs-dimse',
  'dcmjs-codecs',
  'pdfkit',
];

export default defineConfig([
  {
    input: {
      electron: 'src-main/electron/main.ts',
      station: 'src-main/electron/station-process.ts',
      headless: 'src-main/headless/main.ts',
      start: 'src-main/launch/start.ts',
      demo: 'src-main/demo/main.ts',
      'frame-worker': 'src-main/station/dicom/codecs/frame-worker.ts',
      'checkpoint-worker': 'src-main/station/records/checkpoint-worker.ts',
      'transcode-worker': 'src-main/station/dicom/codecs/transcode-worker.ts',
      'check-worker': 'src-main/station/quality/checks/check-worker.ts',
    },
    platform: 'node',
    external,
    output: { dir: 'dist/main', format: 'esm', sourcemap: true, chunkFileNames: '[name].js' },
  },
  {
    input: { preload: 'src-main/electron/preload.ts' },
    platform: 'node',
    external,
    output: { dir: 'dist/main', format: 'cjs', entryFileNames: '[name].cjs' },
  },
]);

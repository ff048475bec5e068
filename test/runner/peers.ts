// The real programs that the tests talk to. Missing ones are installed from Debian where that is allowed; elsewhere it
// is said which they are. Nothing is skipped for want of them.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { isInstalled } from '../peers/programs/index.ts';

type Peer = { readonly name: string; readonly debianPackage: string; isThere(): boolean };

const program = (name: string, debianPackage: string): Peer => ({
  name,
  debianPackage,
  isThere: () => isInstalled(name),
});

const pythonModule = (name: string, debianPackage: string): Peer => ({
  name: `${name} for python3`,
  debianPackage,
  isThere: () => spawnSync('/usr/bin/python3', ['-c', `import ${name}`], { stdio: 'ignore' }).status === 0,
});

const peers: readonly Peer[] = [
  ...['storescu', 'dcmsend', 'storescp', 'echoscu', 'findscu', 'dcmqrscp', 'dcmdump', 'dcmconv', 'dcmcjpeg'].map(
    (name) => program(name, 'dcmtk'),
  ),
  program(process.env['ORTHANC'] ?? '/usr/sbin/Orthanc', 'orthanc'),
  {
    name: 'the DICOMweb plugin of Orthanc',
    debianPackage: 'orthanc-dicomweb',
    isThere: () => existsSync(process.env['ORTHANC_DICOMWEB'] ?? '/usr/share/orthanc/plugins/libOrthancDicomWeb.so'),
  },
  program('dciodvfy', 'dicom3tools'),
  pythonModule('pydicom', 'python3-pydicom'),
  pythonModule('numpy', 'python3-numpy'),
  program('mllp_send', 'python3-hl7'),
  program(process.env['SAFELIGHT_CHROMIUM'] ?? '/usr/bin/chromium', 'chromium'),
  program('strace', 'strace'),
  program('pdftotext', 'poppler-utils'),
];

const missingPeers = (): readonly Peer[] => peers.filter((peer) => !peer.isThere());

const canInstall = (): boolean => process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');

/** Sees to it that all peers are there. Gives the names of those that are not. */
export function bringPeers(say: (line: string) => void): readonly string[] {
  const missing = missingPeers();
  if (missing.length === 0) return [];
  const packages = [...new Set(missing.map((peer) => peer.debianPackage))];
  if (!canInstall()) {
    say(`Missing: ${missing.map((peer) => peer.name).join(', ')}.`);
    say(`On Debian:  sudo apt-get install --no-install-recommends ${packages.join(' ')}`);
    return missing.map((peer) => peer.name);
  }
  say(`Installing from Debian: ${packages.join(', ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (...words: readonly string[]) => spawnSync('apt-get', words, { env, encoding: 'utf8' });
  apt('update', '-qq');
  const installed = apt('install', '-y', '-qq', '--no-install-recommends', ...packages);
  if (installed.status !== 0) say(`${installed.stdout}${installed.stderr}`.trim());
  return missingPeers().map((peer) => peer.name);
}

// Says what to do when the Node that runs is too old, before anything native is imported (better-sqlite3 crashes under Node 20).
const major = Number(process.versions.node.split('.')[0]);
if (major < 22) {
  console.error(
    `Safelight needs Node 22 or newer and this is ${process.version}. On Linux and Windows "npm ci" brings a fitting Node;` +
      ' run it without --omit=optional. Elsewhere install Node 24 from your system.',
  );
  process.exit(1);
}
